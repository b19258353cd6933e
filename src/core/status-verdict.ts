import { ERROR_KINDS, EXIT, type ExitStatus } from './errors.ts';
import type { ProblemJson } from './output-schemas.ts';
import type { Problem } from './pass-report.ts';
import type { LastPassJson, StatusJson, StatusSeriesJson } from './status-document.ts';
import type { StatusFacts, StatusFindings } from './status-facts.ts';

/** Does the owner have to do something, is it enough to wait, or is everything as it should be? */
export function judgeStatus(facts: StatusFacts, findings: StatusFindings): StatusJson['verdict'] {
  const { series, attention, clockDoubt, fullDisk, stalePasses } = findings;
  const problems = lastProblems(findings.lastPass);
  // It is tried again as for a disk that is away, but only the store's owner can end that.
  const isForbidden = ({ code }: Problem) => code === 'STORE_FORBIDDEN';
  const mendsItself = (problem: Problem) =>
    (ERROR_KINDS[problem.code].retry && !isForbidden(problem)) || problem.code === 'INTERRUPTED';
  const copyNeedsOwner = facts.copyProblem != null && !mendsItself(facts.copyProblem);
  const { diskProblem } = facts;
  const diskNeedsOwner =
    diskProblem !== null && (ERROR_KINDS[diskProblem.code].exit !== EXIT.temporary || isForbidden(diskProblem));
  const isLate = series.some((one) => one.freshness === 'overdue' || isExpectedButEmpty(one, facts));
  const remembered = facts.counts === null && facts.state.attention.length > 0;
  const isOpen = remembered || attention.length > 0;
  if (
    diskNeedsOwner ||
    copyNeedsOwner ||
    isLate ||
    isOpen ||
    stalePasses !== null ||
    problems.some((one) => !mendsItself(one))
  )
    return 'needs-owner';
  if (diskProblem !== null || facts.disk?.readOnly === true || problems.length > 0) return 'temporary';
  if (fullDisk !== null || clockDoubt !== null) return 'temporary';
  if (facts.unfinished != null) return 'temporary';
  if (facts.seriesChanged === true) return 'temporary';
  // Nobody knows whether these are still right; the next scrub tells.
  if (overdueForScrub(series) > 0) return 'temporary';
  // The next pass writes it anew; until then nothing is known of the passes.
  if (facts.stateProblem !== null) return 'temporary';
  return 'good';
}

export function statusExit(verdict: StatusJson['verdict']): ExitStatus {
  return { good: EXIT.done, temporary: EXIT.temporary, 'needs-owner': EXIT.needsOwner }[verdict];
}

/** How many archives of all series were last hashed too long ago. */
export function overdueForScrub(series: readonly StatusSeriesJson[]): number {
  return series.reduce((sum, one) => sum + (one.overdueForScrub ?? 0), 0);
}

/** Nothing there although something is expected and a pass has looked. */
export function isExpectedButEmpty(
  { freshness, series, vault }: StatusSeriesJson,
  { config, state }: Pick<StatusFacts, 'config' | 'state'>,
): boolean {
  const expected = config.series.some(
    (one) => one.name === series && one.vault === vault && one.expectEveryMs !== null,
  );
  const looked = state.vaults[vault]?.lastFullListingAt != null;
  return freshness === 'empty' && expected && looked;
}

/** What stopped the last pass, and what it met in the vaults. */
function lastProblems(lastPass: LastPassJson | null): ProblemJson[] {
  if (lastPass === null) return [];
  const { stopped, vaults } = lastPass;
  return [...(stopped === null ? [] : [stopped]), ...vaults.flatMap(({ problem }) => problem ?? [])];
}
