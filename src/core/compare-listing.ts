import type { ArchiveState, ListedObject } from './archive.ts';

/** What the comparison needs to know of a catalog row. */
export interface KnownArchive extends Pick<ListedObject, 'key' | 'versionId' | 'etag' | 'sizeBytes'> {
  readonly id: number;
  readonly state: ArchiveState;
  readonly goneAtMs: number | null;
}

export interface FreshArchive {
  readonly listed: ListedObject;
  /** Its key was known with other content. */
  readonly conflict: boolean;
}

export interface ListingChanges {
  /** Listed and not known, oldest first within a key. */
  readonly fresh: readonly FreshArchive[];
  readonly gainedVersions: readonly { readonly id: number; readonly versionId: string }[];
  /** Known as gone, and listed again. */
  readonly backIds: readonly number[];
  /** Known as present, and not listed. */
  readonly missingIds: readonly number[];
}

/**
 * Compares a stretch of a listing with the catalog's rows for the same stretch of keys. Both must hold *all* versions of every key in it.
 *
 * Identity is key + versionId, else key + ETag + size: an archive first seen without a version (unversioned vault, or a key that may not
 * list versions) is recognised by its content and gains the version. Another version with the same ETag and size is a new archive but
 * no conflict.
 *
 * @param isSeriesOfVersions true for keys that are expected to be written again (`series[].versions`): no conflict there.
 */
export function compareListing(args: {
  readonly objects: readonly ListedObject[];
  readonly known: readonly KnownArchive[];
  readonly isSeriesOfVersions: (key: string) => boolean;
}): ListingChanges {
  const knownByKey = groupByKey(args.known);
  const fresh: FreshArchive[] = [];
  const gainedVersions: { id: number; versionId: string }[] = [];
  const backIds: number[] = [];
  const matched = new Set<number>();

  for (const [key, objects] of groupByKey(args.objects)) {
    const rows = knownByKey.get(key) ?? [];
    const contents = new Set(rows.map(contentOf));
    for (const listed of [...objects].sort((a, b) => a.lastModifiedMs - b.lastModifiedMs)) {
      const row = findKnown(rows, listed, matched);
      if (row === undefined) {
        const changed = contents.size > 0 && !contents.has(contentOf(listed));
        fresh.push({ listed, conflict: changed && !args.isSeriesOfVersions(key) });
        contents.add(contentOf(listed));
        continue;
      }
      matched.add(row.id);
      if (row.goneAtMs !== null) backIds.push(row.id);
      if (row.versionId === null && listed.versionId !== null)
        gainedVersions.push({ id: row.id, versionId: listed.versionId });
    }
  }

  const missingIds = args.known
    .filter(
      (row) => !matched.has(row.id) && row.goneAtMs === null && row.state !== 'pruned' && row.state !== 'removing',
    )
    .map((row) => row.id);
  return { fresh, gainedVersions, backIds, missingIds };
}

function findKnown(
  rows: readonly KnownArchive[],
  listed: ListedObject,
  taken: ReadonlySet<number>,
): KnownArchive | undefined {
  const free = rows.filter((row) => !taken.has(row.id));
  if (listed.versionId !== null) {
    const same = free.find((row) => row.versionId === listed.versionId);
    if (same !== undefined) return same;
  }
  // A row that has another version is another archive; without a version on one side the content decides.
  return free.find(
    (row) => (row.versionId === null || listed.versionId === null) && contentOf(row) === contentOf(listed),
  );
}

function contentOf(item: { readonly etag: string; readonly sizeBytes: number }): string {
  return `${item.etag}:${item.sizeBytes}`;
}

function groupByKey<T extends { readonly key: string }>(items: readonly T[]): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(item.key);
    if (group === undefined) groups.set(item.key, [item]);
    else group.push(item);
  }
  return groups;
}
