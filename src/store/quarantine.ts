import { createHash } from 'node:crypto';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArchiveRow } from './catalog/archive-row.ts';
import { type QuarantineOrigin, type QuarantineReason, REASON_SUFFIX, readReason } from './quarantine-reason.ts';
import { translateFsError } from './translate-fs-error.ts';

export const DATA_SUFFIX = '.data';
/** In the name of what lay in the store: it may be the last copy of an archive, and is not trimmed like a download. */
const STORED_MARK = '-stored';

export interface QuarantinedFile {
  readonly name: string;
  readonly origin: QuarantineOrigin;
  /** Absolute; null when only the reason was kept. May be a folder or a link, if that lay in an archive's place. */
  readonly dataPath: string | null;
  readonly sizeBytes: number;
}

export interface QuarantineEntry extends QuarantinedFile {
  /** null when it is missing or cannot be read. */
  readonly reason: QuarantineReason | null;
}

/** Everything in quarantine, newest first. Errors: STORE_*. */
export async function listQuarantine(folder: string): Promise<QuarantineEntry[]> {
  try {
    const files = await findQuarantined(folder);
    return await Promise.all(files.map(async (file) => ({ ...file, reason: await readReason(folder, file.name) })));
  } catch (error) {
    throw translateFsError(error, `reading ${folder}`, 'read');
  }
}

/** Newest first, without their reasons. Throws the filesystem's own errors. */
export async function findQuarantined(folder: string): Promise<QuarantinedFile[]> {
  const names = new Set(await readdir(folder));
  const files: QuarantinedFile[] = [];
  for (const name of namesIn(names)) {
    const dataPath = names.has(name + DATA_SUFFIX) ? join(folder, name + DATA_SUFFIX) : null;
    const origin = name.includes(STORED_MARK) ? 'store' : 'download';
    files.push({ name, origin, dataPath, sizeBytes: dataPath === null ? 0 : (await lstat(dataPath)).size });
  }
  return files;
}

/** A name that is free. Throws the filesystem's own errors. */
export async function freeQuarantineName(folder: string, row: ArchiveRow, origin: QuarantineOrigin, atMs: number) {
  const files = await readdir(folder);
  // A reason without its file was written by a process that was killed before it moved the file; it is written again.
  const taken = new Set(origin === 'store' ? files.filter((file) => file.endsWith(DATA_SUFFIX)) : files);
  const name = nameOf(row, origin, atMs);
  for (let n = 1; ; n += 1) {
    const candidate = n === 1 ? name : `${name}-${n}`;
    if (!taken.has(candidate + DATA_SUFFIX) && !taken.has(candidate + REASON_SUFFIX)) return candidate;
  }
}

/** The name of what an earlier process moved here out of the store, when the archive was found damaged at that time; or null. */
export async function findStoredName(folder: string, row: ArchiveRow, atMs: number): Promise<string | null> {
  const name = nameOf(row, 'store', atMs);
  const files = (await readdir(folder)).filter((file) => file.startsWith(name) && file.endsWith(DATA_SUFFIX));
  return files.sort().at(-1)?.slice(0, -DATA_SUFFIX.length) ?? null;
}

/**
 * Names begin with their time, so that sorting them is sorting by age; the hash of vault and key lets trimming count without reading. The time
 * of what lay in the store is when it was found damaged.
 */
function nameOf(row: ArchiveRow, origin: QuarantineOrigin, atMs: number): string {
  const time = new Date(atMs).toISOString().replace(/[-:]/g, '');
  const hash = createHash('sha256')
    .update(JSON.stringify([row.vault, row.key]))
    .digest('hex')
    .slice(0, 16);
  return `${time}-${hash}${origin === 'store' ? STORED_MARK : ''}`;
}

/** What files of one key have in common in their names. */
export function keyOfName(name: string): string {
  return name.split('-')[1] ?? '';
}

function namesIn(files: Iterable<string>): string[] {
  const names = new Set<string>();
  for (const file of files) {
    for (const suffix of [DATA_SUFFIX, REASON_SUFFIX]) {
      if (file.endsWith(suffix)) names.add(file.slice(0, -suffix.length));
    }
  }
  return [...names].sort().reverse();
}
