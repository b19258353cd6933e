import type { Config } from '../core/config/config.ts';
import type { Problem } from '../core/pass-report.ts';
import { printableJson, printableName } from '../core/printable.ts';
import type { PrunePlannedJson, PruneSeriesJson } from '../core/prune-document.ts';
import { formatBytes } from '../core/size.ts';
import type { TrustedNow } from '../core/trusted-now.ts';
import { formatLocal, formatUtc } from '../core/zoned-time.ts';
import type { PlannedRemoval } from '../jobs/planned-removals.ts';
import type { PruneReport } from '../jobs/prune.ts';
import type { SeriesOutcome } from '../jobs/summarise-series.ts';
import type { ArchiveRow } from '../store/catalog/archive-row.ts';
import type { Catalog } from '../store/catalog/catalog.ts';
import type { Output } from './output.ts';

/** All that a prune, or its rehearsal, has to say. */
export interface PruneStory extends PruneReport {
  readonly dryRun: boolean;
  readonly atMs: number;
  readonly now: TrustedNow;
  /** Every archive was told of already, as the first part of the document. */
  readonly explained: boolean;
  readonly unfinished: Problem | null;
  readonly afterwards: Problem | null;
}

const SHOWN = 20;
const PER_DRAIN = 200;

/** @param catalog for the keys of what is told */
export async function tellPrune(story: PruneStory, catalog: Catalog, config: Config, out: Output): Promise<void> {
  const fateOf = fates(story);
  if (out.json) return writeDocument(story, catalog, fateOf, out);
  const { now, outside, expiredPins, stopped, unfinished, afterwards } = story;
  if (!now.trusted) {
    out.line(
      `The time is not proven (${now.why}); shown by this machine's clock. Nothing is removed while it is in doubt.`,
    );
  }
  for (const series of story.series) tellSeries(series, { story, catalog, fateOf, config, out });
  if (outside.archives > 0) out.line(outsideWords(outside));
  if (expiredPins > 0) out.line(`${expiredPins} ${expiredPins === 1 ? 'pin has' : 'pins have'} expired`);
  for (const problem of [stopped, unfinished, afterwards]) if (problem !== null) tellProblem(problem, out);
  out.line(lastWords(story));
}

function outsideWords({ archives, bytes }: PruneStory['outside']): string {
  const words = archives === 1 ? '1 archive matches no series and is' : `${archives} archives match no series and are`;
  return `${words} never removed (${formatBytes(bytes)})`;
}

type State = PrunePlannedJson['state'];
type FateOf = (planned: PlannedRemoval, series: SeriesOutcome) => Pick<PrunePlannedJson, 'state' | 'why' | 'staysFor'>;

/** What became of each planned removal. */
function fates({ removed, skipped }: PruneStory): FateOf {
  const gone = new Set(removed);
  const stays = new Map(skipped.map(({ archiveId, kind, why }) => [archiveId, { staysFor: kind, why }]));
  return ({ id, isNew, isDue }, { block }) => {
    if (gone.has(id)) return { state: 'removed', why: null, staysFor: null };
    const stay = stays.get(id);
    if (stay !== undefined) return { state: 'stays', ...stay };
    if (isDue) return { state: 'due', why: block?.why ?? null, staysFor: null };
    return { state: isNew ? 'announced' : 'waiting', why: null, staysFor: null };
  };
}

const HEADINGS: readonly (readonly [State, done: string, rehearsed: string])[] = [
  ['removed', 'removed', 'removed'],
  ['stays', 'were due, and stay', 'were due, and stay'],
  ['due', 'due, and not removed yet', 'due: a prune would remove them now'],
  ['announced', 'announced now', 'a prune would announce now'],
  ['waiting', 'announced before', 'announced before'],
];

interface Telling {
  readonly story: PruneStory;
  readonly catalog: Catalog;
  readonly fateOf: FateOf;
  readonly config: Config;
  readonly out: Output;
}

function tellSeries(series: SeriesOutcome, telling: Telling): void {
  const { out, story } = telling;
  const { stored, storedBytes, kept, keptBy, hasRules, block, withdrawn, heldByFreeze, heldByPin } = series;
  const reasons = [...keptBy].map(([word, count]) => `${word} ${count}`).join(', ');
  const rules = hasRules ? `${kept} kept${reasons === '' ? '' : ` (${reasons})`}` : NO_RULES;
  out.line(
    `${series.series}: ${stored} ${stored === 1 ? 'archive' : 'archives'}, ${formatBytes(storedBytes)}; ${rules}`,
  );
  if (heldByFreeze > 0)
    out.line(`  a freeze holds ${heldByFreeze} that the rules would remove: see \`pullmirror status\``);
  if (heldByPin > 0) out.line(`  pins hold ${heldByPin} that the rules would remove`);
  if (block !== null && (hasDue(series) || block.isLasting)) {
    const until = block.isLasting ? '' : ' until a pass without errors';
    out.line(`  nothing is removed${until}: ${block.why}`);
    if (block.problem !== null) out.line(`    next: ${block.problem.hint}`);
  }
  if (withdrawn > 0) out.line(`  ${withdrawn} announced before ${withdrawn === 1 ? 'is' : 'are'} kept again`);
  for (const [state, done, rehearsed] of HEADINGS) tellPlanned(series, state, story.dryRun ? rehearsed : done, telling);
}

const NO_RULES = 'no keep rules, nothing is ever removed';

/** Is anything of the series due? */
export function hasDue({ planned }: SeriesOutcome): boolean {
  for (const { isDue } of planned) if (isDue) return true;
  return false;
}

/** How many are in this state, and the first of them. */
function tellPlanned(series: SeriesOutcome, state: State, heading: string, telling: Telling): void {
  const { fateOf, out, config, catalog } = telling;
  const shown: PlannedRemoval[] = [];
  let [count, bytes] = [0, 0];
  for (const one of series.planned) {
    if (fateOf(one, series).state !== state) continue;
    count += 1;
    bytes += one.sizeBytes;
    if (shown.length < SHOWN) shown.push(one);
  }
  if (count === 0) return;
  out.line(`  ${count} (${formatBytes(bytes)}) ${heading}:`);
  for (const one of shown) {
    const isWaiting = state === 'announced' || state === 'waiting';
    const due = isWaiting ? `not before ${formatLocal(one.dueAtMs, config.timezone)}: ` : '';
    const key = printableName(catalog.archives.byId(one.id)?.key ?? '');
    out.line(`    ${key} (archive ${one.id}): ${due}${fateOf(one, series).why ?? one.reason}`);
  }
  if (count > shown.length) out.line(`    … and ${count - shown.length} more`);
}

function lastWords({ dryRun, removed, removedBytes, skipped, series }: PruneStory): string {
  const isPlanned = series.some(({ planned }) => planned.length > 0);
  if (dryRun) return isPlanned ? 'Nothing was changed.' : 'Nothing would be removed.';
  if (removed.length === 0) {
    if (skipped.length > 0 || series.some(hasDue)) return 'Nothing was removed; what is due stays, as is said above.';
    return isPlanned ? 'Nothing was due; nothing removed.' : 'Nothing to remove.';
  }
  return `${removed.length} ${removed.length === 1 ? 'archive' : 'archives'} removed, ${formatBytes(removedBytes)} freed.`;
}

/** In pieces: a first prune may announce a hundred thousand. */
async function writeDocument(story: PruneStory, catalog: Catalog, fateOf: FateOf, out: Output): Promise<void> {
  const { now, outside, expiredPins, stopped, unfinished, afterwards, dryRun, explained } = story;
  out.raw(explained ? '"planned":[' : '{"v":1,"archives":null,"planned":[');
  let count = 0;
  for (const series of story.series) {
    for (const one of series.planned) {
      const row = catalog.archives.byId(one.id);
      if (row === null) continue;
      const planned = plannedJson(one, row, series);
      out.raw(`${count === 0 ? '' : ','}\n${printableJson({ ...planned, ...fateOf(one, series) })}`);
      count += 1;
      if (count % PER_DRAIN === 0) await out.drained();
    }
  }
  const rest = {
    at: formatUtc(story.atMs),
    dryRun,
    clock: { trusted: now.trusted, why: now.trusted ? null : now.why },
    series: story.series.map(seriesJson),
    removed: story.removed.length,
    removedBytes: story.removedBytes,
    outside: { archives: outside.archives, bytes: outside.bytes },
    expiredPins,
    stopped: problemJson(stopped),
    unfinished: problemJson(unfinished),
    afterwards: problemJson(afterwards),
  };
  out.raw(`\n],${printableJson(rest).slice(1)}\n`);
}

function plannedJson(
  { reason, announcedAtMs, dueAtMs }: PlannedRemoval,
  { id, key, lastModifiedMs, sizeBytes }: ArchiveRow,
  { series, vault }: SeriesOutcome,
): Omit<PrunePlannedJson, 'state' | 'why' | 'staysFor'> {
  const times = { announcedAt: formatUtc(announcedAtMs), dueAt: formatUtc(dueAtMs) };
  return { archiveId: id, vault, key, series, lastModified: formatUtc(lastModifiedMs), sizeBytes, reason, ...times };
}

function seriesJson(one: SeriesOutcome): PruneSeriesJson {
  const { series, vault, hasRules, stored, storedBytes, kept, keptBy, withdrawn, heldByFreeze, heldByPin, block } = one;
  const blocked = block?.why ?? null;
  const counts = { stored, storedBytes, kept, keptBy: Object.fromEntries(keptBy), withdrawn, heldByFreeze, heldByPin };
  return { series, vault, hasRules, ...counts, blocked };
}

function problemJson(problem: Problem | null): Problem | null {
  return problem === null ? null : { code: problem.code, message: problem.message, hint: problem.hint };
}

function tellProblem({ message, hint }: Problem, out: Output): void {
  out.line(`  ${message}`);
  out.line(`    next: ${hint}`);
}
