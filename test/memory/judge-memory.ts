import { timedRun } from '../support/timed-run.ts';

/** Peak resident memory of the program, whatever the number and size of archives. */
const BUDGET_MIB = 120;

/**
 * Runs a command and prints what it cost. Of one that took more than the budget the exit status of the script tells; it goes on. Throws when the
 * command ends in any other way than expected.
 *
 * @param dir for the notes of GNU time
 * @param status with which it has to exit
 */
export function judgeMemory(what: string, command: readonly string[], dir: string, status = 0): void {
  const { wallS, cpuS, peakMiB } = timedRun(command, dir, { status });
  const isWithin = peakMiB < BUDGET_MIB;
  if (!isWithin) process.exitCode = 1;
  const figures = `peak ${peakMiB.toFixed(1)} MiB of ${BUDGET_MIB}, ${wallS.toFixed(1)} s wall, ${cpuS.toFixed(1)} s CPU`;
  process.stdout.write(`${isWithin ? 'ok' : 'NOT OK'} ${what}: ${figures}\n`);
}
