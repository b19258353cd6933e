import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { formatUtc } from '../core/zoned-time.ts';
import { type Cipher, outputOf } from './cipher.ts';
import { runProgram } from './run-program.ts';

/** An archive as it left a web server: what the mirror has to give back. */
export interface Uploaded {
  /** Where the server puts it, every time: web1/backup.tar.gz.gpg. */
  readonly uploadKey: string;
  /** What the vault has to call it, by the clock: web1/2026-11-21.tar.gz.gpg. */
  readonly key: string;
  readonly body: Buffer;
  readonly sha256: string;
  readonly madeAtMs: number;
}

/** A web server: a small site, its settings and its database, which change from backup to backup. */
export interface BackupServer {
  /** The folder that is backed up. */
  readonly siteDir: string;
  /** `tar -cz | encrypt`. `photoBytes` is how much the site's new photo weighs. */
  backUpFiles(madeAtMs: number, photoBytes: number): Promise<Uploaded>;
  /** The same of the folder etc. */
  backUpSettings(madeAtMs: number): Promise<Uploaded>;
  /** `mysqldump | gzip | encrypt`, near enough. */
  backUpDatabase(madeAtMs: number): Promise<Uploaded>;
}

const SQL_ROWS = 1500;

export function createBackupServer(options: {
  /** The server's own; made here. */
  readonly dir: string;
  /** Its folder in both buckets, without the slash. */
  readonly name: string;
  readonly cipher: Cipher;
  readonly signal: AbortSignal;
}): BackupServer {
  const { dir, name, cipher, signal } = options;
  const siteDir = join(dir, 'site');
  mkdirSync(join(siteDir, 'photos'), { recursive: true });
  mkdirSync(join(dir, 'etc'));
  writeFileSync(join(siteDir, 'style.css'), 'body { font: 1.1rem/1.5 serif; max-width: 40rem; margin: auto }\n');
  const pack = async (folder: string) =>
    outputOf('tar', await runProgram('tar', ['-C', dir, '-czf', '-', folder], { signal }));
  const seal = async (plain: Uint8Array, madeAtMs: number, upload: string, stamp: string): Promise<Uploaded> => {
    const body = await cipher.encrypt(plain);
    return {
      uploadKey: `${name}/${upload}.${cipher.suffix}`,
      key: `${name}/${stamp}.${cipher.suffix}`,
      body,
      sha256: sha256Of(body),
      madeAtMs,
    };
  };

  return {
    siteDir,
    async backUpFiles(madeAtMs, photoBytes) {
      const date = formatUtc(madeAtMs).slice(0, 10);
      writeFileSync(join(siteDir, 'index.html'), `<!doctype html><title>${name}</title><h1>News of ${date}</h1>\n`);
      // A photo does not compress, and neither do random bytes.
      writeFileSync(join(siteDir, 'photos', 'latest.jpg'), randomBytes(photoBytes));
      return seal(await pack('site'), madeAtMs, 'backup.tar.gz', `${date}.tar.gz`);
    },
    async backUpSettings(madeAtMs) {
      const date = formatUtc(madeAtMs).slice(0, 10);
      writeFileSync(join(dir, 'etc', 'motd'), `Welcome to ${name}, ${date}\n`);
      return seal(await pack('etc'), madeAtMs, 'etc.tar.gz', `${date}.etc.tar.gz`);
    },
    async backUpDatabase(madeAtMs) {
      const [date = '', time = ''] = formatUtc(madeAtMs).split('T');
      return seal(gzipSync(sqlDump(madeAtMs)), madeAtMs, 'sql.gz', `${date}.${time.slice(0, 2)}.sql.gz`);
    },
  };
}

export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function sqlDump(madeAtMs: number): string {
  const rows = Array.from({ length: SQL_ROWS }, (_, id) => {
    const token = randomBytes(12).toString('hex');
    return `INSERT INTO orders VALUES (${id + 1}, '${formatUtc(madeAtMs - id * 60_000)}', '${token}');`;
  });
  return `CREATE TABLE orders (id INTEGER PRIMARY KEY, at TEXT, token TEXT);\n${rows.join('\n')}\n`;
}
