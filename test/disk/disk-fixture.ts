import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Test } from 'tap';
import { systemClock } from '../../src/commands/system-clock.ts';
import { type S3Server, startS3Server } from '../../src/demo/s3-server/start-s3-server.ts';
import { type RunOptions, type RunResult, runProgram } from '../support/command-fixture.ts';

/*
 * A vault, and a small real filesystem as the disk of the store. Needs root and the right to mount; .ci/suites/disk.sh runs it where mounts are
 * nobody else's and end with the process.
 */

export const MIB = 1024 * 1024;
const BUCKET = 'vault-bucket';
const KEYS = { accessKeyId: 'AKTEST', secretAccessKey: 'secret-of-the-test' };

export interface DiskFixture {
  /** Holds the mount point, the state directory and the configuration. */
  readonly dir: string;
  readonly diskDir: string;
  readonly stateDir: string;
  readonly server: S3Server;
  /** Key and content of everything in the vault. */
  readonly archives: ReadonlyMap<string, Buffer>;
  run(args: readonly string[], options?: RunOptions): Promise<RunResult>;
  /** Puts archives of so many bytes into the vault. */
  fill(count: number, sizeBytes: number): void;
  /** Runs `sync`, and `act` once so many bytes have been served. */
  syncAnd(servedBytes: number, act: () => void): Promise<RunResult>;
}

export async function createDiskFixture(
  t: Test,
  options: { minFree?: string; limit?: string } = {},
): Promise<DiskFixture> {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'pullmirror-disk-')));
  const diskDir = join(dir, 'disk');
  const stateDir = join(dir, 'state');
  for (const name of ['disk', 'state', 's3']) mkdirSync(join(dir, name));
  const server = await startS3Server({ dataDir: join(dir, 's3'), users: [KEYS], clock: systemClock });
  server.addBucket(BUCKET);
  const credentials = `[default]\naws_access_key_id = ${KEYS.accessKeyId}\naws_secret_access_key = ${KEYS.secretAccessKey}\n`;
  writeFileSync(join(dir, 'credentials'), credentials, { mode: 0o600 });
  const configFile = join(dir, 'config.yaml');
  writeFileSync(
    configFile,
    `store: { path: ${diskDir}, minFree: ${options.minFree ?? 0} }
state: ${stateDir}
vaults:
  - { name: web, bucket: ${BUCKET}, region: eu-central-1, endpoint: "${server.url}", credentials: { file: ${dir}/credentials } }
downloads: { limit: ${options.limit ?? 'unlimited'} }
`,
  );
  t.teardown(async () => {
    await server.close();
    while (isMounted(diskDir)) execFileSync('umount', ['--lazy', diskDir]);
    rmSync(dir, { recursive: true });
  });

  const archives = new Map<string, Buffer>();
  const run = (args: readonly string[], runOptions: RunOptions = {}): Promise<RunResult> =>
    runProgram(['--config', configFile, ...args], { cwd: '/', ...runOptions });
  return {
    dir,
    diskDir,
    stateDir,
    server,
    archives,
    run,
    fill(count, sizeBytes) {
      for (let n = 0; n < count; n += 1) {
        const key = `web1/archive-${String(archives.size).padStart(3, '0')}.tar.gz.gpg`;
        const body = Buffer.alloc(sizeBytes, `${key} `);
        archives.set(key, body);
        // A time of its own for each, so that the order of the downloads is known: newest first.
        server.seed(BUCKET, [{ key, body, lastModifiedMs: Date.UTC(2026, 10, 1) + archives.size * 1000 }]);
      }
    },
    syncAnd(servedBytes, act) {
      const until = server.bytesServed + servedBytes;
      return run(['sync', '--json'], {
        meanwhile: (child) => {
          const timer = setInterval(() => {
            if (server.bytesServed < until) return;
            clearInterval(timer);
            act();
          }, 10);
          child.once('exit', () => clearInterval(timer));
        },
      });
    },
  };
}

/** Mounts memory of so many MiB. */
export function mountMemory(at: string, sizeMib: number): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeMib}m,mode=755`, 'pullmirror-test', at]);
}

export function resizeMemory(at: string, sizeMib: number): void {
  execFileSync('mount', ['-o', `remount,size=${sizeMib}m`, at]);
}

/** A file with an ext4 filesystem that stops writing after its first error. */
export function makeImage(path: string, sizeMib: number, blockBytes = 1024): void {
  execFileSync('truncate', ['--size', `${sizeMib}M`, path]);
  execFileSync('mkfs.ext4', ['-q', '-F', '-m', '0', '-b', String(blockBytes), path]);
}

/** The loop device ends with its mount. */
export function mountImage(image: string, at: string, options = ''): void {
  execFileSync('mount', ['-o', `loop,errors=remount-ro${options}`, image, at]);
}

export function unmount(at: string, ...options: string[]): void {
  execFileSync('umount', [...options, at]);
}

/** What a bad cable does: the filesystem notices an error and refuses to write from then on. */
export function breakFilesystem(at: string): void {
  const device = execFileSync('findmnt', ['--noheadings', '--output', 'SOURCE', at], { encoding: 'utf8' }).trim();
  writeFileSync(`/sys/fs/ext4/${basename(device)}/trigger_fs_error`, '1');
}

export function mendImage(image: string): void {
  try {
    execFileSync('e2fsck', ['-f', '-y', image], { stdio: 'pipe' });
  } catch (error) {
    // 1: errors were corrected.
    if (!(error instanceof Error) || !('status' in error) || error.status !== 1) throw error;
  }
}

export function isMounted(at: string): boolean {
  return readFileSync('/proc/self/mountinfo', 'utf8').includes(` ${at} `);
}
