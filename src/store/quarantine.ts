import { createHash } from 'node:crypto';
import { lstat, readdir, readFile, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Clock } from '../core/clock.ts';
import { systemCode } from '../core/errors.ts';
import type { AttachedStore } from './attached-store.ts';
import type { ArchiveRow } from './catalog/archive-row.ts';
import type { Catalog } from './catalog/catalog.ts';
import type { PartialFile } from './partial-file.ts';
import { translateFsError } from './translate-fs-error.ts';
import { fsyncFolder, writeFileAtomically } from './write-file-atomically.ts';

/*
 * What failed verification is evidence, not backup: kept for the owner to look at, but never so much that it takes the room of archives. Of one key
 * the newest 3 are kept, of all the newest 100; their bytes only up to 10 GiB, newest first, the reason even without. Everything stands in the
 * history besides.
 */
const MAX_OF_KEY = 3;
const MAX_ENTRIES = 100;
const MAX_BYTES = 10 * 1024 ** 3;
const DATA_SUFFIX = '.data';
const REASON_SUFFIX = '.reason.json';

const Reason = z.object({
  v: z.literal(1),
  vault: z.string(),
  key: z.string(),
  versionId: z.string().nullable(),
  etag: z.string(),
  why: z.string(),
  expected: z.string().nullable(),
  actual: z.string().nullable(),
  /** RFC 3339, UTC. */
  at: z.string(),
});

/** What was wrong with a download. */
export interface QuarantineFailure {
  readonly why: string;
  readonly expected: string | null;
  readonly actual: string | null;
}

/** The content of `<name>.reason.json`. */
export type QuarantineReason = Readonly<z.infer<typeof Reason>>;

export interface QuarantineEntry {
  readonly name: string;
  /** Absolute; null when only the reason was kept. */
  readonly dataPath: string | null;
  readonly sizeBytes: number;
  /** null when it is missing or cannot be read. */
  readonly reason: QuarantineReason | null;
}

export interface QuarantineContext {
  readonly store: AttachedStore;
  readonly catalog: Catalog;
  readonly clock: Clock;
}

/** Moves a download that failed verification out of the way, with its reason, durably, and tells the history. Takes the file over. Errors: STORE_*. */
export async function quarantinePartial(
  { store, catalog, clock }: QuarantineContext,
  partial: PartialFile,
  row: ArchiveRow,
  failure: QuarantineFailure,
): Promise<void> {
  const nowMs = clock.now();
  const folder = store.quarantineDir;
  store.assertAttached();
  try {
    const name = await freeName(folder, row, nowMs);
    await partial.seal({ mtimeMs: nowMs });
    await partial.close();
    await writeReason(folder, name, { row, failure, nowMs });
    await rename(partial.path, join(folder, name + DATA_SUFFIX));
    await fsyncFolder(folder);
    await partial.remove();
    catalog.history.append(
      {
        actor: 'sync',
        event: 'archive.quarantined',
        vault: row.vault,
        key: row.key,
        archiveId: row.id,
        detail: { ...failure, name },
      },
      nowMs,
    );
    await trim(folder);
  } catch (error) {
    throw translateFsError(error, `moving ${partial.path} into quarantine`);
  }
}

/** Everything in quarantine, newest first. Errors: STORE_*. */
export async function listQuarantine(folder: string): Promise<QuarantineEntry[]> {
  try {
    const files = await findFiles(folder);
    return await Promise.all(files.map(async (file) => ({ ...file, reason: await readReason(folder, file.name) })));
  } catch (error) {
    throw translateFsError(error, `reading ${folder}`, 'read');
  }
}

/** Names begin with their time, so that sorting them is sorting by age; the hash of vault and key lets `trim` count without reading. */
async function freeName(folder: string, row: ArchiveRow, nowMs: number): Promise<string> {
  const time = new Date(nowMs).toISOString().replace(/[-:]/g, '');
  const hash = createHash('sha256')
    .update(JSON.stringify([row.vault, row.key]))
    .digest('hex')
    .slice(0, 16);
  const taken = new Set(namesIn(await readdir(folder)));
  const name = `${time}-${hash}`;
  for (let n = 1; ; n += 1) {
    const candidate = n === 1 ? name : `${name}-${n}`;
    if (!taken.has(candidate)) return candidate;
  }
}

async function writeReason(
  folder: string,
  name: string,
  { row, failure, nowMs }: { row: ArchiveRow; failure: QuarantineFailure; nowMs: number },
): Promise<void> {
  const { vault, key, versionId, etag } = row;
  const { why, expected, actual } = failure;
  const at = new Date(nowMs).toISOString();
  const reason: QuarantineReason = { v: 1, vault, key, versionId, etag, why, expected, actual, at };
  const path = join(folder, name + REASON_SUFFIX);
  const pieces = [`${JSON.stringify(reason, null, 2)}\n`];
  await writeFileAtomically({ path, temporaryPath: `${path}.new`, mode: 0o640, pieces });
}

type QuarantinedFile = Omit<QuarantineEntry, 'reason'>;

async function findFiles(folder: string): Promise<QuarantinedFile[]> {
  const names = new Set(await readdir(folder));
  const files: QuarantinedFile[] = [];
  for (const name of namesIn(names)) {
    const dataPath = names.has(name + DATA_SUFFIX) ? join(folder, name + DATA_SUFFIX) : null;
    files.push({ name, dataPath, sizeBytes: dataPath === null ? 0 : (await lstat(dataPath)).size });
  }
  return files;
}

async function trim(folder: string): Promise<void> {
  const ofKey = new Map<string, number>();
  let count = 0;
  let bytes = 0;
  for (const { name, dataPath, sizeBytes } of await findFiles(folder)) {
    const key = name.split('-')[1] ?? '';
    const nth = (ofKey.get(key) ?? 0) + 1;
    ofKey.set(key, nth);
    count += 1;
    const expired = nth > MAX_OF_KEY || count > MAX_ENTRIES;
    bytes += sizeBytes;
    if (dataPath !== null && (expired || bytes > MAX_BYTES)) {
      await unlink(dataPath);
      bytes -= sizeBytes;
    }
    if (expired) await unlinkIfThere(join(folder, name + REASON_SUFFIX));
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

async function readReason(folder: string, name: string): Promise<QuarantineReason | null> {
  try {
    return Reason.safeParse(JSON.parse(await readFile(join(folder, name + REASON_SUFFIX), 'utf8'))).data ?? null;
  } catch (error) {
    if (error instanceof SyntaxError || systemCode(error) === 'ENOENT') return null;
    throw error;
  }
}

async function unlinkIfThere(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
}
