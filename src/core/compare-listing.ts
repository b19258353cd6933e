import { type ArchiveState, isOwnSumsEtag, type ListedObject } from './archive.ts';

/** What the comparison needs to know of a catalog row. */
export interface KnownArchive
  extends Pick<ListedObject, 'key' | 'versionId' | 'etag' | 'sizeBytes' | 'lastModifiedMs'> {
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
  /** Rows that were made from a file alone, and what the vault says of them. */
  readonly recognised: readonly { readonly id: number; readonly listed: ListedObject }[];
  /** Known as gone, and listed again. */
  readonly backIds: readonly number[];
  /** Known as present, and not listed, or stored and deleted in the vault. */
  readonly missingIds: readonly number[];
}

/**
 * Compares a stretch of a listing with the catalog's rows for the same stretch of keys. Both must hold *all* versions of every key in it.
 *
 * Identity is key + versionId, else key + ETag + size: an archive first seen without a version (unversioned vault, or a key that may not
 * list versions) is recognised by its content and gains the version. Another version with the same ETag and size is a new archive but
 * no conflict. A row that was made from a file alone (`ownSumsEtag`) is recognised by size and time.
 *
 * A key that a delete marker hides counts as gone from the vault for what is stored here; a version of it that was never mirrored is still
 * worth having.
 *
 * @param deletedKeys keys whose current version is a delete marker
 * @param doubtfulKeys keys of which more is listed than is in `objects`: nothing of them is missing
 * @param isSeriesOfVersions true for keys that are expected to be written again (`series[].versions`): no conflict there.
 */
export function compareListing(args: {
  readonly objects: readonly ListedObject[];
  readonly known: readonly KnownArchive[];
  readonly deletedKeys?: ReadonlySet<string>;
  readonly doubtfulKeys?: ReadonlySet<string>;
  readonly isSeriesOfVersions: (key: string) => boolean;
}): ListingChanges {
  const knownByKey = groupByKey(args.known);
  const fresh: FreshArchive[] = [];
  const gainedVersions: { id: number; versionId: string }[] = [];
  const recognised: { id: number; listed: ListedObject }[] = [];
  const backIds: number[] = [];
  const deletedIds: number[] = [];
  const matched = new Set<number>();

  for (const [key, objects] of groupByKey(args.objects)) {
    const rows = knownByKey.get(key) ?? [];
    const known = new KnownOfKey(rows);
    const contents = new Set(rows.map(contentOf));
    const seen = new Set<string>();
    for (const listed of [...objects].sort((a, b) => a.lastModifiedMs - b.lastModifiedMs)) {
      // A server that lists something twice does not make it two archives.
      const identity = listed.versionId === null ? `content ${contentOf(listed)}` : `version ${listed.versionId}`;
      if (seen.has(identity)) continue;
      seen.add(identity);
      const row = known.take(listed);
      if (row === undefined) {
        const changed = contents.size > 0 && !contents.has(contentOf(listed));
        fresh.push({ listed, conflict: changed && !args.isSeriesOfVersions(key) });
        contents.add(contentOf(listed));
        continue;
      }
      matched.add(row.id);
      if (args.deletedKeys?.has(key) === true && row.state === 'stored') {
        if (row.goneAtMs === null) deletedIds.push(row.id);
      } else if (row.goneAtMs !== null) {
        backIds.push(row.id);
      }
      if (isOwnSumsEtag(row.etag)) recognised.push({ id: row.id, listed });
      else if (row.versionId === null && listed.versionId !== null)
        gainedVersions.push({ id: row.id, versionId: listed.versionId });
    }
  }

  const missingIds = args.known
    .filter(
      (row) => !matched.has(row.id) && row.goneAtMs === null && row.state !== 'pruned' && row.state !== 'removing',
    )
    .filter((row) => args.doubtfulKeys?.has(row.key) !== true)
    .map((row) => row.id);
  return { fresh, gainedVersions, recognised, backIds, missingIds: [...missingIds, ...deletedIds] };
}

/** The rows of one key, each of which one listed object may take. Found by maps: a key may have very many versions. */
class KnownOfKey {
  readonly #byVersion = new Map<string, KnownArchive>();
  readonly #byContent = new Map<string, KnownArchive[]>();
  readonly #fromFiles: KnownArchive[] = [];
  readonly #taken = new Set<KnownArchive>();

  constructor(rows: readonly KnownArchive[]) {
    for (const row of rows) {
      if (isOwnSumsEtag(row.etag)) this.#fromFiles.push(row);
      if (row.versionId !== null) this.#byVersion.set(row.versionId, row);
      const content = contentOf(row);
      const group = this.#byContent.get(content);
      if (group === undefined) this.#byContent.set(content, [row]);
      else group.push(row);
    }
  }

  take(listed: ListedObject): KnownArchive | undefined {
    const row = this.#sameVersion(listed) ?? this.#sameContent(listed) ?? this.#sameFile(listed);
    if (row !== undefined) this.#taken.add(row);
    return row;
  }

  #sameVersion(listed: ListedObject): KnownArchive | undefined {
    const row = listed.versionId === null ? undefined : this.#byVersion.get(listed.versionId);
    return row === undefined || this.#taken.has(row) ? undefined : row;
  }

  /** A row that has another version is another archive; without a version on one side the content decides. */
  #sameContent(listed: ListedObject): KnownArchive | undefined {
    const group = this.#byContent.get(contentOf(listed));
    if (group === undefined) return undefined;
    const index = group.findIndex(
      (row) => !this.#taken.has(row) && (row.versionId === null || listed.versionId === null),
    );
    // What stands before it has a version, and is found by that.
    return index === -1 ? undefined : group[index];
  }

  #sameFile({ sizeBytes, lastModifiedMs }: ListedObject): KnownArchive | undefined {
    return this.#fromFiles.find(
      (row) =>
        !this.#taken.has(row) &&
        row.sizeBytes === sizeBytes &&
        Math.abs(row.lastModifiedMs - lastModifiedMs) < SAME_TIME_MS,
    );
  }
}

/** A file's time has the fraction of a second that its filesystem, or whoever copied it, cares for. */
const SAME_TIME_MS = 1000;

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
