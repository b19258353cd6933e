import type { AttentionItem } from './attention.ts';
import { attentionGroups, countWords, freezeJson } from './attention-groups.ts';
import { clockDoubt } from './clock-doubt.ts';
import type { Config } from './config/config.ts';
import { formatDuration } from './duration.ts';
import { ERROR_KINDS, type ErrorCode, EXIT, type ExitStatus } from './errors.ts';
import { judgeFreshness } from './freshness.ts';
import { findFullDisk, type HeldForRoom, isFullFor } from './full-disk.ts';
import type { Crowded } from './keep/crowded.ts';
import type { Freeze } from './keep/freeze.ts';
import type { MirrorState } from './mirror-state.ts';
import type { PassJson, ProblemJson } from './output-schemas.ts';
import type { PassReport, Problem } from './pass-report.ts';
import { formatBytes, sizeLimitBytes } from './size.ts';
import { findStalePasses, type StalePasses } from './stale-passes.ts';
import type { LastPassJson, StatusJson, StatusSeriesJson } from './status-document.ts';
import { timeWords } from './trusted-now.ts';
import { formatUtc } from './zoned-time.ts';

/** The counts of one series in one vault; `series` null for archives that none matches. */
export interface SeriesCounts {
  readonly vault: string;
  readonly series: string | null;
  readonly stored: number;
  readonly storedBytes: number;
  readonly wanted: number;
  readonly wantedBytes: number;
  readonly held: number;
  readonly unavailable: number;
  readonly newestSoundMs: number | null;
  readonly newestDoubtedMs: number | null;
  readonly oldestVerifiedMs: number | null;
  readonly overdueForScrub: number;
  readonly verifiedAhead: number;
  readonly unwanted: number;
  readonly pinned: number;
  readonly announced: number;
  readonly announcedBytes: number;
  readonly firstAnnouncedMs: number | null;
}

export interface DiskFacts {
  readonly storeId: string;
  readonly filesystem: string;
  readonly readOnly: boolean;
  readonly totalBytes: number;
  readonly freeBytes: number;
}

/** So many intervals after it was hashed last nothing is known of an archive any more. */
const SCRUB_GRACE = 1.5;

/** Everything `status` looks at. null: it could not be looked at; that is never taken for good. */
export interface StatusFacts {
  readonly nowMs: number;
  readonly config: Pick<Config, 'store' | 'series' | 'vaults' | 'retention'>;
  readonly disk: DiskFacts | null;
  /** Why the disk or its catalog could not be looked at, or null. */
  readonly diskProblem: Problem | null;
  readonly counts: readonly SeriesCounts[] | null;
  readonly attention: readonly AttentionItem[];
  /** Those that hold now. */
  readonly freezes: readonly Freeze[];
  readonly crowded?: readonly Crowded[];
  readonly heldForRoom?: HeldForRoom;
  readonly quarantine: StatusJson['quarantine'];
  /** The latest time that was ever trusted, or null. */
  readonly lastTrustedMs?: number | null;
  /** What this machine remembers of the last pass. */
  readonly state: Pick<MirrorState, 'lastPass' | 'vaults' | 'attention'>;
  /** Why that could not be read and is taken for empty, or null. */
  readonly stateProblem: string | null;
}

/** What `status` says, for programs; `summary` is its one sentence. */
export function buildStatus(facts: StatusFacts): StatusJson {
  const series = seriesRows(facts);
  const attention = attentionGroups(facts.attention, facts.freezes, facts.crowded);
  const verdict = judge(facts, series);
  return {
    v: 1,
    at: formatUtc(facts.nowMs),
    verdict,
    summary: summarise(facts, series, verdict),
    clockProblem: clockDoubt(facts),
    store: storeRow(facts),
    series,
    attention,
    quarantine: facts.quarantine,
    lastPass: lastPassRow(facts),
    stalePasses: stalePassesRow(facts),
    stateProblem: facts.stateProblem,
    remembered:
      facts.counts === null ? facts.state.attention.map(({ text, since }) => ({ text, since: formatUtc(since) })) : [],
  };
}

export function statusExit(verdict: StatusJson['verdict']): ExitStatus {
  return { good: EXIT.done, temporary: EXIT.temporary, 'needs-owner': EXIT.needsOwner }[verdict];
}

export function passJson({ startedAtMs, endedAtMs, vaults, stopped }: PassReport): PassJson {
  return {
    startedAt: formatUtc(startedAtMs),
    endedAt: formatUtc(endedAtMs),
    vaults: vaults.map((vault) => ({ ...vault, failures: [...vault.failures] })),
    stopped,
  };
}

function seriesRows(facts: StatusFacts): StatusSeriesJson[] {
  const { config, counts, freezes, nowMs, state, stateProblem } = facts;
  const isDoubtful = clockDoubt(facts) !== null;
  const configured = config.series.map(({ name, vault, expectEveryMs }) => ({ series: name, vault, expectEveryMs }));
  // Archives of a vault or series that the configuration no longer names are still there, and shown.
  // So are freezes of what has no archive any more: only the owner ends them.
  const others: { series: string | null; vault: string; expectEveryMs: null }[] = [];
  for (const { series, vault } of [...(counts ?? []), ...freezes]) {
    const isSame = (one: { series: string | null; vault: string }) => one.series === series && one.vault === vault;
    if (![...configured, ...others].some(isSame)) others.push({ series, vault, expectEveryMs: null });
  }
  return [...configured, ...others].map(({ series, vault, expectEveryMs }) => {
    // A catalog that was not read says nothing, not even zero.
    const nothing = counts === null ? null : 0;
    const own = counts?.find((one) => one.series === series && one.vault === vault);
    const newestMs = counts === null ? undefined : (own?.newestSoundMs ?? null);
    const newestDoubtedMs = own?.newestDoubtedMs ?? null;
    const { freshness, expectedByMs, why } = judgeFreshness({ newestMs, newestDoubtedMs, expectEveryMs, nowMs });
    return {
      series,
      vault,
      freshness,
      why: freshness === 'empty' ? emptyWords(own?.stored ?? 0, state.lastPass !== null || stateProblem !== null) : why,
      newest: newestMs == null ? null : formatUtc(newestMs),
      expectedBy: expectedByMs === null ? null : formatUtc(expectedByMs),
      stored: own?.stored ?? nothing,
      storedBytes: own?.storedBytes ?? nothing,
      wanted: own?.wanted ?? nothing,
      wantedBytes: own?.wantedBytes ?? nothing,
      held: own?.held ?? nothing,
      unavailable: own?.unavailable ?? nothing,
      oldestVerified: utcOrNull(own?.oldestVerifiedMs),
      // When it was hashed is not known of one that was hashed later than now; if now is what is wrong, it is known well enough.
      overdueForScrub: own === undefined ? nothing : own.overdueForScrub + (isDoubtful ? 0 : own.verifiedAhead),
      unwanted: own?.unwanted ?? nothing,
      pinned: own?.pinned ?? nothing,
      announced: announcedRow(own, config.retention.announceMs),
      frozen: freezes.filter((freeze) => freeze.series === series && freeze.vault === vault).map(freezeJson),
    };
  });
}

function announcedRow(own: SeriesCounts | undefined, announceMs: number): StatusSeriesJson['announced'] {
  if (own === undefined || own.firstAnnouncedMs === null) return null;
  return { count: own.announced, bytes: own.announcedBytes, firstDue: formatUtc(own.firstAnnouncedMs + announceMs) };
}

const NOTHING_SOUND =
  'no archive on the disk counts: they are damaged, suspect, replacements of others, or no vault has told their time';

function emptyWords(stored: number, passed: boolean): string {
  if (stored > 0) return NOTHING_SOUND;
  return passed ? 'no archive yet' : 'no archive yet; no pass has run';
}

function storeRow(facts: StatusFacts): StatusJson['store'] {
  const { config, disk, diskProblem } = facts;
  return {
    path: config.store.path,
    state: storeState(disk, diskProblem),
    storeId: disk?.storeId ?? null,
    filesystem: disk?.filesystem ?? null,
    totalBytes: disk?.totalBytes ?? null,
    freeBytes: disk?.freeBytes ?? null,
    minFreeBytes: disk === null ? null : sizeLimitBytes(config.store.minFree, disk.totalBytes),
    waiting: findFullDisk(facts)?.waiting ?? null,
    problem: diskProblem,
  };
}

function storeState(disk: DiskFacts | null, problem: Problem | null): StatusJson['store']['state'] {
  if (problem !== null) {
    if (problem.code === 'STORE_MISSING' || problem.code === 'STORE_NOT_INITIALISED') return 'missing';
    return problem.code === 'STORE_WRONG' ? 'wrong' : 'unusable';
  }
  if (disk === null) return 'unusable';
  return disk.readOnly ? 'read-only' : 'good';
}

function lastPassRow({ state, config }: StatusFacts): LastPassJson | null {
  if (state.lastPass === null) return null;
  const { startedAt, endedAt, stopped } = state.lastPass;
  return {
    startedAt: formatUtc(startedAt),
    endedAt: formatUtc(endedAt),
    stopped: stopped === null ? null : problemRow(stopped),
    vaults: config.vaults.map(({ name }) => {
      const vault = state.vaults[name];
      return {
        vault: name,
        lastGoodPassAt: utcOrNull(vault?.lastGoodPassAt),
        lastFullListingAt: utcOrNull(vault?.lastFullListingAt),
        problem: vault?.lastError == null ? null : problemRow(vault.lastError),
      };
    }),
  };
}

function stalePasses({ config, state, nowMs }: StatusFacts): StalePasses | null {
  return findStalePasses(
    config.vaults.map(({ name }) => name),
    state,
    nowMs,
  );
}

function stalePassesRow(facts: StatusFacts): StatusJson['stalePasses'] {
  const stale = stalePasses(facts);
  return stale === null ? null : { vaults: [...stale.vaults], since: formatUtc(stale.sinceMs), next: stale.next };
}

function utcOrNull(atMs: number | null | undefined): string | null {
  return atMs == null ? null : formatUtc(atMs);
}

/** A later release may have written a code that this one does not know. */
function problemRow({ code, message, hint }: { code: string; message: string; hint: string }): ProblemJson {
  return { code: isKnownCode(code) ? code : 'INTERNAL', message, hint };
}

function isKnownCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERROR_KINDS, code);
}

/** What the last pass met, each problem once. */
function lastProblems(facts: StatusFacts): ProblemJson[] {
  const row = lastPassRow(facts);
  if (row === null) return [];
  const all = [...(row.stopped === null ? [] : [row.stopped]), ...row.vaults.flatMap(({ problem }) => problem ?? [])];
  return all.filter((one, index) => all.findIndex(({ message }) => message === one.message) === index);
}

function judge(facts: StatusFacts, series: readonly StatusSeriesJson[]): StatusJson['verdict'] {
  const problems = lastProblems(facts);
  const mendsItself = ({ code }: Problem) => ERROR_KINDS[code].retry || code === 'INTERRUPTED';
  const diskNeedsOwner = facts.diskProblem !== null && ERROR_KINDS[facts.diskProblem.code].exit !== EXIT.temporary;
  const isLate = series.some((one) => one.freshness === 'overdue' || isExpectedButEmpty(one, facts));
  const remembered = facts.counts === null && facts.state.attention.length > 0;
  const isOpen = remembered || attentionGroups(facts.attention, facts.freezes, facts.crowded).length > 0;
  if (diskNeedsOwner || isLate || isOpen || stalePasses(facts) !== null || problems.some((one) => !mendsItself(one)))
    return 'needs-owner';
  if (facts.diskProblem !== null || facts.disk?.readOnly === true || problems.length > 0) return 'temporary';
  if (findFullDisk(facts) !== null) return 'temporary';
  if (clockDoubt(facts) !== null) return 'temporary';
  // Nobody knows whether these are still right; the next scrub tells.
  if (overdueForScrub(series) > 0) return 'temporary';
  // The next pass writes it anew; until then nothing is known of the passes.
  if (facts.stateProblem !== null) return 'temporary';
  return 'good';
}

/** How long ago an archive may have been hashed last. Milliseconds. */
export function scrubbedBeforeMs(config: Pick<Config, 'retention'>, nowMs: number): number {
  return nowMs - SCRUB_GRACE * config.retention.scrubEveryMs;
}

function overdueForScrub(series: readonly StatusSeriesJson[]): number {
  return series.reduce((sum, one) => sum + (one.overdueForScrub ?? 0), 0);
}

/** Nothing there although something is expected and a pass has looked. */
function isExpectedButEmpty({ freshness, series, vault }: StatusSeriesJson, { config, state }: StatusFacts): boolean {
  const expected = config.series.some(
    (one) => one.name === series && one.vault === vault && one.expectEveryMs !== null,
  );
  const looked = state.vaults[vault]?.lastFullListingAt != null;
  return freshness === 'empty' && expected && looked;
}

/** One sentence: what a person wants to know first. */
function summarise(facts: StatusFacts, series: readonly StatusSeriesJson[], verdict: StatusJson['verdict']): string {
  const parts = [...alarms(facts, series), ...reassurance(facts, series)];
  const lead = { good: '', temporary: 'Waiting: ', 'needs-owner': 'Needs you: ' }[verdict];
  const sentence = `${lead}${parts.join('; ')}.`;
  return `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}`;
}

function alarms(facts: StatusFacts, series: readonly StatusSeriesJson[]): string[] {
  const { diskProblem, disk, attention, freezes, nowMs } = facts;
  const { stopped, vaults } = lastPassRow(facts) ?? { stopped: null, vaults: [] };
  const troubledBy = (isSkew: boolean) =>
    vaults.flatMap(({ vault, problem }) =>
      problem !== null && (problem.code === 'VAULT_CLOCK_SKEW') === isSkew ? [vault] : [],
    );
  const [skewed, troubled] = [troubledBy(true), troubledBy(false)];
  const words: string[] = [];
  const doubt = clockDoubt(facts);
  // Whoever reads on should know what the times below are worth.
  if (doubt !== null) words.push(doubt.message);
  else if (skewed.length > 0)
    words.push(`by the last pass, the clocks of this machine and of ${skewed.join(', ')} differ`);
  if (diskProblem !== null) words.push(diskProblem.message);
  else if (disk?.readOnly === true) words.push('the disk is mounted read-only');
  const full = findFullDisk(facts);
  if (full !== null) words.push(full.words);
  for (const one of series) {
    if (one.freshness === 'overdue' && one.expectedBy !== null) {
      words.push(`${label(one)} is overdue by ${formatDuration(nowMs - Date.parse(one.expectedBy))}`);
    } else if (isExpectedButEmpty(one, facts)) {
      words.push(`${label(one)} has ${one.stored ? 'no archive that counts' : 'no archive yet'}`);
    }
  }
  if (facts.counts === null) words.push(...facts.state.attention.map(({ text }) => text));
  words.push(...attentionGroups(attention, freezes, facts.crowded).map(countWords));
  if (stopped !== null) words.push('the last pass was stopped');
  const untold = troubled.filter((vault) => full === null || !isFullFor(facts.state, vault));
  if (stopped === null && untold.length > 0) words.push(`the last pass had a problem with ${untold.join(', ')}`);
  const stale = stalePasses(facts);
  if (stale !== null) {
    const over = stale.vaults.length === facts.config.vaults.length ? '' : ` over ${stale.vaults.join(', ')}`;
    words.push(`no pass${over} without a problem for ${formatDuration(nowMs - stale.sinceMs)}`);
  }
  const unhashed = overdueForScrub(series);
  if (unhashed > 0) {
    const agoMs = nowMs - scrubbedBeforeMs(facts.config, nowMs);
    const what = unhashed === 1 ? '1 archive has' : `${unhashed} archives have`;
    const isGuessed = facts.counts?.some(({ verifiedAhead }) => verifiedAhead > 0);
    words.push(
      `${what} not been hashed for more than ${formatDuration(agoMs)}${isGuessed ? ', as far as is known' : ''}`,
    );
  }
  if (facts.stateProblem !== null) words.push(facts.stateProblem);
  return words;
}

function reassurance(facts: StatusFacts, series: readonly StatusSeriesJson[]): string[] {
  const { counts, disk, nowMs, state, stateProblem, config } = facts;
  const { lastPass } = state;
  const isDoubtful = clockDoubt(facts) !== null;
  if (counts === null) {
    if (lastPass === null) return ['no pass is known'];
    const when = isDoubtful ? `at ${timeWords(lastPass.endedAt)}` : `${formatDuration(nowMs - lastPass.endedAt)} ago`;
    return [`the last pass ended ${when}`];
  }
  const words: string[] = [];
  const fresh = series.filter((one) => one.freshness === 'fresh').length;
  if (fresh > 0 && !isDoubtful) words.push(freshWords(fresh, config.series));
  const stored = counts.reduce((sum, one) => sum + one.stored, 0);
  // What lies outside the series, a stray upload say, is no news of a backup.
  const isWatched = (one: SeriesCounts) =>
    config.series.some(({ name, vault }) => name === one.series && vault === one.vault);
  const watched = config.series.length === 0 ? counts : counts.filter(isWatched);
  const newestMs = Math.max(...watched.map((one) => one.newestSoundMs ?? Number.NEGATIVE_INFINITY));
  if (stored === 0) words.push(noArchiveWords(lastPass !== null, stateProblem !== null));
  else if (watched.every((one) => one.stored === 0)) words.push('no archive of a series is on the disk');
  else if (newestMs === Number.NEGATIVE_INFINITY) words.push(NOTHING_SOUND);
  else if (isDoubtful) words.push(`newest verified copy of ${timeWords(newestMs)}`);
  else words.push(`newest verified copy ${formatDuration(Math.max(0, nowMs - newestMs))} old`);
  if (config.series.length === 0 && stored > 0) words.push('no series is configured, so nothing is expected');
  if (disk !== null) words.push(`${formatBytes(disk.freeBytes)} free`);
  return words;
}

/** Without its memory this machine cannot say that no pass has run. */
function noArchiveWords(passed: boolean, forgotten: boolean): string {
  return passed || forgotten ? 'no archive is on the disk yet' : 'no pass has run yet';
}

/** Of a series without `expectEvery` nobody knows whether it is fresh, so it is not taken for that. */
function freshWords(fresh: number, configured: StatusFacts['config']['series']): string {
  const all = configured.length;
  if (fresh === all) return all === 1 ? 'the series is fresh' : `all ${all} series are fresh`;
  const unjudged = configured.filter(({ expectEveryMs }) => expectEveryMs === null).length;
  const words = `${fresh} of ${all} series ${fresh === 1 ? 'is' : 'are'} fresh`;
  return unjudged === 0 ? words : `${words}, ${unjudged} ${unjudged === 1 ? 'has' : 'have'} no expectEvery`;
}

function label({ series, vault }: StatusSeriesJson): string {
  return series ?? `vault ${vault} outside the series`;
}
