import { ERROR_KINDS, EXIT, type ExitStatus } from './errors.ts';
import type { PassReport } from './pass-report.ts';

/** What a caller has to hear first when several things are wrong, the most important first. */
const BY_WEIGHT: readonly ExitStatus[] = [
  EXIT.usage,
  EXIT.configuration,
  EXIT.needsOwner,
  EXIT.failed,
  EXIT.temporary,
  EXIT.done,
];

/** The one exit status for many outcomes: configuration before what needs the owner, before failures, before what passes by itself. */
export function worstExit(statuses: Iterable<ExitStatus>): ExitStatus {
  let worst = BY_WEIGHT.length - 1;
  for (const status of statuses) worst = Math.min(worst, BY_WEIGHT.indexOf(status));
  return BY_WEIGHT[worst] ?? EXIT.done;
}

/** The exit status of `sync`: what the pass met, and whether anything in the catalog needs the owner. */
export function passExitStatus(report: PassReport, needsOwner: boolean): ExitStatus {
  const codes = [
    ...(report.stopped === null ? [] : [report.stopped.code]),
    ...report.vaults.flatMap(({ problem, failures }) =>
      [...(problem === null ? [] : [problem]), ...failures].map((one) => one.code),
    ),
  ];
  return worstExit([...codes.map((code) => ERROR_KINDS[code].exit), needsOwner ? EXIT.needsOwner : EXIT.done]);
}
