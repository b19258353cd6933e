import type { Config } from '../core/config/config.ts';
import { formatDuration } from '../core/duration.ts';
import type { ProblemJson } from '../core/output-schemas.ts';
import { formatBytes } from '../core/size.ts';
import type { LastPassJson, StatusJson, StatusSeriesJson } from '../core/status-document.ts';
import { CLOCK_TOLERANCE_MS } from '../core/trusted-now.ts';
import { formatLocal } from '../core/zoned-time.ts';
import { type Output, table } from './output.ts';
import { tellAttention } from './tell-attention.ts';

/** What `status` says to a person. */
export function tellStatus(report: StatusJson, config: Config, nowMs: number, out: Output): void {
  out.line(report.summary);
  if (report.clockProblem !== null) out.line(`  next: ${report.clockProblem.hint}`);
  if (report.unfinished !== null) out.line(`  next: ${report.unfinished.hint}`);
  tellSeries(report, config.timezone, nowMs, out);
  tellKeeping(report, config.timezone, nowMs, out);
  tellStore(report, config, out);
  tellAttention(report.attention, out);
  tellRemembered(report, config.timezone, out);
  tellLastPass(report, config.timezone, out);
}

/** null: never, or at a time that has not come, by a clock that was wrong then or is now. */
function ageWords(time: string | null, nowMs: number): string | null {
  if (time === null || Date.parse(time) - nowMs > CLOCK_TOLERANCE_MS) return null;
  return formatDuration(Math.max(0, nowMs - Date.parse(time)));
}

function hashedWords(time: string | null, nowMs: number): string {
  const age = ageWords(time, nowMs);
  return age === null ? '-' : `${age} ago`;
}

function tellSeries({ series }: StatusJson, timezone: string, nowMs: number, out: Output): void {
  if (series.length === 0) return;
  const local = (time: string | null) => (time === null ? '-' : formatLocal(Date.parse(time), timezone));
  const rows = series.map((one) => [
    one.series ?? '(no series)',
    one.vault,
    one.freshness === 'overdue' ? 'OVERDUE' : one.freshness,
    local(one.newest),
    ageWords(one.newest, nowMs) ?? '-',
    local(one.expectedBy),
    one.stored === null ? '?' : String(one.stored),
    one.storedBytes === null ? '?' : formatBytes(one.storedBytes),
    fetchWords(one),
    hashedWords(one.oldestVerified, nowMs),
  ]);
  const headings = [
    'SERIES',
    'VAULT',
    'STATE',
    'NEWEST',
    'AGE',
    'EXPECTED BY',
    'STORED',
    'SIZE',
    'TO FETCH',
    'OLDEST HASH',
  ];
  out.line();
  for (const line of table(headings, rows)) out.line(line);
  for (const one of series.filter(({ freshness }) => freshness === 'unknown')) {
    out.line(`${one.series ?? '(no series)'} is unknown: ${one.why}`);
  }
}

/** What of the series is kept, not wanted or about to go, and why. */
function tellKeeping({ series }: StatusJson, timezone: string, nowMs: number, out: Output): void {
  const local = (time: string) => formatLocal(Date.parse(time), timezone);
  const lines = series.flatMap(({ frozen, announced, pinned, unwanted, overdueForScrub, ...one }) => {
    const name = one.series ?? `outside the series of ${one.vault}`;
    const words: string[] = [];
    for (const { cause, since, why } of frozen) words.push(`${name}: FROZEN (${cause}) since ${local(since)}: ${why}`);
    if (announced !== null) {
      const due = Date.parse(announced.firstDue) <= nowMs ? 'due now' : `the first due ${local(announced.firstDue)}`;
      const size = formatBytes(announced.bytes);
      words.push(
        `${name}: ${announced.count} to be removed (${size}), ${due}; \`pullmirror prune --dry-run\` explains`,
      );
    }
    if (pinned) words.push(`${name}: ${pinned} pinned; \`pullmirror pin --list\``);
    if (unwanted) words.push(`${name}: ${unwanted} in the vault that the keep rules do not want`);
    if (overdueForScrub) {
      words.push(
        `${name}: ${overdueForScrub} not hashed for too long; \`pullmirror verify${one.series === null ? '' : ` ${one.series}`}\``,
      );
    }
    return words;
  });
  if (lines.length === 0) return;
  out.line();
  for (const line of lines) out.line(line);
}

function fetchWords({ wanted, wantedBytes }: StatusSeriesJson): string {
  if (wanted === null || wantedBytes === null) return '?';
  return wanted === 0 ? '-' : `${wanted} (${formatBytes(wantedBytes)})`;
}

function tellStore(report: StatusJson, { store: { whenFull } }: Config, out: Output): void {
  const { store, series, quarantine, copyProblem } = report;
  const { path, state, filesystem, totalBytes, freeBytes, minFreeBytes, problem } = store;
  out.line();
  if (copyProblem !== null) {
    out.line(`The copy of the catalog could not be renewed: ${copyProblem.message}`);
    out.line(`  next: ${copyProblem.hint}`);
  }
  if (problem !== null) {
    out.line(`Disk ${path}: ${state}. ${problem.message}`);
    out.line(`  next: ${problem.hint}`);
    return;
  }
  const archives = series.reduce((sum, one) => sum + (one.storedBytes ?? 0), 0);
  const readOnly = state === 'read-only' ? ', mounted READ-ONLY: nothing can be pulled' : '';
  out.line(`Disk ${path} (${filesystem})${readOnly}`);
  out.line(
    `  ${formatBytes(archives)} in archives; ${formatBytes(freeBytes ?? 0)} of ${formatBytes(totalBytes ?? 0)} free, ` +
      `${formatBytes(minFreeBytes ?? 0)} of that stay free`,
  );
  const flooded = series.find(({ frozen }) => frozen.some(({ cause }) => cause === 'bulk'));
  if (whenFull === 'thin' && flooded !== undefined) {
    out.line(`  nothing makes room on a full disk (whenFull: thin) as long as ${flooded.series} is frozen (bulk)`);
  }
  if (quarantine.files > 0) {
    const what = `${quarantine.files} ${quarantine.files === 1 ? 'file' : 'files'} that failed verification`;
    out.line(
      `  ${what} in .pullmirror/quarantine (${formatBytes(quarantine.bytes)}); \`pullmirror resolve --quarantine\` explains`,
    );
  }
}

function tellRemembered({ remembered }: StatusJson, timezone: string, out: Output): void {
  if (remembered.length === 0) return;
  out.line();
  out.line('Open when the disk was last here:');
  for (const { text, since } of remembered) out.line(`  ${text} (since ${formatLocal(Date.parse(since), timezone)})`);
}

function tellLastPass({ lastPass, stalePasses, stateProblem }: StatusJson, timezone: string, out: Output): void {
  out.line();
  if (lastPass === null) {
    const why = stateProblem === null ? '' : ` (${stateProblem}; the next pass writes it anew)`;
    out.line(`Last pass: none is known${why}. \`pullmirror sync\` runs one.`);
  } else {
    tellPass(lastPass, timezone, out);
  }
  if (stalePasses === null) return;
  out.line(
    `  No pass without a problem since ${formatLocal(Date.parse(stalePasses.since), timezone)}: ${stalePasses.vaults.join(', ')}`,
  );
  out.line(`    next: ${stalePasses.next}`);
}

function tellPass(lastPass: LastPassJson, timezone: string, out: Output): void {
  const { startedAt, endedAt, vaults, stopped } = lastPass;
  const local = (time: string | null) => (time === null ? 'never' : formatLocal(Date.parse(time), timezone));
  const lastedMs = Date.parse(endedAt) - Date.parse(startedAt);
  out.line(`Last pass: ${local(startedAt)}, for ${formatDuration(lastedMs)}`);
  for (const { vault, lastGoodPassAt, lastFullListingAt, problem } of vaults) {
    out.line(
      `  ${vault}: last without a problem ${local(lastGoodPassAt)}, last listed in full ${local(lastFullListingAt)}`,
    );
    if (problem !== null) tellProblem(problem, out);
  }
  if (stopped !== null) tellProblem(stopped, out);
}

function tellProblem({ message, hint }: ProblemJson, out: Output): void {
  out.line(`    ${message}`);
  out.line(`      next: ${hint}`);
}
