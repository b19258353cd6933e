import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatUtc } from '../core/zoned-time.ts';
import { type Cipher, outputOf } from './cipher.ts';
import { runProgram } from './run-program.ts';

/** An archive as it left the web server: what the mirror has to give back. */
export interface Uploaded {
  readonly key: string;
  readonly body: Buffer;
  readonly sha256: string;
  readonly madeAtMs: number;
}

/** The web server "web1": a small site and its database, which change from backup to backup. */
export interface BackupServer {
  /** The folder that is backed up. */
  readonly siteDir: string;
  /** `tar -cz | encrypt`, named by the clock: web1/2026-11-21.tar.gz.gpg. `photoBytes` is how much the site's new photo weighs. */
  backUpFiles(madeAtMs: number, photoBytes: number): Promise<Uploaded>;
  /** `mysqldump | gzip | encrypt`, near enough: web1/2026-11-21.14.sql.gz.gpg. */
  backUpDatabase(madeAtMs: number): Promise<Uploaded>;
}

const SQL_ROWS = 4000;

export function createBackupServer(options: {
  readonly dir: string;
  readonly cipher: Cipher;
  readonly signal: AbortSignal;
}): BackupServer {
  const { dir, cipher, signal } = options;
  const siteDir = join(dir, 'site');
  mkdirSync(join(siteDir, 'photos'), { recursive: true });
  writeFileSync(join(siteDir, 'style.css'), 'body { font: 1.1rem/1.5 serif; max-width: 40rem; margin: auto }\n');

  return {
    siteDir,
    async backUpFiles(madeAtMs, photoBytes) {
      const date = formatUtc(madeAtMs).slice(0, 10);
      writeFileSync(join(siteDir, 'index.html'), `<!doctype html><title>web1</title><h1>News of ${date}</h1>\n`);
      // A photo does not compress, and neither do random bytes.
      writeFileSync(join(siteDir, 'photos', 'latest.jpg'), randomBytes(photoBytes));
      const archive = outputOf('tar', await runProgram('tar', ['-C', dir, '-czf', '-', 'site'], { signal }));
      return sealed(`web1/${date}.tar.gz.${cipher.suffix}`, await cipher.encrypt(archive), madeAtMs);
    },
    async backUpDatabase(madeAtMs) {
      const [date = '', time = ''] = formatUtc(madeAtMs).split('T');
      const dump = outputOf(
        'gzip',
        await runProgram('gzip', ['-c'], { input: Buffer.from(sqlDump(madeAtMs)), signal }),
      );
      return sealed(`web1/${date}.${time.slice(0, 2)}.sql.gz.${cipher.suffix}`, await cipher.encrypt(dump), madeAtMs);
    },
  };
}

export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function sealed(key: string, body: Buffer, madeAtMs: number): Uploaded {
  return { key, body, sha256: sha256Of(body), madeAtMs };
}

function sqlDump(madeAtMs: number): string {
  const rows = Array.from({ length: SQL_ROWS }, (_, id) => {
    const token = randomBytes(12).toString('hex');
    return `INSERT INTO orders VALUES (${id + 1}, '${formatUtc(madeAtMs - id * 60_000)}', '${token}');`;
  });
  return `CREATE TABLE orders (id INTEGER PRIMARY KEY, at TEXT, token TEXT);\n${rows.join('\n')}\n`;
}
