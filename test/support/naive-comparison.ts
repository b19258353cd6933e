import { isOwnSumsEtag, type ListedObject } from '../../src/core/archive.ts';
import {
  compareListing,
  type KnownArchive,
  type ListingChanges,
  type ListingStretch,
} from '../../src/core/compare-listing.ts';

type Everything = Omit<ListingStretch, 'missing'>;
type Found = ListingChanges & { readonly missingIds: readonly number[] };

/** The comparison of the program, with what is missing in ascending order. */
export function compareAll(stretch: Everything): Found {
  const missingIds: number[] = [];
  const changes = compareListing({ ...stretch, missing: (id) => missingIds.push(id) });
  return { ...changes, missingIds: missingIds.sort((a, b) => a - b) };
}

/** What it has to find: holds everything, and asks of every listed object which row of its key it is. */
export function naiveComparison({ objects, known, deletedKeys, doubtfulKeys, isSeriesOfVersions }: Everything): Found {
  const rows = [...known];
  const found = { fresh: [], gainedVersions: [], recognised: [], backIds: [] } as {
    -readonly [Name in keyof ListingChanges]: [...ListingChanges[Name]];
  };
  const taken = new Set<KnownArchive>();
  const missingIds: number[] = [];
  for (const key of new Set(objects.map((one) => one.key))) {
    const ofKey = rows.filter((row) => row.key === key);
    const contents = new Set(ofKey.map(contentOf));
    const seen = new Set<string>();
    for (const listed of objects.filter((one) => one.key === key).sort((a, b) => a.lastModifiedMs - b.lastModifiedMs)) {
      const identity = listed.versionId ?? `content ${contentOf(listed)}`;
      if (seen.has(identity)) continue;
      seen.add(identity);
      const free = ofKey.filter((row) => !taken.has(row));
      const row =
        free.find((one) => one.versionId !== null && one.versionId === listed.versionId) ??
        free.find(
          (one) => contentOf(one) === contentOf(listed) && (one.versionId === null || listed.versionId === null),
        ) ??
        free.find((one) => isOwnSumsEtag(one.etag) && isSameFile(one, listed));
      if (row === undefined) {
        const conflict = contents.size > 0 && !contents.has(contentOf(listed)) && !isSeriesOfVersions(key);
        found.fresh.push({ listed, conflict });
        contents.add(contentOf(listed));
        continue;
      }
      taken.add(row);
      if (deletedKeys?.has(key) === true && row.state === 'stored') {
        if (row.goneAtMs === null) missingIds.push(row.id);
      } else if (row.goneAtMs !== null) found.backIds.push(row.id);
      if (isOwnSumsEtag(row.etag)) found.recognised.push({ id: row.id, listed });
      else if (row.versionId === null && listed.versionId !== null)
        found.gainedVersions.push({ id: row.id, versionId: listed.versionId });
    }
  }
  for (const row of rows) {
    if (taken.has(row) || row.goneAtMs !== null || row.state === 'pruned' || row.state === 'removing') continue;
    if (doubtfulKeys?.has(row.key) !== true) missingIds.push(row.id);
  }
  return { ...found, missingIds: missingIds.sort((a, b) => a - b) };
}

function contentOf({ etag, sizeBytes }: Pick<ListedObject, 'etag' | 'sizeBytes'>): string {
  return `${etag}:${sizeBytes}`;
}

/** A file's time has no more than seconds in common with that of its object. */
function isSameFile(row: KnownArchive, { sizeBytes, lastModifiedMs }: ListedObject): boolean {
  return row.sizeBytes === sizeBytes && Math.abs(row.lastModifiedMs - lastModifiedMs) < 1000;
}
