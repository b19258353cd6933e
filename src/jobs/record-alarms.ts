import type { PassReport, Problem, VaultReport } from '../core/pass-report.ts';
import type { Catalog } from '../store/catalog/catalog.ts';

/**
 * Appends to the history what a pass was kept from: `vault.problem` when the trouble of a vault begins or becomes another one,
 * `vault.recovered` when it ends, `pass.stopped`. Trouble that lasts is written once.
 *
 * @throws AppError of the catalog
 */
export function recordAlarms(catalog: Catalog, report: PassReport): void {
  catalog.transaction(() => {
    for (const { vault, problem, listing } of report.vaults) {
      // An interrupted pass learned nothing about a vault that it had no problem with until then.
      if (problem?.code === 'INTERRUPTED' || (problem === null && report.stopped !== null)) continue;
      catalog.setFact(listingFact(vault), listingWord(listing, problem));
      const fact = vaultProblemFact(vault);
      const former = catalog.fact(fact);
      const change = noteProblem(catalog, fact, problem);
      // Archives that vanished are no less gone because the next listing no longer misses them.
      if (change === null || (change === 'ended' && former === 'VAULT_LISTING_SHRUNK')) continue;
      const event = change === 'began' ? 'vault.problem' : 'vault.recovered';
      catalog.history.append({ actor: 'sync', event, vault, detail: detailOf(problem) }, report.endedAtMs);
    }
    if (noteProblem(catalog, 'pass_stopped', report.stopped) !== 'began') return;
    catalog.history.append(
      { actor: 'sync', event: 'pass.stopped', detail: detailOf(report.stopped) },
      report.endedAtMs,
    );
  });
}

const SHRUNK: ReadonlySet<string> = new Set(['VAULT_LISTING_EMPTY', 'VAULT_LISTING_SHRUNK']);

/** The fact of the catalog that says what the last listing of a vault was: 'whole', 'shrunk' or 'failed'; whatever the pass met after it. */
export function listingFact(vault: string): string {
  return `vault_listing:${vault}`;
}

function listingWord(listing: VaultReport['listing'], problem: Problem | null): 'whole' | 'shrunk' | 'failed' {
  if (SHRUNK.has(problem?.code ?? '')) return 'shrunk';
  return listing === 'failed' ? 'failed' : 'whole';
}

/** The fact of the catalog that holds the code of what a vault's last pass was kept from; '' or null: of nothing. */
function vaultProblemFact(vault: string): string {
  return `vault_problem:${vault}`;
}

/** Remembers a problem by its code: a message may hold a number that is another one each time, and every write wakes the disk. */
function noteProblem(catalog: Catalog, fact: string, problem: Problem | null): 'began' | 'ended' | null {
  const code = problem?.code ?? '';
  if ((catalog.fact(fact) ?? '') === code) return null;
  catalog.setFact(fact, code);
  return problem === null ? 'ended' : 'began';
}

function detailOf(problem: Problem | null): Record<string, string> {
  return problem === null ? {} : { code: problem.code, message: problem.message };
}
