import { attentionItems, vaultExpiries } from '../core/attention.ts';
import { compareListing, type FreshArchive, type ListingChanges } from '../core/compare-listing.ts';
import type { VaultConfig } from '../core/config/config.ts';
import { AppError } from '../core/errors.ts';
import { IdSet } from '../core/id-set.ts';
import { compareKeys } from '../core/key-order.ts';
import { isFolderMarker } from '../core/key-path.ts';
import type { PlannedListing } from '../core/listing-plan.ts';
import { type MatchableSeries, matchSeries } from '../core/series-match.ts';
import type { ToldTime } from '../core/told-time.ts';
import type { NewArchive } from '../store/catalog/archive-records.ts';
import type { ArchiveRow } from '../store/catalog/archive-row.ts';
import type { Catalog } from '../store/catalog/catalog.ts';
import { hasTime, type ListingPage, type UntimedObject, type VaultReader } from '../vault/vault-reader.ts';
import { lapseDoubt } from './lapse-doubt.ts';
import type { PassClock } from './pass-clock.ts';
import type { PassProgress } from './pass-progress.ts';
import { type RetryContext, withRetries } from './with-retries.ts';

/** Storage classes that S3 does not serve before a restore, which costs money. S3 API reference, GetObject, InvalidObjectState. */
const ARCHIVED_CLASSES: ReadonlySet<string> = new Set(['GLACIER', 'DEEP_ARCHIVE']);

/** All versions of one key are compared together, in memory. Nobody's backups have as many. */
export const MAX_VERSIONS = 20_000;
/** A vault full of keys that cannot be mirrored must not fill the memory. */
const MAX_NAMED = 1000;

/** Greater than any continuation of a key, which has at most 1,024 bytes. */
const BEYOND_ANY_KEY = '\u{10FFFF}'.repeat(256);

export interface ListedSeries extends MatchableSeries {
  readonly name: string;
  readonly versions: boolean;
}

export interface ListVaultContext extends RetryContext {
  /** Hears the time that the vault tells. */
  readonly clock: PassClock;
  readonly reader: VaultReader;
  readonly vault: VaultConfig;
  readonly series: readonly ListedSeries[];
  readonly catalog: Catalog;
  readonly progress: PassProgress;
}

export interface ListingResult {
  /** Objects seen, folder markers included. */
  readonly listed: number;
  readonly newArchives: number;
  /** Rows that this listing should have shown and did not. The catalog is not changed for them. */
  readonly missing: IdSet;
  /** Keys that are not UTF-8: no S3 client can ask for them. */
  readonly undecodableKeys: readonly string[];
  /** Keys with more than MAX_VERSIONS versions, which were left out: nothing is known of them from this listing. */
  readonly crowdedKeys: readonly string[];
  /** Left out, because nothing can be planned by their times. What is known of their keys is neither new nor missing. */
  readonly untimed: readonly UntimedObject[];
  /** The vault's clock, when the last page came that told it. */
  readonly told: ToldTime | null;
}

/**
 * Walks one listing side by side with the catalog's rows in the same key order, page by page, and enters what is new. Only additions are
 * made: what is missing is returned, and means nothing until the caller has confirmed it.
 *
 * @throws AppError VAULT_* ; VAULT_BAD_ANSWER when the order of keys is not that of S3, for then nothing can be said about what is missing.
 */
export async function listVault(context: ListVaultContext, planned: PlannedListing): Promise<ListingResult> {
  const { catalog, vault, progress, clock, signal } = context;
  const missing = new IdSet();
  const undecodableKeys: string[] = [];
  const crowdedKeys: string[] = [];
  const untimed: UntimedObject[] = [];
  let listed = 0;
  let newArchives = 0;
  let told: ToldTime | null = null;
  // All keys below `from` have been compared; the successor of a string in byte order is itself with a NUL.
  let from = planned.startAfter === null ? planned.prefix : `${planned.startAfter}\0`;
  // The greatest key listed below `from`: where a listing that broke is taken up again.
  let after = planned.startAfter;

  const deletedKeys = new Set<string>();

  const compare = (objects: ListingPage['objects'], before: string): void => {
    const archives = objects.filter((object) => !isFolderMarker(object.key, object.sizeBytes));
    const odd = archives.filter((object) => !hasTime(object));
    for (const object of odd) if (untimed.length < MAX_NAMED) untimed.push(object);
    const changes = compareListing({
      objects: archives.filter(hasTime),
      doubtfulKeys: new Set(odd.map(({ key }) => key)),
      known: catalog.known.inKeyRange(vault.name, from, before),
      deletedKeys,
      isSeriesOfVersions: (key) => matchSeries(context.series, vault.name, key)?.series.versions === true,
      missing: (id) => missing.add(id),
    });
    const { fresh, gainedVersions, recognised, backIds } = changes;
    if (fresh.length + gainedVersions.length + recognised.length + backIds.length > 0) {
      catalog.transaction(() => enter(context, changes));
    }
    newArchives += fresh.length;
    listed += objects.length;
    // A key's delete marker comes before its versions; what has been compared needs it no more.
    for (const key of deletedKeys) if (compareKeys(key, before) < 0) deletedKeys.delete(key);
    from = before;
    after = objects.at(-1)?.key ?? after;
    progress.listing(vault.name, listed);
  };

  /** Goes on behind a key without having looked at all of its versions. */
  const leaveOut = (key: string, seen: number): void => {
    if (crowdedKeys.length < MAX_NAMED) crowdedKeys.push(key);
    listed += seen;
    from = `${key}\0`;
    after = key;
  };

  /** Walks to the end; or, true, to a key with too many versions, behind which a new listing has to begin. */
  const walkOn = async (): Promise<boolean> => {
    deletedKeys.clear();
    // The versions of one key may go on in the next page, so the last key of a page waits for it.
    let carry: ListingPage['objects'] = [];
    const request = { prefix: planned.prefix, ...(after === null ? {} : { startAfter: after }), signal };
    for await (const page of context.reader.list(request)) {
      if (page.serverDateMs !== null) told = clock.hear(page.serverDateMs);
      for (const key of page.undecodableKeys) if (undecodableKeys.length < MAX_NAMED) undecodableKeys.push(key);
      for (const key of page.deletedKeys) deletedKeys.add(key);
      const last = page.objects.at(-1);
      if (last === undefined) {
        // Nothing but delete markers: versions can follow only for the last key of them, and for the key that waits.
        const open = [carry.at(-1)?.key, page.lastKey];
        for (const key of deletedKeys) if (!open.includes(key)) deletedKeys.delete(key);
        continue;
      }
      const waiting = carry.at(-1)?.key ?? null;
      assertOrder(waiting ?? after, page.objects, vault);
      const all = [...carry, ...page.objects];
      const versions = waiting === null ? 0 : all.findLastIndex(({ key }) => key === waiting) + 1;
      if (waiting !== null && versions > MAX_VERSIONS) {
        leaveOut(waiting, versions);
        return true;
      }
      carry = all.filter((object) => object.key === last.key);
      compare(
        all.filter((object) => object.key !== last.key),
        last.key,
      );
    }
    compare(carry, planned.prefix + BEYOND_ANY_KEY);
    return false;
  };

  const walk = async (): Promise<void> => {
    while (await walkOn());
  };

  let listedBefore = 0;
  const progressed = (): boolean => {
    const moved = listed > listedBefore;
    listedBefore = listed;
    return moved;
  };
  await withRetries(context, walk, { progressed });
  return { listed, newArchives, missing, undecodableKeys, crowdedKeys, untimed, told };
}

function enter(context: ListVaultContext, changes: ListingChanges): void {
  const { catalog, vault, clock } = context;
  const nowMs = clock.now();
  for (const { id, versionId } of changes.gainedVersions) catalog.archives.gainVersion(id, versionId);
  for (const { id, listed } of changes.recognised) catalog.archives.gainIdentity(id, listed);
  for (const id of changes.backIds) {
    const row = catalog.archives.byId(id);
    if (row !== null && isOrphan(row, vault)) lapseDoubt(catalog, row, 'orphan', { actor: 'sync', nowMs });
    catalog.archives.markBack(id);
    catalog.history.append(
      { actor: 'sync', event: 'archive.back', vault: vault.name, ...(row && { key: row.key }), archiveId: id },
      nowMs,
    );
  }
  for (const fresh of changes.fresh) {
    const archive = describe(context, fresh);
    const id = catalog.archives.insert(vault.name, archive, nowMs);
    if (archive.state === 'wanted' && !archive.conflict) continue;
    catalog.history.append(
      {
        actor: 'sync',
        event: archive.conflict ? 'archive.conflict' : 'archive.unavailable',
        vault: vault.name,
        key: fresh.listed.key,
        archiveId: id,
        detail: {
          etag: fresh.listed.etag,
          sizeBytes: fresh.listed.sizeBytes,
          ...(archive.reason && { reason: archive.reason }),
        },
      },
      nowMs,
    );
  }
}

function isOrphan(row: ArchiveRow, vault: VaultConfig): boolean {
  return attentionItems([row], vaultExpiries([vault])).some(({ cause }) => cause === 'orphan');
}

function describe(context: ListVaultContext, { listed, conflict }: FreshArchive): NewArchive {
  const series = matchSeries(context.series, context.vault.name, listed.key)?.series.name ?? null;
  if (listed.storageClass !== null && ARCHIVED_CLASSES.has(listed.storageClass)) {
    const reason = `it lies in the storage class ${listed.storageClass}; S3 serves it only after a restore, which costs money and is yours to order`;
    return { listed, series, state: 'unavailable', reason, conflict };
  }
  return { listed, series, state: 'wanted', reason: null, conflict };
}

function assertOrder(previousKey: string | null, objects: ListingPage['objects'], vault: VaultConfig): void {
  let before = previousKey;
  for (const { key } of objects) {
    if (before !== null && compareKeys(before, key) > 0) {
      const words = `${JSON.stringify(key)} follows ${JSON.stringify(before)}`;
      throw new AppError('VAULT_BAD_ANSWER', `the listing of bucket ${vault.bucket} is not in key order: ${words}`);
    }
    before = key;
  }
}
