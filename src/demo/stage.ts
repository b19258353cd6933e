import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseUploadSide } from '../cloud/description/parse-upload-side.ts';
import { HOUR_MS, MINUTE_MS } from '../core/duration.ts';
import { createBackupServer } from './backup-server.ts';
import { chooseCipher } from './cipher.ts';
import { openCloud } from './cloud.ts';
import { createMirrorProgram } from './mirror-program.ts';
import type { Narrator } from './narrator.ts';
import type { S3Key } from './s3-key.ts';
import type { S3User } from './s3-server/start-s3-server.ts';
import type { Stage, Uploader } from './scene.ts';
import { StoryClock } from './story-clock.ts';
import { uploadSideText } from './upload-side-text.ts';

/** Longer than the story may last. */
const LAST_MINUTES_MS = 5 * MINUTE_MS;

export interface OpenStage extends Stage {
  /** Ends the servers and removes what nobody needs afterwards: keys, the cloud, the web servers. */
  close(): Promise<void>;
}

interface StageOptions {
  readonly tell: Narrator;
  readonly signal: AbortSignal;
  readonly cliFile: string;
}

/** Builds everything that the scenes act on, in a new directory below the machine's temporary one. */
export async function openStage({ tell, signal, cliFile }: StageOptions): Promise<OpenStage> {
  // The real path: a store behind a symbolic link, as the temporary directory is on some machines, is refused.
  const dir = mkdtempSync(join(realpathSync(tmpdir()), 'pullmirror-demo-'));
  const paths = {
    dir,
    storeDir: join(dir, 'store'),
    restoredDir: join(dir, 'restored'),
    sideFile: join(dir, 'upload-side.yaml'),
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
    const passphrase = randomBytes(15).toString('base64url');
    const passphraseFile = 'passphrase.txt';
    writeFileSync(join(dir, passphraseFile), `${passphrase}\n`, { mode: 0o600 });
    const homeDir = join(paths.temporary, 'gnupg');
    const cipher = await chooseCipher({ passphraseFile, dir, passphrase, homeDir, signal });
    const text = uploadSideText(cipher.suffix);
    writeFileSync(paths.sideFile, text);
    const side = parseUploadSide({ text, file: paths.sideFile });
    const clock = new StoryClock();
    const { keys, ...cloud } = await openCloud({ temporary: paths.temporary, side, clock, closers });
    writeCredentials(join(dir, 'credentials'), keys.mirror.user);
    const server = (name: string, key: S3Key): Uploader => ({
      key,
      site: createBackupServer({ dir: join(paths.temporary, name), name, cipher, signal }),
    });
    return {
      ...paths,
      ...cloud,
      ...createMirrorProgram({ ...paths, cliFile, tell, signal }),
      cliFile,
      tell,
      signal,
      cipher,
      side,
      keys,
      web1: server('web1', keys.web1),
      web2: server('web2', keys.web2),
      clock,
      nowMs: storyTime(clock.now()),
      uploaded: new Map(),
      forged: new Map(),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A time whose hour lasts as long as the story: archives are named by the hour. */
function storyTime(nowMs: number): number {
  const hourEndMs = (Math.floor(nowMs / HOUR_MS) + 1) * HOUR_MS;
  return Math.min(nowMs, hourEndMs - LAST_MINUTES_MS);
}

function writeCredentials(file: string, { accessKeyId, secretAccessKey }: S3User): void {
  const text = `[default]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`;
  writeFileSync(file, text, { mode: 0o600 });
}
