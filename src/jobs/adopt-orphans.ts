import { createHash } from 'node:crypto';
import { lstatSync } from 'node:fs';
import { ownSumsEtag } from '../core/archive.ts';
import type { Clock } from '../core/clock.ts';
import { DAY_MS } from '../core/duration.ts';
import { isAppError, systemCode } from '../core/errors.ts';
import { keyOfPath } from '../core/path-key.ts';
import type { KeyMatch } from '../core/series-match.ts';
import { endOfDay } from '../core/zoned-time.ts';
import type { AttachedStore } from '../store/attached-store.ts';
import type { ArchiveRow } from '../store/catalog/archive-row.ts';
import type { Catalog } from '../store/catalog/catalog.ts';
import { readChecksumList } from '../store/sha256sums-file.ts';
import { markSumsBehind } from '../store/sums-repair.ts';
import { translateFsError } from '../store/translate-fs-error.ts';
import type { OwnSum } from './adopt-archives.ts';
import { type ProvenFile, readDurably } from './adopt-existing-file.ts';
import { lacksFile } from './lacks-file.ts';

/** Rows to a commit. */
const GROUP = 128;
const MAX_NAMES = 100;
/** A backup that is named after the day on which it began, and was uploaded when it was ready. */
const LATE_UPLOAD_MS = 2 * DAY_MS;

export interface OrphanContext {
  readonly store: AttachedStore;
  readonly catalog: Catalog;
  readonly vault: string;
  /** The vault's SHA256SUMS as it was when the catalog was lost, and as it was when earlier ones were. */
  readonly listPaths: readonly string[];
  /** Series of a key, and what its `match` found in it; or null. */
  readonly seriesOf: (key: string) => { readonly name: string; readonly found: KeyMatch } | null;
  /** The owner's, in which the dates of keys are read. */
  readonly timezone: string;
  /** Tries to enter the file as one of these archives, which are listed and not stored. */
  readonly adoptAt: (path: string, file: string, rows: readonly ArchiveRow[], own: OwnSum) => Promise<boolean>;
  /** What the vault says of a stored archive's file; null where it cannot be asked, or has lost the archive. */
  readonly askVault: (row: ArchiveRow, file: string) => Promise<ProvenFile | 'other' | 'unknown' | null>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

export interface OrphanResult {
  /** Files that the vault does not have any more. */
  readonly orphans: number;
  /**
   * Files, `vault/path`, that the catalog knows with another SHA-256 than the list, and of which nothing could be found out; at most MAX_NAMES of
   * them.
   */
  readonly disagreeing: readonly string[];
  /** Files, `vault/path`, of which the catalog had a wrong SHA-256: it has the right one now. */
  readonly corrected: readonly string[];
}

/**
 * Goes through our own list of what was stored: a file that no archive of the vault turned out to be, and that is what its line says, was an
 * archive that has left the vault. It gets a row, with the proof `own-sums`. Where list and row of a stored file say different things the file
 * itself, and its vault, decide. Throws AppError STORE_*, CATALOG_*, INTERRUPTED.
 */
export async function adoptOrphans(context: OrphanContext): Promise<OrphanResult> {
  const { catalog, vault, listPaths, signal } = context;
  // A path may stand in the list twice: the later line is true.
  const doubtful = new Map<string, string>();
  let waiting: FoundOrphan[] = [];
  let orphans = 0;
  const flush = (): void => {
    enter(context, waiting);
    orphans += waiting.length;
    waiting = [];
  };
  for (const [age, listPath] of listPaths.entries()) {
    for await (const entry of readChecksumList(listPath)) {
      signal.throwIfAborted();
      if (entry.kind !== 'line') continue;
      const { path, sha256 } = entry;
      const row = catalog.archives.atPath(vault, path);
      if (row !== null) {
        // What an older list says of a path may have been true then.
        if (row.sha256 === sha256) doubtful.delete(path);
        else if (age === 0 && row.state === 'stored') doubtful.set(path, sha256);
        continue;
      }
      if (waiting.some((one) => one.path === path)) continue;
      const found = await examine(context, path, sha256);
      if (found !== null) waiting.push(found);
      if (waiting.length >= GROUP) flush();
    }
    flush();
  }
  return { orphans, ...(await settle(context, doubtful)) };
}

/** Who is right, the list or the row? */
async function settle(
  context: OrphanContext,
  doubtful: ReadonlyMap<string, string>,
): Promise<Pick<OrphanResult, 'disagreeing' | 'corrected'>> {
  const { catalog, vault, signal } = context;
  const disagreeing: string[] = [];
  const corrected: string[] = [];
  for (const [path, sha256] of doubtful) {
    signal.throwIfAborted();
    const row = catalog.archives.atPath(vault, path);
    if (row === null || row.sha256 === sha256) continue;
    const file = locate(context, path);
    const found = file === null ? null : ((await hashOf(file.path))?.sha256 ?? null);
    // Then the line is the wrong one, and the list is written anew.
    if (found !== null && found === row.sha256) continue;
    const isRight = file !== null && found === sha256 && file.sizeBytes === row.sizeBytes;
    if (isRight && (await context.askVault(row, file.path)) !== 'other') {
      correct(context, row, sha256);
      corrected.push(`${vault}/${path}`);
    } else if (disagreeing.length < MAX_NAMES) disagreeing.push(`${vault}/${path}`);
  }
  return { disagreeing, corrected };
}

/** File and list were written by one process and read by another, and say the same: what says something else is a row in which a bit flipped. */
function correct({ store, catalog, vault, clock }: OrphanContext, row: ArchiveRow, sha256: string): void {
  store.assertAttached();
  const nowMs = clock.now();
  const { id, key, path } = row;
  catalog.transaction(() => {
    catalog.scrub.correctSha256(id, sha256, nowMs);
    const detail = { path, wrongSha256: row.sha256, sha256 };
    const event = 'catalog.row-corrected';
    catalog.history.append({ actor: 'rebuild', event, vault, key, archiveId: id, detail }, nowMs);
    markSumsBehind(catalog, vault);
  });
}

interface FoundOrphan {
  readonly path: string;
  readonly key: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly mtimeMs: number;
}

async function examine(context: OrphanContext, path: string, sha256: string): Promise<FoundOrphan | null> {
  const { catalog, vault } = context;
  const key = keyOfPath(path);
  const file = key === null ? null : locate(context, path);
  if (key === null || file === null) return null;
  const hashed = await hashOf(file.path);
  if (hashed?.sha256 !== sha256) return null;
  const { sizeBytes, mtimeMs } = file;
  const listed = catalog.archives.ofKey(vault, key).filter((row) => lacksFile(row) && row.sizeBytes === sizeBytes);
  if (await context.adoptAt(path, file.path, listed, { ...hashed, mtimeMs })) return null;
  return { path, key, sha256, sizeBytes, mtimeMs };
}

function locate(
  { store, vault }: OrphanContext,
  path: string,
): { path: string; sizeBytes: number; mtimeMs: number } | null {
  try {
    const file = store.resolve(vault, path);
    const facts = lstatSync(file, { throwIfNoEntry: false });
    return facts?.isFile() === true ? { path: file, sizeBytes: facts.size, mtimeMs: Math.trunc(facts.mtimeMs) } : null;
  } catch (error) {
    if (isAppError(error, 'STORE_SYMLINK', 'STORE_UNSUITABLE', 'INTERNAL') || systemCode(error) === 'ENAMETOOLONG')
      return null;
    throw isAppError(error) ? error : translateFsError(error, `looking at ${vault}/${path}`);
  }
}

/** null: it cannot be read, or somebody writes to it. */
async function hashOf(path: string): Promise<Pick<OwnSum, 'sha256' | 'file'> | null> {
  const hash = createHash('sha256');
  try {
    const file = await readDurably(path, (piece) => void hash.update(piece));
    return file === null ? null : { sha256: hash.digest('hex'), file };
  } catch (error) {
    if (['EIO', 'EACCES', 'ENOENT'].includes(systemCode(error) ?? '')) return null;
    throw translateFsError(error, `reading ${path}`);
  }
}

/**
 * When the vault may have got the archive: its file says so, but a file that was copied or touched says anything. Uploads follow the date in their
 * key within days.
 */
function timeOf({ timezone }: OrphanContext, found: KeyMatch | undefined, mtimeMs: number, nowMs: number): number {
  const date = found?.date ?? null;
  if (date === null) return Math.min(mtimeMs, nowMs);
  const endMs = endOfDay(date, timezone);
  return Math.min(mtimeMs <= endMs + LATE_UPLOAD_MS ? mtimeMs : endMs, nowMs);
}

function enter(context: OrphanContext, found: readonly FoundOrphan[]): void {
  if (found.length === 0) return;
  const { store, catalog, vault, seriesOf, clock } = context;
  store.assertAttached();
  const nowMs = clock.now();
  catalog.transaction(() => {
    for (const { path, key, sha256, sizeBytes, mtimeMs } of found) {
      const series = seriesOf(key);
      const listed = {
        key,
        versionId: null,
        etag: ownSumsEtag(path),
        sizeBytes,
        lastModifiedMs: timeOf(context, series?.found, mtimeMs, nowMs),
        storageClass: null,
      };
      const archive = { listed, series: series?.name ?? null, state: 'wanted', reason: null, conflict: false } as const;
      const id = catalog.archives.insert(vault, archive, nowMs);
      const proof = 'own-sums';
      const stored = { id, path, sha256, proof, suspect: null, clearsConflict: false, isConflict: false } as const;
      catalog.archives.recordStored(stored, nowMs);
      catalog.archives.markGone(id, nowMs);
      const detail = { path, sha256, proof, sizeBytes };
      catalog.history.append({ actor: 'rebuild', event: 'archive.adopted', vault, key, archiveId: id, detail }, nowMs);
    }
    markSumsBehind(catalog, vault);
  });
}
