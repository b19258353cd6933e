import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { promoterSettingsOf } from '../cloud/description/promoter-settings-of.ts';
import type { UploadSide } from '../cloud/description/upload-side.ts';
import { principalNames } from '../cloud/policies/principal-names.ts';
import { startBadLine } from './bad-line.ts';
import { CloudAccount } from './cloud-account.ts';
import { createInbox } from './inbox.ts';
import { createPromoterFunction } from './promoter-function.ts';
import { openS3Key, REGION, type S3Key } from './s3-key.ts';
import { type S3User, startS3Server } from './s3-server/start-s3-server.ts';
import type { StoryClock } from './story-clock.ts';
import { createVaultAdministrator } from './vault-administrator.ts';

/** Who has a key, by the names that the policies know. */
export interface CloudKeys {
  readonly owner: S3Key;
  readonly web1: S3Key;
  readonly web2: S3Key;
  readonly mirror: S3Key;
  readonly promoter: S3Key;
}

/** The S3 server, the line to it, the promoter, and who has keys; only the administrator may do anything yet. What is open is noted in `closers` at once. */
export async function openCloud(options: {
  readonly temporary: string;
  readonly side: UploadSide;
  readonly clock: StoryClock;
  readonly closers: (() => unknown)[];
}) {
  const { temporary, side, clock, closers } = options;
  const users = newUsers(side);
  const account = new CloudAccount((bucket) => s3.policyOf(bucket));
  account.addAdministrator(users.owner);
  const s3 = await startS3Server({
    dataDir: join(temporary, 's3'),
    users: Object.values(users),
    clock,
    region: REGION,
    authorize: account.authorize,
  });
  closers.push(() => s3.close());
  const line = await startBadLine(s3.url);
  closers.push(() => line.close());
  const open = (user: S3User): S3Key => {
    const key = openS3Key({ endpoint: s3.url, user, clock });
    closers.push(() => key.close());
    return key;
  };
  const keys: CloudKeys = {
    owner: open(users.owner),
    web1: open(users.web1),
    web2: open(users.web2),
    mirror: open(users.mirror),
    promoter: open(users.promoter),
  };
  const promoter = createPromoterFunction({ settings: promoterSettingsOf(side), key: keys.promoter, clock });
  const inbox = createInbox({ s3, clock });
  return { s3, line, account, keys, promoter, inbox, admin: createVaultAdministrator(keys.owner) };
}

function newUsers(side: UploadSide): Record<keyof CloudKeys, S3User> {
  const [web1, web2] = side.servers;
  const [mirror] = side.mirrors;
  if (web1 === undefined || web2 === undefined || mirror === undefined) throw new RangeError('the cast is incomplete');
  return {
    owner: newUser('administrator'),
    web1: newUser(principalNames.writer(side, web1)),
    web2: newUser(principalNames.writer(side, web2)),
    mirror: newUser(principalNames.mirror(side, mirror)),
    promoter: newUser(principalNames.promoter(side)),
  };
}

function newUser(name: string): S3User {
  return {
    name,
    accessKeyId: `AK${randomBytes(9).toString('hex')}`,
    secretAccessKey: randomBytes(30).toString('base64'),
  };
}
