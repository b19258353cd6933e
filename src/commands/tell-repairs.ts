import { ERROR_KINDS, type ExitStatus } from '../core/errors.ts';
import { worstExit } from '../core/exit-status.ts';
import type { Problem } from '../core/pass-report.ts';
import type { RepairResult } from '../jobs/repair-archives.ts';
import { describeArchive } from '../jobs/select-archive.ts';
import type { ArchiveRow } from '../store/catalog/archive-row.ts';
import type { Output } from './output.ts';

/** What the repair of all vaults came to. */
export interface Repairs extends Omit<RepairResult, 'stopped'> {
  /** What ended the repair of a vault early. */
  readonly stopped: readonly Problem[];
}

const SHOWN = 100;

export function gatherRepairs(results: readonly RepairResult[]): Repairs {
  return {
    repaired: results.flatMap(({ repaired }) => repaired),
    recovered: results.flatMap(({ recovered }) => recovered),
    lost: results.flatMap(({ lost }) => lost),
    failures: results.flatMap(({ failures }) => failures),
    stopped: results.flatMap(({ stopped }) =>
      stopped === null ? [] : [{ code: stopped.code, message: stopped.message, hint: stopped.hint }],
    ),
  };
}

export function repairsJson({ repaired, recovered, lost, failures, stopped }: Repairs) {
  return {
    repaired: repaired.map(({ archive, source, quarantined }) => ({ ...namedJson(archive), source, quarantined })),
    recovered: recovered.map(namedJson),
    lost: lost.map(namedJson),
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
  tellSome([...failures, ...stopped], out, ({ message, hint }) => {
    out.line(`NOT repaired: ${message}`);
    out.line(`  next: ${hint}`);
  });
}

function tellSome<T>(all: readonly T[], out: Output, tell: (one: T) => void): void {
  for (const one of all.slice(0, SHOWN)) tell(one);
  if (all.length > SHOWN) out.line(`  … and ${all.length - SHOWN} more`);
}

function namedJson({ id, vault, key }: ArchiveRow) {
  return { archiveId: id, vault, key };
}
