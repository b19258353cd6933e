import { AppError } from '../core/errors.ts';
import { fromPrintableName, printableName } from '../core/printable.ts';
import { whyUnsound } from '../core/sound-archive.ts';
import type { ArchiveRow } from '../store/catalog/archive-row.ts';
import type { NamedKey } from '../store/catalog/archive-search.ts';
import type { Catalog } from '../store/catalog/catalog.ts';

const SHOWN_CANDIDATES = 10;

export interface ArchiveChoice {
  readonly archive: ArchiveRow;
  /** Newer archives that would have been chosen if something did not speak against them (`whyUnsound`). */
  readonly passedOver: readonly ArchiveRow[];
}

export interface RestoreWish {
  /** A key, `vault/key`, path in the store, or the end of a key. */
  readonly name: string | null;
  readonly archiveId: number | null;
  readonly series: string | null;
  readonly vault: string | null;
  /** Only archives that the vault had by then. */
  readonly atMs: number | null;
}

/**
 * The stored archive that is meant: a named one in its newest version, else the newest sound one of the series, as in `status`. What is doubtful has to
 * be named. ARCHIVE_NOT_FOUND says what is near.
 */
export function chooseStored(catalog: Catalog, wish: RestoreWish): ArchiveChoice {
  if (wish.archiveId !== null) return alone(mustBeStored(byId(catalog, wish.archiveId)));
  return wish.name === null ? newest(catalog, wish) : alone(newestVersion(catalog, wish.name, wish));
}

/**
 * All archives that one name stands for: one by its path in the store, else every version of the key. Never empty. The name may also be
 * written as `printableName` shows it: somebody copies it from a list.
 */
export function archivesNamed(catalog: Catalog, name: string, vault: string | null): ArchiveRow[] {
  const { search } = catalog;
  const readings = [...new Set([name, fromPrintableName(name)])].filter((reading) => reading !== '');
  const exact = readings.flatMap((reading) => search.keysNamed(reading, vault, SHOWN_CANDIDATES + 1));
  if (exact.length > 0) return versionsOf(catalog, onlyOne(name, exact));
  const stored = readings.flatMap((reading) => search.atPath(reading, vault));
  if (stored.length === 1) return stored;
  for (const find of [search.keysEndingInComponents, search.keysEndingIn]) {
    const keys = readings.flatMap((reading) => find.call(search, reading, vault, SHOWN_CANDIDATES + 1));
    if (keys.length > 0) return versionsOf(catalog, onlyOne(name, keys));
  }
  throw new AppError('ARCHIVE_NOT_FOUND', `no archive is called ${name}`);
}

export function byId(catalog: Catalog, id: number): ArchiveRow {
  const archive = catalog.archives.byId(id);
  if (archive === null) throw new AppError('ARCHIVE_NOT_FOUND', `there is no archive number ${id}`);
  return archive;
}

/** For messages: unambiguous for people, and what `--archive` takes. */
export function describeArchive(archive: Pick<ArchiveRow, 'vault' | 'key' | 'id'>): string {
  return `${archive.vault}/${printableName(archive.key)} (archive ${archive.id})`;
}

function newest(catalog: Catalog, wish: RestoreWish): ArchiveChoice {
  const filter = {
    ...(wish.vault === null ? {} : { vault: wish.vault }),
    ...(wish.series === null ? {} : { series: wish.series }),
    ...(wish.atMs === null ? {} : { atMs: wish.atMs }),
  };
  const [archive] = [
    ...catalog.newest.stored({ ...filter, which: 'sound' }, 1),
    ...catalog.newest.stored({ ...filter, which: 'undated' }, 1),
  ];
  const candidates = catalog.newest.stored({ ...filter, which: 'any' }, SHOWN_CANDIDATES);
  if (archive === undefined) throw noneSound(candidates, scope(wish));
  const here = candidates.findIndex((row) => row.id === archive.id);
  return { archive, passedOver: candidates.slice(0, here === -1 ? undefined : here) };
}

function noneSound(candidates: readonly ArchiveRow[], scopeWords: string): AppError {
  const message = `no verified archive ${scopeWords} is on the disk that counts as a backup of its time`;
  const [first] = candidates.filter(({ damagedAtMs }) => damagedAtMs === null);
  if (first !== undefined) {
    return new AppError(
      'ARCHIVE_NOT_FOUND',
      `${message}; the newest is ${describeArchive(first)}, but ${whyUnsound(first)}`,
      {
        hint: `If that one is meant, name it: \`pullmirror restore --archive ${first.id}\`. \`pullmirror list\` shows the others.`,
      },
    );
  }
  const { length } = candidates;
  const damaged = length === 0 ? '' : `; ${length} there ${length === 1 ? 'is' : 'are'} damaged`;
  return new AppError('ARCHIVE_NOT_FOUND', `no verified archive ${scopeWords} is on the disk${damaged}`);
}

function scope(wish: RestoreWish): string {
  const parts = [
    wish.series === null ? 'at all' : `of series ${wish.series}`,
    ...(wish.vault === null ? [] : [`from vault ${wish.vault}`]),
    ...(wish.atMs === null ? [] : ['at or before that time']),
  ];
  return parts.join(' ');
}

function newestVersion(catalog: Catalog, name: string, wish: RestoreWish): ArchiveRow {
  const versions = archivesNamed(catalog, name, wish.vault).filter(
    (row) => wish.series === null || row.series === wish.series,
  );
  const inTime = versions.filter((row) => wish.atMs === null || row.lastModifiedMs <= wish.atMs);
  const stored = inTime.findLast((row) => row.state === 'stored');
  if (stored !== undefined) return stored;
  const other = inTime.at(-1);
  if (other !== undefined) return mustBeStored(other);
  throw new AppError('ARCHIVE_NOT_FOUND', `no version of ${name} is that old or of that series`);
}

function mustBeStored(archive: ArchiveRow): ArchiveRow {
  if (archive.state === 'stored') return archive;
  const reason = archive.reason === null ? '' : `: ${archive.reason}`;
  throw new AppError(
    'ARCHIVE_NOT_FOUND',
    `${describeArchive(archive)} is not on the disk; it is ${archive.state}${reason}`,
  );
}

function alone(archive: ArchiveRow): ArchiveChoice {
  return { archive, passedOver: [] };
}

function versionsOf(catalog: Catalog, named: NamedKey): ArchiveRow[] {
  return catalog.archives.ofKey(named.vault, named.key);
}

function onlyOne(name: string, keys: readonly NamedKey[]): NamedKey {
  const [first, second] = keys;
  if (first !== undefined && second === undefined) return first;
  const shown = keys.slice(0, SHOWN_CANDIDATES).map(({ vault, key }) => `${vault}/${printableName(key)}`);
  const more = keys.length > SHOWN_CANDIDATES ? ', …' : '';
  throw new AppError('ARCHIVE_NOT_FOUND', `${name} could be any of: ${shown.join(', ')}${more}`, {
    hint: 'Write the whole name, as `pullmirror list` shows it, or its number there: --archive ID.',
  });
}
