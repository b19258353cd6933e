import type { Clock } from '../core/clock.ts';
import { GIVEN_UP } from '../core/dropped.ts';
import { AppError, isAppError } from '../core/errors.ts';
import { FirstOfMany } from '../core/first-of-many.ts';
import type { AttachedStore } from '../store/attached-store.ts';
import type { ArchiveRow } from '../store/catalog/archive-row.ts';
import type { Catalog } from '../store/catalog/catalog.ts';
import { quarantineStored } from '../store/quarantine-stored.ts';
import { readChecksums } from '../store/sha256sums-file.ts';
import { markSumsBehind, repairSums } from '../store/sums-repair.ts';
import { translateFsError } from '../store/translate-fs-error.ts';
import type { ByteProgress } from './byte-progress.ts';
import { requireUnpinned } from './resolve-archives.ts';
import { describeArchive } from './select-archive.ts';
import { type DamagedFile, verifyStore } from './verify-store.ts';

const REASON = `${GIVEN_UP}: damaged here, and gone from the vault`;

/** SHA256SUMS is read once for so many. */
const PAGE = 5000;
/** Tombstones to a commit. */
const GROUP = 128;

export interface GiveUpRequest {
  readonly store: AttachedStore;
  readonly catalog: Catalog;
  readonly clock: Clock;
  /** Lost ones only: see `isLost`. Any number of them; gone through twice. */
  readonly archives: Iterable<ArchiveRow>;
  readonly signal: AbortSignal;
  readonly progress: ByteProgress;
}

export interface GivenUpArchive {
  readonly archive: ArchiveRow;
  /** Name of its file in quarantine; null: there was none. */
  readonly quarantined: string | null;
}

export interface GiveUpReport {
  readonly givenUp: FirstOfMany<GivenUpArchive>;
  /** Their files turned out to be right; they stay. */
  readonly recovered: FirstOfMany<ArchiveRow>;
}

/** Nobody can repair it any more: its file is wrong, and the vault has lost it. */
export function isLost({ state, damagedAtMs, goneAtMs }: ArchiveRow): boolean {
  return state === 'stored' && damagedAtMs !== null && goneAtMs !== null;
}

/**
 * The owner gives up archives that are lost. Each file is hashed once more first, and what is right stays. What is not goes into quarantine, never
 * away, and its row becomes a tombstone, with an event. A crash in between leaves archives damaged as before; giving them up again goes on from
 * there. The store has to be open for writing.
 *
 * @throws AppError ARCHIVE_NOT_FOUND for one that is not lost, ARCHIVE_PINNED: then nothing was done. CATALOG_CORRUPT where SHA256SUMS calls a file
 * right; STORE_*, CATALOG_*, INTERRUPTED: what was given up by then remains so
 */
export async function giveUpArchives(request: GiveUpRequest): Promise<GiveUpReport> {
  const { store, catalog, archives } = request;
  for (const archive of archives) {
    requireLost(archive);
    requireUnpinned(catalog, archive);
  }
  const report: GiveUpReport = { givenUp: new FirstOfMany(), recovered: new FirstOfMany() };
  const vaults = new Set<string>();
  for (const page of pagesOf(archives, PAGE)) {
    const damaged: DamagedFile[] = [];
    const foundDamaged = (file: DamagedFile) => damaged.push(file);
    await verifyStore({ ...request, archives: page, actor: 'verify', foundDamaged });
    await requireUnvouched(request, damaged);
    for (const group of pagesOf(damaged, GROUP)) {
      for (const one of await giveUp(request, group)) report.givenUp.add(one);
    }
    for (const { archive } of damaged) vaults.add(archive.vault);
    const wrong = new Set(damaged.map(({ archive }) => archive.id));
    for (const archive of page) if (!wrong.has(archive.id)) report.recovered.add(archive);
  }
  for (const vault of vaults) await repairSums(store, catalog, vault);
  return report;
}

function* pagesOf<T>(all: Iterable<T>, size: number): Generator<T[]> {
  let page: T[] = [];
  for (const one of all) {
    page.push(one);
    if (page.length < size) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}

/** What its line in SHA256SUMS calls right is damaged in the catalog only, where a bit may have flipped, and may be the last copy there is. */
async function requireUnvouched({ store, catalog }: GiveUpRequest, damaged: readonly DamagedFile[]): Promise<void> {
  for (const vault of new Set(damaged.map(({ archive }) => archive.vault))) {
    const rows = damaged.map(({ archive }) => archive).filter((row) => row.vault === vault);
    const byPath = new Map(rows.map((row) => [row.path, row]));
    for await (const entry of readChecksums(store.vaultDir(vault))) {
      if (entry.kind !== 'line') continue;
      const row = byPath.get(entry.path);
      if (row === undefined || catalog.scrub.finding(row.id)?.foundSha256 !== entry.sha256) continue;
      throw new AppError(
        'CATALOG_CORRUPT',
        `${describeArchive(row)} cannot be given up: its file is what SHA256SUMS says, and the catalog says something else`,
        { hint: 'A bit of the catalog flipped: `pullmirror rebuild --force` finds out who is right.' },
      );
    }
  }
}

async function giveUp(
  { store, catalog, clock }: GiveUpRequest,
  damaged: readonly DamagedFile[],
): Promise<GivenUpArchive[]> {
  const moved: (DamagedFile & GivenUpArchive)[] = [];
  for (const file of damaged) {
    const { vault, path } = file.archive;
    const place = store.placeOf(vault, path ?? '');
    moved.push({ ...file, quarantined: await moveAway(store, place, file.archive, file.why) });
  }
  catalog.transaction(() => {
    const nowMs = clock.now();
    for (const { archive, why, quarantined } of moved) {
      const { id, vault, key, path, sha256, sizeBytes } = archive;
      const row = catalog.archives.byId(id);
      if (row === null) throw new AppError('ARCHIVE_NOT_FOUND', `there is no archive number ${id}`);
      // The owner may have pinned it meanwhile.
      requireLost(row);
      requireUnpinned(catalog, row);
      catalog.retention.announce(id, nowMs);
      catalog.retention.markRemoving(id, REASON);
      catalog.retention.markPruned(id);
      markSumsBehind(catalog, vault);
      const detail = { reason: REASON, why, path, sha256, sizeBytes, quarantined };
      catalog.history.append({ actor: 'owner', event: 'archive.given-up', vault, key, archiveId: id, detail }, nowMs);
    }
  });
  return moved.map(({ archive, quarantined }) => ({ archive, quarantined }));
}

async function moveAway(store: AttachedStore, place: string, row: ArchiveRow, why: string): Promise<string | null> {
  try {
    return await quarantineStored(store, place, { row, why, foundSha256: null });
  } catch (error) {
    throw isAppError(error) ? error : translateFsError(error, `moving ${place} into quarantine`);
  }
}

function requireLost(archive: ArchiveRow): void {
  if (isLost(archive)) return;
  throw new AppError('ARCHIVE_NOT_FOUND', `${describeArchive(archive)} is not lost, so it cannot be given up`, {
    hint: 'The vault still has it: the next pass pulls it again, and so does `pullmirror verify --repair`.',
  });
}
