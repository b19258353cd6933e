import { rmdir, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Clock } from '../core/clock.ts';
import { type AppError, isAppError, systemCode } from '../core/errors.ts';
import type { Actor, EventName } from '../core/event-names.ts';
import type { AttachedStore } from './attached-store.ts';
import type { ArchiveRow } from './catalog/archive-row.ts';
import type { Catalog } from './catalog/catalog.ts';
import { type Damage, lookAtStored } from './look-at-stored.ts';
import { NOT_STORED, type Refusal, reasonToStay } from './reason-to-stay.ts';
import { type DiskRefusal, REFUSED, refusalOfDisk } from './refusal-of-disk.ts';
import { type Removal, removalGroups, type Unit } from './removal-groups.ts';
import { repairRemovals } from './repair-removals.ts';
import { markSumsBehind, repairSums } from './sums-repair.ts';
import { translateFsError } from './translate-fs-error.ts';
import { fsyncFolder } from './write-file-atomically.ts';

export interface RemoveArchivesRequest {
  readonly store: AttachedStore;
  readonly catalog: Catalog;
  readonly clock: Pick<Clock, 'now'>;
  /** For the history. */
  readonly actor: Actor;
  /** Taken a group at a time: there may be a hundred thousand. */
  readonly removals: Iterable<Removal>;
  /** Only what was announced at this time or before is removed, milliseconds since 1970 UTC. */
  readonly announcedUntilMs: number;
  /** Looked at between groups. */
  readonly signal: AbortSignal;
  readonly onRemoved?: (row: ArchiveRow) => void;
}

/** An archive that was to be removed and was not. */
export interface SkippedRemoval extends Refusal {
  readonly archiveId: number;
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
 * frozen; a file that is not what the catalog recorded is not ours to delete, and is noted as damaged. What keeps one part of a set keeps all of them.
 * In groups that cut no set: rows `removing`, unlink, fsync of the folders, rows `pruned`; then empty folders go, and SHA256SUMS is written anew. A
 * crash between any two steps is repaired at the next opening (`repairRemovals`).
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
      for (const group of removalGroups(removals)) {
        signal.throwIfAborted();
        await this.#removeGroup(group);
      }
    });
    for (const vault of this.#vaults) await attempt(() => repairSums(store, catalog, vault));
    return { removed: this.#removed, removedBytes: this.#removedBytes, skipped: this.#skipped, stopped };
  }

  async #removeGroup(group: readonly Unit[]): Promise<void> {
    const { store, catalog, clock } = this.#request;
    store.assertAttached();
    const candidates: Candidate[][] = [];
    for (const unit of group) candidates.push(await this.#lookAt(unit));
    // A file that seems gone on a disk that is gone says nothing about the file.
    store.assertAttached();
    const doomed = this.#markRemoving(candidates);
    try {
      const gone = await this.#unlinkAll(doomed);
      for (const folder of foldersOf(gone)) await fsyncFolder(folder);
      store.assertAttached();
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

  async #lookAt(unit: Unit): Promise<Candidate[]> {
    const candidates: Candidate[] = [];
    for (const { archiveId, reason, set } of unit) {
      const row = this.#request.catalog.archives.byId(archiveId);
      if (row?.state !== 'stored') {
        candidates.push({ archiveId, key: row?.key ?? null, found: null });
        continue;
      }
      const { file, damage } = await lookAtStored(this.#request.store, row);
      // One archive is refused by its own unlink; of a set, parts would be gone by then.
      const refusedBy = set === null || damage !== null ? null : await refusalOfDisk(file);
      candidates.push({ archiveId, key: row.key, found: { row, reason, file, damage, refusedBy } });
    }
    return candidates;
  }

  /** Decides in the transaction that acts: the owner may pin or freeze while this works. */
  #markRemoving(units: readonly (readonly Candidate[])[]): Doomed[] {
    const { catalog, clock } = this.#request;
    const nowMs = clock.now();
    const doomed: Doomed[] = [];
    const skipped: SkippedRemoval[] = [];
    const vaults = new Set<string>();
    catalog.transaction(() => {
      for (const unit of units) {
        const { marked, refused } = this.#markUnit(unit, nowMs);
        skipped.push(...refused);
        for (const one of marked) {
          const { row, reason } = one;
          this.#note('archive.removing', row, { reason, announcedAt: rfc3339(row.announcedAtMs) }, nowMs);
          doomed.push(one);
          vaults.add(row.vault);
        }
      }
      for (const vault of vaults) markSumsBehind(catalog, vault);
    });
    this.#skipped.push(...skipped);
    for (const vault of vaults) this.#vaults.add(vault);
    return doomed;
  }

  /** All of the unit, or nothing. */
  #markUnit(unit: readonly Candidate[], nowMs: number): { marked: Doomed[]; refused: SkippedRemoval[] } {
    const { retention } = this.#request.catalog;
    const marked: Doomed[] = [];
    const refused: SkippedRemoval[] = [];
    let first: string | null = null;
    for (const { archiveId, key, found } of unit) {
      const refusal = found === null ? NOT_STORED : this.#refusalOf(found, nowMs);
      if (found !== null && refusal === null && retention.markRemoving(archiveId, found.reason)) marked.push(found);
      else {
        refused.push({ archiveId, ...(refusal ?? NOT_STORED) });
        first ??= `${key ?? `archive ${archiveId}`}: ${(refusal ?? NOT_STORED).why}`;
      }
    }
    if (first === null) return { marked, refused };
    for (const { row } of marked) {
      retention.markStoredAgain(row.id);
      refused.push({ archiveId: row.id, kind: 'set', why: `another part of its set stays (${first})` });
    }
    return { marked: [], refused };
  }

  #refusalOf({ row, damage, refusedBy }: Found, nowMs: number): Refusal | null {
    const refusal = reasonToStay(this.#request.catalog, row.id, this.#request.announcedUntilMs);
    if (refusal !== null) return refusal;
    if (damage !== null) {
      this.#noteDamage(row, damage, nowMs);
      return { kind: 'damaged', why: `the file ${damage.why}` };
    }
    if (refusedBy === null) return null;
    return this.#refusedByDisk(row, refusedBy.code, refusedBy.path, nowMs);
  }

  #noteDamage(row: ArchiveRow, { kind, why }: Damage, nowMs: number): void {
    this.#request.catalog.archives.recordDamaged(row.id, nowMs, `the file ${why}`);
    this.#note('archive.damaged', row, { path: row.path, kind, why }, nowMs);
  }

  #note(event: EventName, { id, vault, key }: ArchiveRow, detail: Record<string, unknown>, nowMs: number): void {
    const { catalog, actor } = this.#request;
    catalog.history.append({ actor, event, vault, key, archiveId: id, detail }, nowMs);
  }

  /**
   * Those whose names are gone from their folders. A file that will not be removed is stored again, and keeps no other one. The disk is looked at before
   * each: a set may have any number of parts, and disks that are rotated have the same paths.
   */
  async #unlinkAll(doomed: readonly Doomed[]): Promise<Doomed[]> {
    const { store } = this.#request;
    const gone: Doomed[] = [];
    for (const one of doomed) {
      store.assertAttached();
      try {
        await unlink(one.file);
        gone.push(one);
      } catch (error) {
        const code = systemCode(error) ?? '';
        store.assertAttached();
        // Somebody else removed it since it was looked at.
        if (code === 'ENOENT') gone.push(one);
        else if (REFUSED.has(code)) this.#giveUp(one, code);
        else throw translateFsError(error, `removing ${one.file}`);
      }
    }
    return gone;
  }

  #giveUp({ row, file }: Doomed, code: string): void {
    const { catalog, clock } = this.#request;
    catalog.transaction(() => {
      catalog.retention.markStoredAgain(row.id);
      this.#skipped.push({ archiveId: row.id, ...this.#refusedByDisk(row, code, file, clock.now()) });
    });
  }

  /** Written down once: a prune comes every day, and it is the same disk. */
  #refusedByDisk(row: ArchiveRow, code: string, path: string, nowMs: number): Refusal {
    const why = `the disk refuses to remove its file (${code}): look at owner, permissions and attributes (lsattr) of ${path}`;
    const event = 'archive.removal-refused';
    if (!this.#request.catalog.history.has(row.id, event)) this.#note(event, row, { why }, nowMs);
    return { kind: 'refused', why };
  }

  #markPruned(gone: readonly Doomed[]): void {
    const { catalog, clock, onRemoved } = this.#request;
    const nowMs = clock.now();
    catalog.transaction(() => {
      const throughId = catalog.freezes.newestId();
      for (const { row, reason } of gone) {
        catalog.retention.markPruned(row.id);
        const { path, sha256, sizeBytes, announcedAtMs } = row;
        const detail = { reason, announcedAt: rfc3339(announcedAtMs), path, sha256, sizeBytes, throughId };
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

interface Found extends Doomed {
  readonly damage: Damage | null;
  readonly refusedBy: DiskRefusal | null;
}

interface Candidate {
  readonly archiveId: number;
  readonly key: string | null;
  /** null: it is not stored any more. */
  readonly found: Found | null;
}

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
