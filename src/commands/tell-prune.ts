import type { Config } from '../core/config/config.ts';
import type { Problem } from '../core/pass-report.ts';
import { printableJson, printableName } from '../core/printable.ts';
import type { PrunePlannedJson, PruneSeriesJson } from '../core/prune-document.ts';
import { formatBytes } from '../core/size.ts';
import type { TrustedNow } from '../core/trusted-now.ts';
import { formatLocal, formatUtc } from '../core/zoned-time.ts';
import type { PlannedRemoval } from '../jobs/judge-retention.ts';
import type { PruneReport } from '../jobs/prune.ts';
import type { SeriesOutcome } from '../jobs/summarise-series.ts';
import type { Output } from './output.ts';

/** All that a prune, or its rehearsal, has to say. */
export interface PruneStory extends PruneReport {
  readonly dryRun: boolean;
  readonly atMs: number;
  readonly now: TrustedNow;
  /** Every archive was told of already, as the first part of the document. */
  readonly explained: boolean;
  readonly afterwards: Problem | null;
}

const SHOWN = 20;
const PER_DRAIN = 200;

export async function tellPrune(story: PruneStory, config: Config, out: Output): Promise<void> {
  const fates = fatesOf(story);
  if (out.json) return writeDocument(story, fates, out);
  const { dryRun, now, outside, expiredPins, stopped, afterwards } = story;
  if (!now.trusted)
    out.line(
      `The time is not proven (${now.why}); shown by this machine's clock. Nothing is removed while it is in doubt.`,
    );
  for (const series of story.series) tellSeries(series, fates, config, dryRun, out);
  if (outside.archives > 0) {
    const archives = outside.archives === 1 ? 'archive matches' : 'archives match';
    out.line(
      `${outside.archives} ${archives} no series and ${outside.archives === 1 ? 'is' : 'are'} never removed (${formatBytes(outside.bytes)})`,
    );
  }
  if (expiredPins > 0) out.line(`${expiredPins} ${expiredPins === 1 ? 'pin has' : 'pins have'} expired`);
  for (const problem of [stopped, afterwards]) if (problem !== null) tellProblem(problem, out);
  out.line(lastWords(story));
}

type Fate = PrunePlannedJson['state'];
type Fates = (planned: PlannedRemoval, series: SeriesOutcome) => { readonly state: Fate; readonly why: string | null };

/** What became of each planned removal. */
function fatesOf({ removed, skipped, dryRun }: PruneStory): Fates {
  const gone = new Set(removed.map(({ archive }) => archive.id));
  const stays = new Map(skipped.map(({ archive, why }) => [archive.id, why]));
  return ({ row, isNew, isDue }, { block }) => {
    if (gone.has(row.id)) return { state: 'removed', why: null };
    const why = stays.get(row.id) ?? null;
    if (why !== null) return { state: 'stays', why };
    if (isDue)
      return block === null || dryRun ? { state: 'due', why: block?.why ?? null } : { state: 'due', why: block.why };
    return { state: isNew ? 'announced' : 'waiting', why: null };
  };
}

const HEADINGS: readonly (readonly [Fate, done: string, rehearsed: string])[] = [
  ['removed', 'removed', 'removed'],
  ['stays', 'were due, and stay', 'were due, and stay'],
  ['due', 'due, and not removed yet', 'due: a prune would remove them now'],
  ['announced', 'announced now', 'a prune would announce now'],
  ['waiting', 'announced before', 'announced before'],
];

function tellSeries(series: SeriesOutcome, fates: Fates, config: Config, dryRun: boolean, out: Output): void {
  const { stored, storedBytes, kept, keptBy, hasRules, block, planned, withdrawn, heldByFreeze, heldByPin } = series;
  const reasons = [...keptBy].map(([word, count]) => `${word} ${count}`).join(', ');
  const rules = hasRules
    ? `${kept} kept${reasons === '' ? '' : ` (${reasons})`}`
    : 'no keep rules, nothing is ever removed';
  out.line(
    `${series.series}: ${stored} ${stored === 1 ? 'archive' : 'archives'}, ${formatBytes(storedBytes)}; ${rules}`,
  );
  if (heldByFreeze > 0)
    out.line(`  a freeze holds ${heldByFreeze} that the rules would remove: see \`pullmirror status\``);
  if (heldByPin > 0) out.line(`  pins hold ${heldByPin} that the rules would remove`);
  if (block !== null && planned.some(({ isDue }) => isDue)) {
    out.line(`  nothing is removed until a pass without errors: ${block.why}`);
    if (block.problem !== null) out.line(`    next: ${block.problem.hint}`);
  }
  if (withdrawn > 0) out.line(`  ${withdrawn} announced before ${withdrawn === 1 ? 'is' : 'are'} kept again`);
  for (const [state, done, rehearsed] of HEADINGS) {
    const own = planned.filter((one) => fates(one, series).state === state);
    if (own.length === 0) continue;
    const bytes = formatBytes(own.reduce((sum, { row }) => sum + row.sizeBytes, 0));
    out.line(`  ${own.length} (${bytes}) ${dryRun ? rehearsed : done}:`);
    for (const one of own.slice(0, SHOWN)) {
      const { row, reason, dueAtMs } = one;
      const why = fates(one, series).why ?? reason;
      const isWaiting = state === 'announced' || state === 'waiting';
      const due = isWaiting ? `not before ${formatLocal(dueAtMs, config.timezone)}: ` : '';
      out.line(`    ${printableName(row.key)} (archive ${row.id}): ${due}${why}`);
    }
    if (own.length > SHOWN) out.line(`    … and ${own.length - SHOWN} more`);
  }
}

function lastWords({ dryRun, removed, series }: PruneStory): string {
  const planned = series.flatMap((one) => one.planned);
  if (dryRun) return planned.length === 0 ? 'Nothing would be removed.' : 'Nothing was changed.';
  if (removed.length > 0) {
    const bytes = formatBytes(removed.reduce((sum, { archive }) => sum + archive.sizeBytes, 0));
    return `${removed.length} ${removed.length === 1 ? 'archive' : 'archives'} removed, ${bytes} freed.`;
  }
  return planned.length === 0 ? 'Nothing to remove.' : 'Nothing was due; nothing removed.';
}

/** In pieces: a first prune may announce a hundred thousand. */
async function writeDocument(story: PruneStory, fates: Fates, out: Output): Promise<void> {
  const { now, outside, expiredPins, stopped, afterwards, dryRun, explained } = story;
  out.raw(explained ? '"planned":[' : '{"v":1,"archives":null,"planned":[');
  let count = 0;
  for (const series of story.series) {
    for (const one of series.planned) {
      out.raw(`${count === 0 ? '' : ','}\n${printableJson(plannedJson(one, series, fates))}`);
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
    removedBytes: story.removed.reduce((sum, { archive }) => sum + archive.sizeBytes, 0),
    outside: { archives: outside.archives, bytes: outside.bytes },
    expiredPins,
    stopped: problemJson(stopped),
    afterwards: problemJson(afterwards),
  };
  out.raw(`\n],${printableJson(rest).slice(1)}\n`);
}

function plannedJson(planned: PlannedRemoval, series: SeriesOutcome, fates: Fates): PrunePlannedJson {
  const { row, reason, announcedAtMs, dueAtMs } = planned;
  return {
    archiveId: row.id,
    vault: series.vault,
    key: row.key,
    series: series.series,
    lastModified: formatUtc(row.lastModifiedMs),
    sizeBytes: row.sizeBytes,
    reason,
    announcedAt: formatUtc(announcedAtMs),
    dueAt: formatUtc(dueAtMs),
    ...fates(planned, series),
  };
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
