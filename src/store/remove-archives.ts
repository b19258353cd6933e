import { lstat, rmdir, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Clock } from '../core/clock.ts';
import { type AppError, isAppError, systemCode } from '../core/errors.ts';
import type { AttachedStore } from './attached-store.ts';
import type { ArchiveRow } from './catalog/archive-row.ts';
import type { Catalog } from './catalog/catalog.ts';
import { repairRemovals } from './repair-removals.ts';
import { markSumsBehind, repairSums } from './sums-repair.ts';
import { translateFsError } from './translate-fs-error.ts';
import { fsyncFolder } from './write-file-atomically.ts';

/** As many as a publisher takes: more in one group gains nothing, and holds the catalog's lock longer. */
const MAX_GROUP = 128;

export interface Removal {
  readonly archiveId: number;
  /** Why no rule keeps it; stays in its row and in the history. */
  readonly reason: string;
}

export interface RemoveArchivesRequest {
  readonly store: AttachedStore;
  readonly catalog: Catalog;
  readonly clock: Pick<Clock, 'now'>;
  /** For the history. */
  readonly actor: string;
  /** Taken a group at a time: there may be a hundred thousand. */
  readonly removals: Iterable<Removal>;
  /** Only what was announced at this time or before is removed, milliseconds since 1970 UTC. */
  readonly announcedUntilMs: number;
  /** Looked at between groups. */
  readonly signal: AbortSignal;
  readonly onRemoved?: (row: ArchiveRow) => void;
}

/** An archive that was to be removed and was not. */
export interface SkippedRemoval {
  readonly archiveId: number;
  /** For a person. */
  readonly why: string;
}

export interface RemovalReport {
  /** Their numbers. */
  readonly removed: readonly number[];
  readonly removedBytes: number;
  readonly skipped: readonly SkippedRemoval[];
  /** What ended the work early (disk away or failing, interruption), or null. What was removed until then is recorded. */
  readonly stopped: AppError | null;
}

/**
 * Removes stored archives from the disk: the one function of this program that does. It believes nobody. Whatever the caller planned, each row is
 * read again, and stays unless it is stored, right, announced for long enough, of a series that has a newer verified one, not pinned and not
 * frozen; a file that is not what the catalog recorded is not ours to delete, and is noted as damaged. In groups: rows `removing`, unlink, fsync of
 * the folders, rows `pruned`; then empty folders go, and SHA256SUMS is written anew. A crash between any two steps is repaired at the next opening
 * (`repairRemovals`).
 *
 * @throws defects only
 */
export async function removeArchives(request: RemoveArchivesRequest): Promise<RemovalReport> {
  return new Removing(request).run();
}

interface Doomed {
  readonly row: ArchiveRow;
  readonly reason: string;
  /** Absolute. */
  readonly file: string;
}

class Removing {
  readonly #request: RemoveArchivesRequest;
  readonly #removed: number[] = [];
  #removedBytes = 0;
  readonly #skipped: SkippedRemoval[] = [];
  readonly #vaults = new Set<string>();

  constructor(request: RemoveArchivesRequest) {
    this.#request = request;
  }

  async run(): Promise<RemovalReport> {
    const { store, catalog, removals, signal } = this.#request;
    let stopped: AppError | null = null;
    const attempt = async (work: () => Promise<unknown>): Promise<void> => {
      try {
        await work();
      } catch (error) {
        if (!isAppError(error)) throw error;
        stopped ??= error;
      }
    };
    await attempt(async () => {
      for (const group of groupsOf(removals)) {
        signal.throwIfAborted();
        await this.#removeGroup(group);
      }
    });
    for (const vault of this.#vaults) await attempt(() => repairSums(store, catalog, vault));
    return { removed: this.#removed, removedBytes: this.#removedBytes, skipped: this.#skipped, stopped };
  }

  async #removeGroup(removals: readonly Removal[]): Promise<void> {
    const { store, catalog, clock } = this.#request;
    store.assertAttached();
    const candidates = await this.#lookAt(removals);
    // A file that seems gone on a disk that is gone says nothing about the file.
    store.assertAttached();
    const doomed = this.#markRemoving(candidates);
    try {
      const gone = await this.#unlinkAll(doomed);
      for (const folder of foldersOf(gone)) await fsyncFolder(folder);
      this.#markPruned(gone);
      await this.#removeEmptyFolders(gone);
    } catch (error) {
      // What was not unlinked is stored as before: not only after the next opening. Its own failure would hide the first one.
      try {
        repairRemovals({ store, catalog, nowMs: clock.now() });
      } catch (second) {
        if (!isAppError(second)) throw second;
      }
      throw translateFsError(error, `removing archives from ${store.root}`);
    }
  }

  async #lookAt(removals: readonly Removal[]): Promise<Candidate[]> {
    const { catalog } = this.#request;
    const candidates: Candidate[] = [];
    for (const { archiveId, reason } of removals) {
      const row = catalog.archives.byId(archiveId);
      if (row?.state !== 'stored') continue;
      candidates.push({ row, reason, ...(await this.#lookAtFile(row)) });
    }
    return candidates;
  }

  async #lookAtFile({ vault, path, sizeBytes }: ArchiveRow): Promise<{ file: string; damage: Damage | null }> {
    const { store } = this.#request;
    let file = `${vault}/${path}`;
    try {
      file = store.resolve(vault, path ?? '');
      const facts = await lstat(file);
      if (!facts.isFile()) return { file, damage: { kind: 'not-a-file', why: 'is not a regular file' } };
      const why = `has ${facts.size} bytes instead of ${sizeBytes}`;
      return { file, damage: facts.size === sizeBytes ? null : { kind: 'wrong-size', why } };
    } catch (error) {
      // A symbolic link or another filesystem in the way to this one file.
      if (isAppError(error, 'STORE_SYMLINK', 'STORE_UNSUITABLE'))
        return { file, damage: { kind: 'not-a-file', why: error.message } };
      if (systemCode(error) === 'ENOENT') return { file, damage: { kind: 'missing', why: 'is missing' } };
      throw translateFsError(error, `looking at ${file}`, 'read');
    }
  }

  /** Decides in the transaction that acts: the owner may pin or freeze while this works. */
  #markRemoving(candidates: readonly Candidate[]): Doomed[] {
    const { catalog, clock } = this.#request;
    const nowMs = clock.now();
    const doomed: Doomed[] = [];
    const skipped: SkippedRemoval[] = [];
    const vaults = new Set<string>();
    catalog.transaction(() => {
      for (const { row, reason, file, damage } of candidates) {
        const why = this.#whyNot(row.id);
        if (why !== null) skipped.push({ archiveId: row.id, why });
        else if (damage !== null) {
          this.#noteDamage(row, damage, nowMs);
          skipped.push({ archiveId: row.id, why: `the file ${damage.why}` });
        } else if (catalog.retention.markRemoving(row.id, reason)) {
          this.#note('archive.removing', row, { reason, announcedAt: rfc3339(row.announcedAtMs) }, nowMs);
          doomed.push({ row, reason, file });
          vaults.add(row.vault);
        }
      }
      for (const vault of vaults) markSumsBehind(catalog, vault);
    });
    this.#skipped.push(...skipped);
    for (const vault of vaults) this.#vaults.add(vault);
    return doomed;
  }

  /** Why the archive stays, or null. */
  #whyNot(id: number): string | null {
    const { catalog, announcedUntilMs } = this.#request;
    const row = catalog.archives.byId(id);
    if (row?.state !== 'stored') return 'it is not stored any more';
    if (row.series === null) return 'it belongs to no series';
    if (row.damagedAtMs !== null) return 'it is damaged';
    if (row.suspect !== null) return 'its content is doubted';
    if (row.announcedAtMs === null) return 'its removal is not announced';
    if (row.announcedAtMs > announcedUntilMs) return 'its removal has not been announced for long enough';
    if (catalog.pins.of(id) !== null) return 'it is pinned';
    const frozen = catalog.freezes
      .open()
      .some(({ vault, series, throughId }) => vault === row.vault && series === row.series && id <= throughId);
    if (frozen) return 'its series is frozen';
    if (!catalog.retention.hasAsNew(row)) return 'it is the newest verified archive of its series';
    return null;
  }

  #noteDamage(row: ArchiveRow, { kind, why }: Damage, nowMs: number): void {
    this.#request.catalog.archives.recordDamaged(row.id, nowMs);
    this.#note('archive.damaged', row, { path: row.path, kind, why }, nowMs);
  }

  #note(event: string, { id, vault, key }: ArchiveRow, detail: Record<string, unknown>, nowMs: number): void {
    const { catalog, actor } = this.#request;
    catalog.history.append({ actor, event, vault, key, archiveId: id, detail }, nowMs);
  }

  /** Those whose names are gone from their folders. A file that will not be removed is stored again, and keeps no other one. */
  async #unlinkAll(doomed: readonly Doomed[]): Promise<Doomed[]> {
    const gone: Doomed[] = [];
    for (const one of doomed) {
      try {
        await unlink(one.file);
        gone.push(one);
      } catch (error) {
        const code = systemCode(error) ?? '';
        // Somebody else removed it since it was looked at.
        if (code === 'ENOENT') gone.push(one);
        else if (REFUSED.has(code)) this.#giveUp(one, code);
        else throw translateFsError(error, `removing ${one.file}`);
      }
    }
    return gone;
  }

  #giveUp({ row }: Doomed, code: string): void {
    this.#request.catalog.retention.markStoredAgain(row.id);
    const why = `the disk refuses to remove its file (${code}): look at its owner, permissions and attributes (lsattr)`;
    this.#skipped.push({ archiveId: row.id, why });
  }

  #markPruned(gone: readonly Doomed[]): void {
    const { catalog, clock, onRemoved } = this.#request;
    const nowMs = clock.now();
    catalog.transaction(() => {
      for (const { row, reason } of gone) {
        catalog.retention.markPruned(row.id);
        const { path, sha256, sizeBytes, announcedAtMs } = row;
        const detail = { reason, announcedAt: rfc3339(announcedAtMs), path, sha256, sizeBytes };
        this.#note('archive.pruned', row, detail, nowMs);
      }
    });
    for (const { row } of gone) {
      this.#removed.push(row.id);
      this.#removedBytes += row.sizeBytes;
      onRemoved?.(row);
    }
  }

  /** rmdir(2) removes nothing but empty folders. The vault's own stays. */
  async #removeEmptyFolders(gone: readonly Doomed[]): Promise<void> {
    const { store } = this.#request;
    const tops = new Set(gone.map(({ row }) => store.vaultDir(row.vault)));
    const touched = new Set<string>();
    for (const folder of foldersOf(gone)) {
      let empty = folder;
      while (!tops.has(empty) && (await removedIfEmpty(empty))) {
        touched.delete(empty);
        empty = dirname(empty);
        touched.add(empty);
      }
    }
    for (const folder of touched) await fsyncFolder(folder);
  }
}

interface Damage {
  readonly kind: 'missing' | 'not-a-file' | 'wrong-size';
  /** Follows the file's name. */
  readonly why: string;
}

interface Candidate extends Doomed {
  readonly damage: Damage | null;
}

/** One file's own trouble; anything else is the disk's. */
const REFUSED: ReadonlySet<string> = new Set(['EPERM', 'EACCES', 'EBUSY', 'EISDIR']);
const NOT_EMPTY: ReadonlySet<string> = new Set([
  'ENOTEMPTY',
  'EEXIST',
  'ENOENT',
  'EBUSY',
  'EPERM',
  'EACCES',
  'ENOTDIR',
]);

function rfc3339(atMs: number | null): string | null {
  return atMs === null ? null : new Date(atMs).toISOString();
}

function* groupsOf(removals: Iterable<Removal>): Generator<Removal[]> {
  let group: Removal[] = [];
  for (const removal of removals) {
    group.push(removal);
    if (group.length < MAX_GROUP) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}

function foldersOf(gone: readonly Doomed[]): Set<string> {
  return new Set(gone.map(({ file }) => dirname(file)));
}

async function removedIfEmpty(folder: string): Promise<boolean> {
  try {
    await rmdir(folder);
    return true;
  } catch (error) {
    if (NOT_EMPTY.has(systemCode(error) ?? '')) return false;
    throw error;
  }
}
