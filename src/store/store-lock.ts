import { accessSync, constants, lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { AppError } from '../core/errors.ts';
import { formatDeviceNumber, LINUX_SOURCES } from './filesystem-facts.ts';
import { isRefused } from './is-refused.ts';
import { findMount, readMountTable } from './mount-table.ts';
import { LOCK_NAME, PRIVATE_FOLDER } from './store-layout.ts';
import { translateFsError } from './translate-fs-error.ts';

export interface StoreLock {
  /** Idempotent. The end of the process releases too, whatever ended it. */
  release(): void;
}

/** Keeps the connections reachable: one that is garbage-collected closes, and its lock would end unnoticed. */
const HELD = new Set<Database.Database>();

/**
 * Holds the store for one writing process of this machine, or throws STORE_LOCKED with the holder's pid. It is SQLite's own lock (fcntl) on an empty
 * database, because Node has no lock call: the kernel drops it when the process ends, and nothing is written, so the disk may sleep.
 *
 * POSIX drops such a lock when its process closes any descriptor of the file: nothing else may ever open lock.db.
 */
export function acquireStoreLock(root: string): StoreLock {
  const path = join(root, PRIVATE_FOLDER, LOCK_NAME);
  let database: Database.Database | undefined;
  try {
    requireWritableFile(path);
    database = new Database(path, { timeout: 0 });
    database.pragma('journal_mode = MEMORY');
    database.exec('BEGIN EXCLUSIVE');
    const lock = database;
    HELD.add(lock);
    return {
      release: () => {
        HELD.delete(lock);
        lock.close();
      },
    };
  } catch (error) {
    database?.close();
    throw lockError(error, path);
  }
}

/** SQLite opens what it may not write for reading, and there `BEGIN EXCLUSIVE` succeeds without a lock. */
function requireWritableFile(path: string): void {
  const facts = lstatSync(path, { throwIfNoEntry: false });
  if (facts === undefined) return;
  if (facts.isSymbolicLink()) {
    throw new AppError('STORE_SYMLINK', `${path} is a symbolic link`, { hint: 'Remove it; the lock is made anew.' });
  }
  accessSync(path, constants.R_OK | constants.W_OK);
}

function lockError(error: unknown, path: string): unknown {
  if (error instanceof TypeError && error.message.includes('directory does not exist')) {
    return new AppError('STORE_MISSING', `the store is gone: ${path} has no folder`, { cause: error });
  }
  if (!(error instanceof Database.SqliteError)) return translateFsError(error, `locking ${path}`);
  const { code, message } = error;
  const options = { cause: error };
  if (code.startsWith('SQLITE_BUSY')) {
    return new AppError('STORE_LOCKED', `another pullmirror writes to this store: ${holder(path)}`, options);
  }
  if (code === 'SQLITE_NOTADB') {
    const hint = `Delete ${path}: it holds nothing.`;
    return new AppError('STORE_FORMAT', `${path} is damaged`, { ...options, hint });
  }
  if (/^SQLITE_(?:READONLY|CANTOPEN)/.test(code) && isRefused(path))
    return new AppError('STORE_FORBIDDEN', `locking ${path}: ${message}`, options);
  if (code.startsWith('SQLITE_READONLY'))
    return new AppError('STORE_READ_ONLY', `locking ${path}: ${message}`, options);
  if (code.startsWith('SQLITE_CANTOPEN'))
    return new AppError('STORE_READ_ONLY', `opening ${path}: ${message}`, options);
  if (code.startsWith('SQLITE_IOERR')) return new AppError('STORE_IO', `locking ${path}: ${message}`, options);
  return error;
}

function holder(path: string): string {
  const pid = findLockHolder(path);
  if (pid === null) return 'another process';
  return pid === process.pid ? `this process (${pid})` : `process ${pid}`;
}

/** The pid in /proc/locks (proc_locks(5)) that holds a lock on the file; null where the kernel does not tell (another pid namespace). */
function findLockHolder(path: string): number | null {
  const file = lstatSync(path, { bigint: true });
  // /proc/locks names the filesystem's device as the mount table does; on btrfs stat shows another one.
  const devices = [
    formatDeviceNumber(file.dev),
    findMount(readMountTable(LINUX_SOURCES.mountinfoPath), path)?.deviceNumber,
  ];
  for (const line of readFileSync('/proc/locks', 'utf8').split('\n')) {
    const [, pid, major, minor, inode] = / (-?\d+) ([0-9a-f]+):([0-9a-f]+):(\d+) \S+ \S+$/.exec(line) ?? [];
    if (major === undefined || minor === undefined || inode !== String(file.ino) || line.includes('->')) continue;
    const device = `${Number.parseInt(major, 16)}:${Number.parseInt(minor, 16)}`;
    if (devices.includes(device)) return Number(pid) > 0 ? Number(pid) : null;
  }
  return null;
}
