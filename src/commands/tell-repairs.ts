import { ERROR_KINDS, type ExitStatus } from '../core/errors.ts';
import { worstExit } from '../core/exit-status.ts';
import { FirstOfMany } from '../core/first-of-many.ts';
import type { Problem } from '../core/pass-report.ts';
import type { RepairResult } from '../jobs/repair-archives.ts';
import { describeArchive } from '../jobs/select-archive.ts';
import type { ArchiveRow } from '../store/catalog/archive-row.ts';
import type { Output } from './output.ts';
import { tellSome } from './tell-some.ts';

/** What the repair of all vaults came to. */
export interface Repairs extends Omit<RepairResult, 'stopped' | 'quarantined'> {
  /** What ended the repair of a vault early. */
  readonly stopped: readonly Problem[];
}

export function gatherRepairs(results: readonly RepairResult[]): Repairs {
  return {
    repaired: together(results.map(({ repaired }) => repaired)),
    recovered: together(results.map(({ recovered }) => recovered)),
    lost: together(results.map(({ lost }) => lost)),
    failures: results.flatMap(({ failures }) => failures),
    stopped: results.flatMap(({ stopped }) =>
      stopped === null ? [] : [{ code: stopped.code, message: stopped.message, hint: stopped.hint }],
    ),
  };
}

function together<T>(all: readonly FirstOfMany<T>[]): FirstOfMany<T> {
  const sum = new FirstOfMany<T>();
  for (const one of all) sum.addAll(one);
  return sum;
}

export function repairsJson({ repaired, recovered, lost, failures, stopped }: Repairs) {
  return {
    counts: { repaired: repaired.count, recovered: recovered.count, lost: lost.count },
    repaired: repaired.first.map(({ archive, source, quarantined }) => ({
      ...namedJson(archive),
      source,
      quarantined,
    })),
    recovered: recovered.first.map(namedJson),
    lost: lost.first.map(namedJson),
    failures: [...failures],
    stopped: [...stopped],
  };
}

/** Of what kept archives from being repaired; that some are still damaged is for the caller to say. */
export function repairsExit({ failures, stopped }: Repairs): ExitStatus {
  return worstExit([...failures, ...stopped].map(({ code }) => ERROR_KINDS[code].exit));
}

export function tellRepairs({ repaired, recovered, lost, failures, stopped }: Repairs, out: Output): void {
  tellSome(repaired, out, ({ archive, source, quarantined }) => {
    const where = quarantined === null ? '' : `; the bad file is .pullmirror/quarantine/${quarantined}.data`;
    out.line(`Repaired: ${describeArchive(archive)}, from ${source}${where}`);
  });
  tellSome(recovered, out, (archive) => out.line(`Right again by itself: ${describeArchive(archive)}`));
  tellSome(lost, out, (archive) =>
    out.line(`NOT repaired: ${describeArchive(archive)}: neither the vault nor this disk has its content any more`),
  );
  const unrepaired = new FirstOfMany<Problem>();
  for (const one of [...failures, ...stopped]) unrepaired.add(one);
  tellSome(unrepaired, out, ({ message, hint }) => {
    out.line(`NOT repaired: ${message}`);
    out.line(`  next: ${hint}`);
  });
}

function namedJson({ id, vault, key }: ArchiveRow) {
  return { archiveId: id, vault, key };
}
