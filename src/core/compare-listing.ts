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
}

export interface ListingStretch {
  readonly objects: readonly ListedObject[];
  /** Those of one key beside each other. Gone through once, and not held: there may be any number of them, also of one key. */
  readonly known: Iterable<KnownArchive>;
  /** Keys whose current version is a delete marker. */
  readonly deletedKeys?: ReadonlySet<string>;
  /** Keys of which more is listed than is in `objects`: nothing of them is missing. */
  readonly doubtfulKeys?: ReadonlySet<string>;
  /** True for keys that are expected to be written again (`series[].versions`): no conflict there. */
  readonly isSeriesOfVersions: (key: string) => boolean;
  /** Told of each row that is known as present, and not listed, or stored and deleted in the vault. */
  readonly missing: (id: number) => void;
}

/**
 * Compares a stretch of a listing with the catalog's rows for the same stretch of keys. Both must hold *all* versions of every key in it. Holds
 * what is listed, and of the rows only those that may be one of it.
 *
 * Identity is key + versionId, else key + ETag + size: an archive first seen without a version (unversioned vault, or a key that may not
 * list versions) is recognised by its content and gains the version. Another version with the same ETag and size is a new archive but
 * no conflict. A row that was made from a file alone (`ownSumsEtag`) is recognised by size and time.
 *
 * A key that a delete marker hides counts as gone from the vault for what is stored here; a version of it that was never mirrored is still
 * worth having.
 */
export function compareListing(stretch: ListingStretch): ListingChanges {
  const listedByKey = groupByKey(stretch.objects);
  /** A row alone: it is the one listed object of its key, as for nearly all keys of nearly all listings. */
  const rowsByKey = new Map<string, KnownArchive | RowsOfKey>();
  const miss = (row: KnownArchive): void => {
    if (isPresent(row) && stretch.doubtfulKeys?.has(row.key) !== true) stretch.missing(row.id);
  };
  for (const row of stretch.known) {
    const listed = listedByKey.get(row.key);
    if (listed === undefined) {
      miss(row);
      continue;
    }
    const before = rowsByKey.get(row.key);
    if (before === undefined && isOnly(row, listed)) {
      rowsByKey.set(row.key, row);
      continue;
    }
    const rows = before instanceof RowsOfKey ? before : new RowsOfKey(listed, before);
    if (rows !== before) rowsByKey.set(row.key, rows);
    if (!rows.keep(row)) miss(row);
  }

  const changes = { fresh: [], gainedVersions: [], recognised: [], backIds: [] };
  for (const [key, listed] of listedByKey) {
    const rows = rowsByKey.get(key) ?? new RowsOfKey([]);
    if (rows instanceof RowsOfKey) {
      enterKey(changes, listed, rows, stretch);
      for (const row of rows.untaken()) miss(row);
    } else for (const one of listed) enterMatch(changes, one, rows, stretch);
  }
  return changes;
}

/** Nothing else that is listed could be this row, nor another row what is listed. */
function isOnly(row: KnownArchive, [one, another]: readonly ListedObject[]): boolean {
  if (one === undefined || another !== undefined || row.versionId !== one.versionId) return false;
  return row.versionId !== null || (row.etag === one.etag && row.sizeBytes === one.sizeBytes);
}

interface Changes extends ListingChanges {
  readonly fresh: FreshArchive[];
  readonly gainedVersions: { id: number; versionId: string }[];
  readonly recognised: { id: number; listed: ListedObject }[];
  readonly backIds: number[];
}

function enterKey(
  changes: Changes,
  objects: readonly ListedObject[],
  rows: RowsOfKey,
  stretch: Pick<ListingStretch, 'deletedKeys' | 'isSeriesOfVersions' | 'missing'>,
): void {
  const seen = new Set<string>();
  for (const listed of inOrderOfTime(objects)) {
    // A server that lists something twice does not make it two archives.
    const identity = listed.versionId === null ? `content ${contentOf(listed)}` : `version ${listed.versionId}`;
    if (seen.has(identity)) continue;
    seen.add(identity);
    const row = rows.take(listed);
    if (row !== undefined) {
      enterMatch(changes, listed, row, stretch);
      continue;
    }
    const changed = rows.isNewContent(listed);
    changes.fresh.push({ listed, conflict: changed && !stretch.isSeriesOfVersions(listed.key) });
  }
}

function enterMatch(
  changes: Changes,
  listed: ListedObject,
  row: KnownArchive,
  { deletedKeys, missing }: Pick<ListingStretch, 'deletedKeys' | 'missing'>,
): void {
  if (deletedKeys?.has(listed.key) === true && row.state === 'stored') {
    if (row.goneAtMs === null) missing(row.id);
  } else if (row.goneAtMs !== null) {
    changes.backIds.push(row.id);
  }
  if (isOwnSumsEtag(row.etag)) changes.recognised.push({ id: row.id, listed });
  else if (row.versionId === null && listed.versionId !== null)
    changes.gainedVersions.push({ id: row.id, versionId: listed.versionId });
}

function inOrderOfTime(objects: readonly ListedObject[]): readonly ListedObject[] {
  return objects.length === 1 ? objects : [...objects].sort((a, b) => a.lastModifiedMs - b.lastModifiedMs);
}

/** Should a listing show it? */
function isPresent({ goneAtMs, state }: KnownArchive): boolean {
  return goneAtMs === null && state !== 'pruned' && state !== 'removing';
}

/**
 * The rows of one key, each of which one listed object may take. Found by maps: a key may have very many versions. Of its rows those alone are kept
 * that something listed could take.
 */
class RowsOfKey {
  readonly #objects: readonly ListedObject[];
  readonly #listedVersions = new Set<string>();
  readonly #listsUnversioned: boolean;
  /** Of each content that is listed, how many more rows of versions that are not listed could be taken. */
  readonly #wanting = new Map<string, number>();
  readonly #byVersion = new Map<string, KnownArchive>();
  readonly #byContent = new Map<string, KnownArchive[]>();
  readonly #fromFiles: KnownArchive[] = [];
  readonly #kept = new Set<KnownArchive>();
  /** Contents that are both listed and known, and what has been listed by now. */
  readonly #contents = new Set<string>();
  #hasRows = false;

  /** @param first the row that came before, if one did: it is listed */
  constructor(objects: readonly ListedObject[], first?: KnownArchive) {
    this.#objects = objects;
    this.#listsUnversioned = objects.some(({ versionId }) => versionId === null);
    for (const listed of objects) {
      const content = contentOf(listed);
      const wanting = this.#wanting.get(content) ?? 0;
      this.#wanting.set(content, listed.versionId === null ? wanting + 1 : wanting);
      if (listed.versionId !== null) this.#listedVersions.add(listed.versionId);
    }
    if (first !== undefined) this.keep(first);
  }

  /** False: nothing that is listed could be this one. */
  keep(row: KnownArchive): boolean {
    this.#hasRows = true;
    const content = contentOf(row);
    const wanting = this.#wanting.get(content);
    if (wanting !== undefined) this.#contents.add(content);
    const isListedVersion = row.versionId !== null && this.#listedVersions.has(row.versionId);
    const isFile = isOwnSumsEtag(row.etag) && this.#objects.some((listed) => isSameFile(row, listed));
    // Without a version there is one row of each content; what lists no versions takes the first with its content.
    const isWanted = wanting !== undefined && wanting > 0 && !isListedVersion;
    const isSpare =
      wanting !== undefined && (row.versionId === null || isWanted || (isListedVersion && this.#listsUnversioned));
    if (!isListedVersion && !isFile && !isSpare) return false;
    this.#kept.add(row);
    if (isFile) this.#fromFiles.push(row);
    if (row.versionId !== null) this.#byVersion.set(row.versionId, row);
    if (isSpare) this.#spare(content, row);
    if (isWanted && row.versionId !== null) this.#wanting.set(content, wanting - 1);
    return true;
  }

  #spare(content: string, row: KnownArchive): void {
    const group = this.#byContent.get(content);
    if (group === undefined) this.#byContent.set(content, [row]);
    else group.push(row);
  }

  take(listed: ListedObject): KnownArchive | undefined {
    const row = this.#sameVersion(listed) ?? this.#sameContent(listed) ?? this.#sameFile(listed);
    if (row !== undefined) this.#kept.delete(row);
    return row;
  }

  /** Was the key known, and with other content only? Asked once for each listed object that is no row; it is known from then on. */
  isNewContent(listed: ListedObject): boolean {
    const content = contentOf(listed);
    const isNew = (this.#hasRows || this.#contents.size > 0) && !this.#contents.has(content);
    this.#contents.add(content);
    return isNew;
  }

  untaken(): Iterable<KnownArchive> {
    return this.#kept;
  }

  #sameVersion(listed: ListedObject): KnownArchive | undefined {
    const row = listed.versionId === null ? undefined : this.#byVersion.get(listed.versionId);
    return row === undefined || !this.#kept.has(row) ? undefined : row;
  }

  /** A row that has another version is another archive; without a version on one side the content decides. */
  #sameContent(listed: ListedObject): KnownArchive | undefined {
    return this.#byContent
      .get(contentOf(listed))
      ?.find((row) => this.#kept.has(row) && (row.versionId === null || listed.versionId === null));
  }

  #sameFile(listed: ListedObject): KnownArchive | undefined {
    return this.#fromFiles.find((row) => this.#kept.has(row) && isSameFile(row, listed));
  }
}

/** A file's time has the fraction of a second that its filesystem, or whoever copied it, cares for. */
const SAME_TIME_MS = 1000;

function isSameFile(row: KnownArchive, { sizeBytes, lastModifiedMs }: ListedObject): boolean {
  return row.sizeBytes === sizeBytes && Math.abs(row.lastModifiedMs - lastModifiedMs) < SAME_TIME_MS;
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
