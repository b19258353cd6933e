import { Option } from 'commander';
import { archivesNamed, byId } from '../jobs/select-archive.ts';
import type { ArchiveRow } from '../store/catalog/archive-row.ts';
import type { Catalog } from '../store/catalog/catalog.ts';
import { parseCount } from './parse-count.ts';

export interface ArchiveOptions {
  readonly vault?: string;
  readonly archive?: readonly number[];
}

/** `--archive ID`, which may be given several times. */
export function archivesOption(): Option {
  const words = 'the archive of this number in `list`; may be given several times';
  // Commander calls it for each --archive, with what the former calls answered.
  return new Option('--archive <ID>', words).argParser<readonly number[]>((text, former = []) => [
    ...former,
    parseCount('--archive')(text),
  ]);
}

/**
 * What names and numbers stand for, each archive once, in the order of the command line. A name stands for every version of its key, unless numbers of
 * some of them stand beside it: then for these.
 */
export function chooseArchives(
  catalog: Catalog,
  names: readonly string[],
  { vault, archive = [] }: ArchiveOptions,
): ArchiveRow[] {
  const rows = [
    ...names.flatMap((name) => {
      const versions = archivesNamed(catalog, name, vault ?? null);
      const meant = versions.filter(({ id }) => archive.includes(id));
      return meant.length === 0 ? versions : meant;
    }),
    ...archive.map((id) => byId(catalog, id)),
  ];
  return [...new Map(rows.map((row) => [row.id, row])).values()];
}
