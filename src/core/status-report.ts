import { attentionGroups, freezeJson } from './attention-groups.ts';
import { clockDoubt } from './clock-doubt.ts';
import { ERROR_KINDS, type ErrorCode } from './errors.ts';
import { judgeFreshness, NOTHING_COUNTS } from './freshness.ts';
import { findFullDisk } from './full-disk.ts';
import type { ProblemJson } from './output-schemas.ts';
import type { Problem } from './pass-report.ts';
import type { SeriesCounts } from './series-counts.ts';
import { sizeLimitBytes } from './size.ts';
import { findStalePasses, type StalePasses } from './stale-passes.ts';
import type { LastPassJson, StatusJson, StatusSeriesJson } from './status-document.ts';
import type { DiskFacts, StatusFacts, StatusFindings } from './status-facts.ts';
import { statusSentence } from './status-sentence.ts';
import { judgeStatus } from './status-verdict.ts';
import { formatUtc } from './zoned-time.ts';

/** What `status` says, for programs; `summary` is its one sentence. */
export function buildStatus(facts: StatusFacts): StatusJson {
  const findings = findingsOf(facts);
  const verdict = judgeStatus(facts, findings);
  return {
    v: 1,
    at: formatUtc(facts.nowMs),
    verdict,
    summary: statusSentence(facts, findings, verdict),
    clockProblem: findings.clockDoubt,
    unfinished: facts.unfinished ?? null,
    copyProblem: facts.copyProblem ?? null,
    store: storeRow(facts, findings),
    series: findings.series,
    attention: findings.attention,
    quarantine: facts.quarantine,
    lastPass: findings.lastPass,
    stalePasses: stalePassesRow(findings.stalePasses),
    stateProblem: facts.stateProblem,
    remembered:
      facts.counts === null ? facts.state.attention.map(({ text, since }) => ({ text, since: formatUtc(since) })) : [],
  };
}

function findingsOf(facts: StatusFacts): StatusFindings {
  const { config, state, nowMs } = facts;
  const doubt = clockDoubt(facts);
  const vaults = config.vaults.map(({ name }) => name);
  return {
    clockDoubt: doubt,
    fullDisk: findFullDisk(facts),
    stalePasses: findStalePasses(vaults, state, nowMs, neverPassedSince(facts)),
    series: seriesRows(facts, doubt !== null),
    attention: attentionGroups(facts.attention, facts.freezes, facts.crowded),
    lastPass: lastPassRow(facts),
  };
}

/** Since when no pass has run at all, or null. Where there are archives, it is the memory of the passes that was lost. */
function neverPassedSince({ disk, counts, state, stateProblem }: StatusFacts): number | null {
  const hasNothing = counts?.every(({ stored }) => stored === 0) === true;
  return state.lastPass === null && stateProblem === null && hasNothing ? (disk?.madeAtMs ?? null) : null;
}

const SERIES_CHANGED = 'the configuration of the series has changed; the next pass sorts the archives into them';

function seriesRows(facts: StatusFacts, isClockDoubtful: boolean): StatusSeriesJson[] {
  const { config, counts, freezes, nowMs, state, stateProblem } = facts;
  const configured = config.series.map(({ name, vault, expectEveryMs }) => ({ series: name, vault, expectEveryMs }));
  // Archives of a vault or series that the configuration no longer names are still there, and shown.
  // So are freezes of what has no archive any more: only the owner ends them.
  const others: { series: string | null; vault: string; expectEveryMs: null }[] = [];
  for (const { series, vault } of [...(counts ?? []), ...freezes]) {
    const isSame = (one: { series: string | null; vault: string }) => one.series === series && one.vault === vault;
    if (![...configured, ...others].some(isSame)) others.push({ series, vault, expectEveryMs: null });
  }
  return [...configured, ...others].map(({ series, vault, expectEveryMs }) => {
    const own = counts?.find((one) => one.series === series && one.vault === vault);
    const isUncounted = counts !== null && own === undefined && facts.seriesChanged === true;
    // A catalog that was not read says nothing, not even zero, nor does one that was sorted by other series.
    const nothing = counts === null || isUncounted ? null : 0;
    const newestMs = counts === null || isUncounted ? undefined : (own?.newestSoundMs ?? null);
    const newestDoubtedMs = own?.newestDoubtedMs ?? null;
    const judged = judgeFreshness({ newestMs, newestDoubtedMs, expectEveryMs, nowMs });
    const { freshness, expectedByMs } = judged;
    const why = isUncounted ? SERIES_CHANGED : judged.why;
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
      overdueForScrub: own === undefined ? nothing : own.overdueForScrub + (isClockDoubtful ? 0 : own.verifiedAhead),
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

function emptyWords(stored: number, passed: boolean): string {
  if (stored > 0) return NOTHING_COUNTS;
  return passed ? 'no archive yet' : 'no archive yet; no pass has run';
}

function storeRow({ config, disk, diskProblem }: StatusFacts, { fullDisk }: StatusFindings): StatusJson['store'] {
  return {
    path: config.store.path,
    state: storeState(disk, diskProblem),
    storeId: disk?.storeId ?? null,
    filesystem: disk?.filesystem ?? null,
    totalBytes: disk?.totalBytes ?? null,
    freeBytes: disk?.freeBytes ?? null,
    minFreeBytes: disk === null ? null : sizeLimitBytes(config.store.minFree, disk.totalBytes),
    waiting: fullDisk?.waiting ?? null,
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

function stalePassesRow(stale: StalePasses | null): StatusJson['stalePasses'] {
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
