import { createHash } from 'node:crypto';
import { lstat, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { systemCode } from '../core/errors.ts';
import type { ArchiveRow } from './catalog/archive-row.ts';
import { translateFsError } from './translate-fs-error.ts';
import { writeFileAtomically } from './write-file-atomically.ts';

export const DATA_SUFFIX = '.data';
export const REASON_SUFFIX = '.reason.json';
/** In the name of what lay in the store: it may be the last copy of an archive, and is not trimmed like a download. */
const STORED_MARK = '-stored';

/** 'download': it came from the vault and failed verification. 'store': it lay at an archive's path and was not what had been verified. */
const ORIGINS = ['download', 'store'] as const;
export type QuarantineOrigin = (typeof ORIGINS)[number];

const Reason = z.object({
  v: z.literal(1),
  origin: z.enum(ORIGINS).default('download'),
  vault: z.string(),
  key: z.string(),
  versionId: z.string().nullable(),
  etag: z.string(),
  why: z.string(),
  expected: z.string().nullable(),
  actual: z.string().nullable(),
  /** Of the quarantined bytes, lower-case hex; null where they were not hashed. */
  sha256: z.string().nullable().default(null),
  /** RFC 3339, UTC. */
  at: z.string(),
});

/** What was wrong with it. */
export interface QuarantineFailure {
  readonly why: string;
  readonly expected: string | null;
  readonly actual: string | null;
  /** Of the quarantined bytes, lower-case hex; null where they were not hashed. */
  readonly sha256: string | null;
}

/** The content of `<name>.reason.json`. */
export type QuarantineReason = Readonly<z.infer<typeof Reason>>;

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

/** Writes `<name>.reason.json`, durably. Throws the filesystem's own errors. */
export async function writeReason(
  folder: string,
  name: string,
  {
    row,
    origin,
    failure,
    atMs,
  }: { row: ArchiveRow; origin: QuarantineOrigin; failure: QuarantineFailure; atMs: number },
): Promise<void> {
  const { vault, key, versionId, etag } = row;
  const { why, expected, actual, sha256 } = failure;
  const at = new Date(atMs).toISOString();
  const reason: QuarantineReason = {
    v: 1,
    origin,
    vault,
    key,
    versionId,
    etag,
    why,
    expected,
    actual,
    sha256,
    at,
  };
  await saveReason(folder, name, reason);
}

/** The quarantined bytes were hashed by now. Changes no reason that has a SHA-256, and makes none. Throws the filesystem's own errors. */
export async function recordContent(folder: string, name: string, sha256: string): Promise<void> {
  const reason = await readReason(folder, name);
  if (reason !== null && reason.sha256 === null) await saveReason(folder, name, { ...reason, sha256 });
}

async function saveReason(folder: string, name: string, reason: QuarantineReason): Promise<void> {
  const path = join(folder, name + REASON_SUFFIX);
  const pieces = [`${JSON.stringify(reason, null, 2)}\n`];
  await writeFileAtomically({ path, temporaryPath: `${path}.new`, mode: 0o640, pieces });
}

/** null when it is missing or cannot be understood. */
export async function readReason(folder: string, name: string): Promise<QuarantineReason | null> {
  try {
    return Reason.safeParse(JSON.parse(await readFile(join(folder, name + REASON_SUFFIX), 'utf8'))).data ?? null;
  } catch (error) {
    if (error instanceof SyntaxError || systemCode(error) === 'ENOENT') return null;
    throw error;
  }
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
