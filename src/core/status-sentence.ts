import { countWords } from './attention-groups.ts';
import { formatDuration } from './duration.ts';
import { NOTHING_COUNTS } from './freshness.ts';
import { isFullFor } from './full-disk.ts';
import { scrubbedBeforeMs } from './scrubbed-before.ts';
import type { SeriesCounts } from './series-counts.ts';
import { formatBytes } from './size.ts';
import type { StatusJson, StatusSeriesJson } from './status-document.ts';
import type { StatusFacts, StatusFindings } from './status-facts.ts';
import { isExpectedButEmpty, overdueForScrub } from './status-verdict.ts';
import { timeWords } from './trusted-now.ts';

/** One sentence: what a person wants to know first. */
export function statusSentence(facts: StatusFacts, findings: StatusFindings, verdict: StatusJson['verdict']): string {
  const parts = [...alarms(facts, findings), ...reassurance(facts, findings)];
  const lead = { good: '', temporary: 'Waiting: ', 'needs-owner': 'Needs you: ' }[verdict];
  const sentence = `${lead}${parts.join('; ')}.`;
  return `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}`;
}

function alarms(facts: StatusFacts, findings: StatusFindings): string[] {
  return [
    // Whoever reads on should know what the times below are worth.
    ...clockAlarms(findings),
    ...diskAlarms(facts, findings),
    ...catalogAlarms(facts),
    ...findings.series.flatMap((one) => lateWords(one, facts) ?? []),
    ...(facts.counts === null ? facts.state.attention.map(({ text }) => text) : []),
    ...findings.attention.map(countWords),
    ...passAlarms(facts, findings),
    ...scrubAlarms(facts, findings),
    ...(facts.seriesChanged === true
      ? ['the series have changed in the configuration, and the next pass sorts the archives into them']
      : []),
    ...(facts.stateProblem === null ? [] : [facts.stateProblem]),
  ];
}

function clockAlarms({ clockDoubt, lastPass }: StatusFindings): string[] {
  if (clockDoubt !== null) return [clockDoubt.message];
  const skewed = (lastPass?.vaults ?? []).filter(({ problem }) => problem?.code === 'VAULT_CLOCK_SKEW');
  if (skewed.length === 0) return [];
  return [`by the last pass, the clocks of this machine and of ${skewed.map(({ vault }) => vault).join(', ')} differ`];
}

function diskAlarms({ diskProblem, disk }: StatusFacts, { fullDisk }: StatusFindings): string[] {
  const words: string[] = [];
  if (diskProblem !== null) words.push(diskProblem.message);
  else if (disk?.readOnly === true) words.push('the disk is mounted read-only');
  if (fullDisk !== null) words.push(fullDisk.words);
  return words;
}

function catalogAlarms({ unfinished, copyProblem }: StatusFacts): string[] {
  return [
    ...(unfinished == null ? [] : [unfinished.message]),
    ...(copyProblem == null ? [] : ['the copy of the catalog in the state directory could not be renewed']),
  ];
}

/** null: nothing of the series is late. */
function lateWords(one: StatusSeriesJson, facts: StatusFacts): string | null {
  if (one.freshness === 'overdue' && one.expectedBy !== null) {
    return `${label(one)} is overdue by ${formatDuration(facts.nowMs - Date.parse(one.expectedBy))}`;
  }
  if (!isExpectedButEmpty(one, facts)) return null;
  return `${label(one)} has ${one.stored ? 'no archive that counts' : 'no archive yet'}`;
}

function passAlarms({ config, state, nowMs }: StatusFacts, findings: StatusFindings): string[] {
  const { lastPass, fullDisk, stalePasses } = findings;
  const words: string[] = [];
  // Of the clocks and of a full disk is told above.
  const troubled = (lastPass?.vaults ?? [])
    .filter(({ problem }) => problem !== null && problem.code !== 'VAULT_CLOCK_SKEW')
    .map(({ vault }) => vault)
    .filter((vault) => fullDisk === null || !isFullFor(state, vault));
  if (lastPass !== null && lastPass.stopped !== null) words.push('the last pass was stopped');
  else if (troubled.length > 0) words.push(`the last pass had a problem with ${troubled.join(', ')}`);
  if (stalePasses !== null) {
    const over = stalePasses.vaults.length === config.vaults.length ? '' : ` over ${stalePasses.vaults.join(', ')}`;
    words.push(`no pass${over} without a problem for ${formatDuration(nowMs - stalePasses.sinceMs)}`);
  }
  return words;
}

function scrubAlarms({ config, counts, nowMs }: StatusFacts, { series }: StatusFindings): string[] {
  const unhashed = overdueForScrub(series);
  if (unhashed === 0) return [];
  const agoMs = nowMs - scrubbedBeforeMs(config, nowMs);
  const what = unhashed === 1 ? '1 archive has' : `${unhashed} archives have`;
  const isGuessed = counts?.some(({ verifiedAhead }) => verifiedAhead > 0);
  return [`${what} not been hashed for more than ${formatDuration(agoMs)}${isGuessed ? ', as far as is known' : ''}`];
}

function reassurance(facts: StatusFacts, { series, clockDoubt }: StatusFindings): string[] {
  const { counts, disk, config } = facts;
  const isDoubtful = clockDoubt !== null;
  if (counts === null) return [lastPassWords(facts, isDoubtful)];
  const words: string[] = [];
  const fresh = series.filter((one) => one.freshness === 'fresh').length;
  if (fresh > 0 && !isDoubtful) words.push(freshWords(fresh, config.series));
  words.push(newestWords(counts, facts, isDoubtful));
  if (config.series.length === 0 && counts.some(({ stored }) => stored > 0))
    words.push('no series is configured, so nothing is expected');
  if (disk !== null) words.push(`${formatBytes(disk.freeBytes)} free`);
  return words;
}

function lastPassWords({ state: { lastPass }, nowMs }: StatusFacts, isDoubtful: boolean): string {
  if (lastPass === null) return 'no pass is known';
  const when = isDoubtful ? `at ${timeWords(lastPass.endedAt)}` : `${formatDuration(nowMs - lastPass.endedAt)} ago`;
  return `the last pass ended ${when}`;
}

function newestWords(counts: readonly SeriesCounts[], facts: StatusFacts, isDoubtful: boolean): string {
  const { config, state, stateProblem, nowMs } = facts;
  if (counts.every(({ stored }) => stored === 0)) {
    if (facts.unfinished != null) return 'no archive is in the catalog yet';
    // Without its memory this machine cannot say that no pass has run.
    const mayHavePassed = state.lastPass !== null || stateProblem !== null;
    return mayHavePassed ? 'no archive is on the disk yet' : 'no pass has run yet';
  }
  // What lies outside the series, a stray upload say, is no news of a backup.
  const isWatched = (one: SeriesCounts) =>
    config.series.some(({ name, vault }) => name === one.series && vault === one.vault);
  const watched = config.series.length === 0 || facts.seriesChanged === true ? counts : counts.filter(isWatched);
  if (watched.every(({ stored }) => stored === 0)) return 'no archive of a series is on the disk';
  const newestMs = Math.max(...watched.map((one) => one.newestSoundMs ?? Number.NEGATIVE_INFINITY));
  if (newestMs === Number.NEGATIVE_INFINITY) return NOTHING_COUNTS;
  if (isDoubtful) return `newest verified copy of ${timeWords(newestMs)}`;
  return `newest verified copy ${formatDuration(Math.max(0, nowMs - newestMs))} old`;
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
