import type { Clock } from '../core/clock.ts';
import type { Config } from '../core/config/config.ts';
import { AppError } from '../core/errors.ts';
import { dueArchives } from '../jobs/scrub.ts';
import { archivesNamed, byId } from '../jobs/select-archive.ts';
import type { ArchiveRow } from '../store/catalog/archive-row.ts';
import type { Catalog } from '../store/catalog/catalog.ts';

const PAGE_ROWS = 500;

/** How to choose, besides by name. */
export interface VerifyChoice {
  readonly archive?: number;
  /** What was not hashed for `retention.scrubEvery`. */
  readonly due?: boolean;
}

/** Archives to hash, and how much that will be. */
export interface Selection {
  readonly archives: Iterable<ArchiveRow>;
  readonly total: { readonly archives: number; readonly bytes: number };
}

/** What was asked for: by name, by number, by series, what is due, or everything. Errors: ARCHIVE_NOT_FOUND. */
export function selectToVerify(
  catalog: Catalog,
  config: Config,
  wanted: readonly string[],
  { archive: id, due }: VerifyChoice,
  clock: Clock,
): Selection {
  if (due === true) return whatIsDue(catalog, config, clock);
  if (wanted.length === 0 && id === undefined) return everything(catalog);
  const chosen = wanted.map((one) => {
    if (config.series.some(({ name }) => name === one)) return wholeSeries(catalog, one);
    return some(archivesNamed(catalog, one, null), one);
  });
  if (id !== undefined) chosen.push(some([byId(catalog, id)], `archive ${id}`));
  return {
    archives: inTurn(chosen),
    total: {
      archives: chosen.reduce((sum, { total }) => sum + total.archives, 0),
      bytes: chosen.reduce((sum, { total }) => sum + total.bytes, 0),
    },
  };
}

function* inTurn(chosen: readonly Selection[]): Generator<ArchiveRow> {
  for (const { archives } of chosen) yield* archives;
}

function whatIsDue(catalog: Catalog, config: Config, clock: Clock): Selection {
  const nowMs = clock.now();
  const beforeMs = nowMs - config.retention.scrubEveryMs;
  return { archives: dueArchives(catalog, beforeMs, clock), total: catalog.scrub.dueTotal(beforeMs, nowMs) };
}

function everything(catalog: Catalog): Selection {
  return { archives: storedPages(catalog, {}), total: totalOf(catalog.counts.summary()) };
}

function wholeSeries(catalog: Catalog, series: string): Selection {
  const groups = catalog.counts.summary().filter((group) => group.series === series);
  return { archives: storedPages(catalog, { series }), total: totalOf(groups) };
}

function some(rows: readonly ArchiveRow[], name: string): Selection {
  const archives = rows.filter((row) => row.state === 'stored');
  if (archives.length === 0) throw new AppError('ARCHIVE_NOT_FOUND', `${name} is known, but not on the disk`);
  return { archives, total: totalOf(archives.map(({ sizeBytes }) => ({ stored: 1, storedBytes: sizeBytes }))) };
}

function totalOf(groups: readonly { readonly stored: number; readonly storedBytes: number }[]): Selection['total'] {
  return {
    archives: groups.reduce((sum, { stored }) => sum + stored, 0),
    bytes: groups.reduce((sum, { storedBytes }) => sum + storedBytes, 0),
  };
}

function* storedPages(catalog: Catalog, filter: { series?: string }): Generator<ArchiveRow> {
  let after: ArchiveRow | null = null;
  for (;;) {
    const rows = catalog.archives.page({ ...filter, storedOnly: true }, after, PAGE_ROWS);
    if (rows.length === 0) return;
    for (const row of rows) if (row.state === 'stored') yield row;
    after = rows.at(-1) ?? null;
  }
}
