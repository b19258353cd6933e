import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBackupServer } from './backup-server.ts';
import { type BadLine, startBadLine } from './bad-line.ts';
import { chooseCipher } from './cipher.ts';
import { createMirrorProgram } from './mirror-program.ts';
import type { Narrator } from './narrator.ts';
import { type AuthorizationRequest, type S3Server, type S3User, startS3Server } from './s3-server/start-s3-server.ts';
import type { Stage } from './scene.ts';
import { StoryClock } from './story-clock.ts';
import { createVaultAdministrator, REGION } from './vault-administrator.ts';

/** What the mirror's policy allows: looking and reading. */
const READING: ReadonlySet<string> = new Set([
  ...['s3:ListBucket', 's3:ListBucketVersions', 's3:GetObject', 's3:GetObjectVersion', 's3:GetObjectAttributes'],
  ...['s3:GetObjectVersionAttributes', 's3:GetBucketLocation', 's3:GetBucketVersioning'],
  's3:GetBucketObjectLockConfiguration',
]);

export interface OpenStage extends Stage {
  /** Ends the servers and removes what nobody needs afterwards: keys, the vault, the web server. */
  close(): Promise<void>;
}

/** Builds everything that the scenes act on, in a new directory below the machine's temporary one. */
export async function openStage({ tell, signal }: { tell: Narrator; signal: AbortSignal }): Promise<OpenStage> {
  // The real path: a store behind a symbolic link, as the temporary directory is on some machines, is refused.
  const dir = mkdtempSync(join(realpathSync(tmpdir()), 'pullmirror-demo-'));
  const paths = {
    dir,
    storeDir: join(dir, 'store'),
    restoredDir: join(dir, 'restored'),
    configFile: join(dir, 'mirror.yaml'),
    temporary: join(dir, 'temporary'),
  };
  for (const path of [paths.storeDir, paths.restoredDir, join(dir, 'state'), paths.temporary]) mkdirSync(path);
  const closers: (() => unknown)[] = [];
  const close = async () => {
    for (const closer of closers.reverse()) await closer();
    rmSync(paths.temporary, { recursive: true, force: true });
    rmSync(join(dir, 'credentials'), { force: true });
  };
  try {
    const cloud = await openCloud(paths.temporary, closers);
    writeCredentials(join(dir, 'credentials'), cloud.mirrorUser);
    const passphrase = randomBytes(15).toString('base64url');
    const passphraseFile = 'passphrase.txt';
    writeFileSync(join(dir, passphraseFile), `${passphrase}\n`, { mode: 0o600 });
    const cipher = await chooseCipher({
      passphraseFile,
      dir,
      passphrase,
      homeDir: join(paths.temporary, 'gnupg'),
      signal,
    });
    return {
      ...paths,
      ...cloud,
      ...createMirrorProgram({ ...paths, tell, signal }),
      tell,
      signal,
      cipher,
      site: createBackupServer({ dir: paths.temporary, cipher, signal }),
      nowMs: cloud.clock.now(),
      uploaded: new Map(),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The S3 server, the line to it, and who has keys. What is open is noted in `closers` at once. */
async function openCloud(temporary: string, closers: (() => unknown)[]) {
  const clock = new StoryClock();
  const owner = newUser('administrator');
  const mirrorUser = newUser('mirror');
  const s3: S3Server = await startS3Server({
    dataDir: join(temporary, 's3'),
    users: [owner, mirrorUser],
    clock,
    region: REGION,
    authorize: ({ user, action }: AuthorizationRequest) => user.name !== 'mirror' || READING.has(action),
  });
  closers.push(() => s3.close());
  const line: BadLine = await startBadLine(s3.url);
  closers.push(() => line.close());
  const admin = createVaultAdministrator({ endpoint: s3.url, user: owner, clock });
  const mirrorKey = createVaultAdministrator({ endpoint: s3.url, user: mirrorUser, clock });
  closers.push(
    () => admin.close(),
    () => mirrorKey.close(),
  );
  return { clock, s3, line, admin, mirrorKey, mirrorUser };
}

function newUser(name: string): S3User {
  return {
    name,
    accessKeyId: `AK${randomBytes(9).toString('hex')}`,
    secretAccessKey: randomBytes(30).toString('base64'),
  };
}

function writeCredentials(file: string, { accessKeyId, secretAccessKey }: S3User): void {
  const text = `[default]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`;
  writeFileSync(file, text, { mode: 0o600 });
}
