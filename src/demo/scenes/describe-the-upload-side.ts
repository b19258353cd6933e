import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { namedPolicies } from '../../cloud/policies/named-policies.ts';
import { principalNames } from '../../cloud/policies/principal-names.ts';
import type { Scene, Stage } from '../scene.ts';
import { INBOX, LOCK_DAYS, VAULT } from '../upload-side-text.ts';

export const describeTheUploadSide: Scene = {
  title: 'The upload side is described, and out come its policies',
  async play(stage) {
    const { tell, dir, sideFile, s3, admin } = stage;
    tell.say(
      'Servers upload to an inbox, the promoter moves what fits to a vault, from which a mirror pulls.',
      'Their owner describes that in upload-side.yaml:',
      '',
    );
    tell.output(readFileSync(sideFile, 'utf8'));
    await stage.pullmirror(['cloud', 'policies', basename(sideFile), '--out', 'policies']);

    s3.addBucket(INBOX, { versioning: 'Enabled' });
    s3.addBucket(VAULT, { versioning: 'Enabled', lock: true });
    await admin.lockNewObjects(LOCK_DAYS);
    await attachPolicies(stage);
    const printed = readdirSync(join(dir, 'policies')).filter((name) => name.endsWith('.json'));
    const documents = printed.map((name) => JSON.parse(readFileSync(join(dir, 'policies', name), 'utf8')));
    const attached = namedPolicies(stage.side, 'aws');
    tell.say(
      '',
      `The demo’s own S3 server, ${s3.url}, obeys them from now on: an IAM evaluator that is`,
      'not ours, @cloud-copilot/iam-simulate, decides on each request of each key. (That the requests came',
      'by TLS is what it is told; on this machine there is none.)',
    );
    tell.claim(
      attached.length > 0 &&
        attached.every(({ document }) => documents.some((one) => isDeepStrictEqual(one, document))),
      `the ${attached.length} documents attached to users, role and buckets are those in policies/, word for word`,
    );
  },
};

/** As the console steps say. */
async function attachPolicies({ account, admin, keys, side }: Stage): Promise<void> {
  const policies = namedPolicies(side, 'aws');
  const [web1, web2] = side.servers;
  if (web1 !== undefined) account.attach(keys.web1.user, policies, [principalNames.group(side, web1.level)]);
  if (web2 !== undefined) account.attach(keys.web2.user, policies, [principalNames.group(side, web2.level)]);
  account.attach(keys.mirror.user, policies);
  account.attach(keys.promoter.user, policies);
  for (const { carrier, forWhom, document } of policies) {
    if (carrier === 'bucket') for (const bucket of forWhom) await admin.putPolicy(bucket, document);
  }
}
