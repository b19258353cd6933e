import pLimit from 'p-limit';
import { HOUR_MS } from '../core/duration.ts';
import type { AppError } from '../core/errors.ts';
import type { ArchiveProblem } from '../core/pass-report.ts';
import { askForFirstByte } from './ask-for-first-byte.ts';
import { FailureTally, isOneObjectsTrouble } from './failure-tally.ts';
import type { RefusalContext } from './refused-archives.ts';

/** What was refused is asked for again so often: what was a mishap must not cost the newest backup. */
const AGAIN_AFTER_MS = HOUR_MS;
/** At most so many in a pass, the longest ago first: whoever may upload chooses how many there are. */
const MAX_AGAIN = 1000;

export interface AskedAgain {
  readonly failures: readonly ArchiveProblem[];
  /** What kept the vault from being asked any further, or null. */
  readonly stopped: AppError | null;
}

/**
 * Asks the vault again for what it refused an hour ago, and puts back into the queue what it gives by now. All others stay as they are, with their
 * alarms, and the same answer is no change of the catalog. Nothing is asked or written where nothing was refused. Throws defects only.
 *
 * @param context `concurrency`: so many requests at a time
 */
export async function askAgain(
  context: RefusalContext & { readonly concurrency: number },
  vault: string,
): Promise<AskedAgain> {
  const { catalog, clock, concurrency } = context;
  const nowMs = clock.now();
  const rows = catalog.refusals.refusedBefore(vault, nowMs - AGAIN_AFTER_MS, nowMs, MAX_AGAIN);
  const tally = new FailureTally();
  const limit = pLimit(concurrency);
  const given: number[] = [];
  /** Refused as before, or the vault failed over this one: others come before it the next time. */
  const unanswered: number[] = [];
  const ask = async (row: (typeof rows)[number]): Promise<void> => {
    if (tally.over) return;
    try {
      // Once: the downloads wait for this, and there is a next hour.
      const answer = await askForFirstByte({ ...context, maxAttempts: 1 }, row);
      tally.succeeded();
      (answer === 'given' ? given : unanswered).push(row.id);
    } catch (error) {
      if (isOneObjectsTrouble(error)) unanswered.push(row.id);
      tally.note(row.key, error);
    }
  };
  await Promise.all(rows.map((row) => limit(ask, row)));
  tally.throwDefect();
  if (given.length + unanswered.length > 0) {
    catalog.transaction(() => {
      for (const id of given) catalog.refusals.markAskedAgain(id);
      for (const id of unanswered) catalog.refusals.noteRefusedAgain(id, nowMs);
    });
  }
  return { failures: tally.failures, stopped: tally.stop };
}
