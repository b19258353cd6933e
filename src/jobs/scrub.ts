import { z } from 'zod';
import type { Clock } from '../core/clock.ts';
import type { Config } from '../core/config/config.ts';
import { type DailySpan, dailySpanAt } from '../core/daily-span.ts';
import { DAY_MS } from '../core/duration.ts';
import { FirstOfMany } from '../core/first-of-many.ts';
import { IdSet } from '../core/id-set.ts';
import { FILE_COST_BYTES, scrubBytesPerSecond, scrubShare, scrubTargetBytes } from '../core/scrub-share.ts';
import { TokenBucket } from '../core/token-bucket.ts';
import type { AttachedStore } from '../store/attached-store.ts';
import type { ArchiveRow } from '../store/catalog/archive-row.ts';
import type { Catalog } from '../store/catalog/catalog.ts';
import { damagedRow, parseJsonColumn } from '../store/catalog/require-sane.ts';
import type { ByteProgress } from './byte-progress.ts';
import { type VerifyReport, verifyStore } from './verify-store.ts';

export interface ScrubRequest {
  readonly store: AttachedStore;
  readonly catalog: Catalog;
  readonly config: Pick<Config, 'retention' | 'timezone'>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly progress: ByteProgress;
}

export interface ScrubReport extends VerifyReport {
  /** Why it ended: tonight's share is done, the window is over, or now is no time for it. */
  readonly endedBy: 'share' | 'window' | 'not-now';
}

const nothing = (): VerifyReport => ({ checked: 0, checkedBytes: 0, damaged: new FirstOfMany(), recovered: 0 });
const FACT = 'scrub_night';
const PAGE = 500;

const Night = z.object({
  startMs: z.number(),
  shareBytes: z.number(),
  /** What is to be done of it; less, when the nights before did more than their share. */
  targetBytes: z.number(),
  /** By how much they did more. */
  aheadBytes: z.number(),
  doneBytes: z.number(),
});
type Night = z.infer<typeof Night>;

/**
 * Hashes tonight's share of the stored files again, the longest ago first, so that each is hashed at least every `retention.scrubEvery`: within
 * `retention.scrubWindow`, and no faster than needed. Outside the window, and when the share of the night is done, it does nothing. Interrupted at any
 * point it goes on where it was: what was hashed and how much of the share is done is recorded together. The file under way when the window ends
 * is read to its end, for a large one would never be hashed otherwise. Finds and records, repairs nothing: the next pass does.
 *
 * A file that was read a moment ago may come from memory instead of the disk; of the files that matter, memory holds a few.
 *
 * @throws AppError as verifyStore
 */
export async function scrub(request: ScrubRequest): Promise<ScrubReport> {
  const { catalog, config, clock, signal, progress } = request;
  const { retention, timezone } = config;
  const span = dailySpanAt(retention.scrubWindow, clock.now(), timezone);
  if (span === null) return { ...nothing(), endedBy: 'not-now' };
  const night = tonight(catalog, span, retention.scrubEveryMs);
  const leftBytes = night.targetBytes - night.doneBytes;
  if (leftBytes <= 0) return { ...nothing(), endedBy: 'share' };

  const bucket = new TokenBucket(scrubBytesPerSecond(leftBytes, span, clock.now()), clock.now());
  let begunBytes = 0;
  let endedBy: ScrubReport['endedBy'] = 'share';
  function* share(): Generator<ArchiveRow> {
    for (const archive of dueArchives(catalog, span?.startMs ?? 0, clock)) {
      if (begunBytes >= leftBytes) return;
      if (clock.now() >= (span?.endMs ?? 0)) {
        endedBy = 'window';
        return;
      }
      begunBytes += archive.sizeBytes + FILE_COST_BYTES;
      yield archive;
    }
  }
  progress.begin({ archives: 0, bytes: leftBytes });
  const report = await verifyStore({
    ...request,
    actor: 'scrub',
    archives: share(),
    pace(bytes) {
      const waitMs = bucket.take(bytes, clock.now());
      return waitMs < 1 ? undefined : clock.sleep(waitMs, signal);
    },
    // In the same transaction: what is not recorded as hashed does not count as done.
    recordDone({ checked, checkedBytes }) {
      const done: Night = { ...night, doneBytes: night.doneBytes + checkedBytes + checked * FILE_COST_BYTES };
      catalog.setFact(FACT, JSON.stringify(done));
    },
  });
  return { ...report, endedBy };
}

/** Stored archives that were last hashed before then, the longest ago first, each once. What is yielded may be recorded a little later. */
export function* dueArchives(
  catalog: Catalog,
  verifiedBeforeMs: number,
  clock: Pick<Clock, 'now'>,
): Generator<ArchiveRow> {
  const seen = new IdSet();
  for (;;) {
    const rows = catalog.scrub.due(verifiedBeforeMs, clock.now(), PAGE).filter(({ id }) => !seen.has(id));
    if (rows.length === 0) return;
    for (const row of rows) {
      seen.add(row.id);
      yield row;
    }
  }
}

/** A share that was begun tonight is gone on with; it does not grow because the process was started anew. */
function tonight(catalog: Catalog, span: DailySpan, scrubEveryMs: number): Night {
  const read = lastNight(catalog);
  // A night that has not come yet: the clock was wrong.
  const last = read !== null && read.startMs <= span.startMs ? read : null;
  if (last?.startMs === span.startMs) return last;
  // Nights without work leave no trace, so that the disk sleeps through them.
  const nights = last === null ? 0 : Math.round((span.startMs - last.startMs) / DAY_MS);
  const aheadBytes = last === null ? 0 : Math.max(0, last.aheadBytes + last.doneBytes - nights * last.shareBytes);
  const share = scrubShare(catalog.scrub.load(), scrubEveryMs, span);
  const targetBytes = scrubTargetBytes(share, aheadBytes);
  return { startMs: span.startMs, shareBytes: share.bytes, targetBytes, aheadBytes, doneBytes: 0 };
}

function lastNight(catalog: Catalog): Night | null {
  const text = catalog.fact(FACT);
  if (text === null) return null;
  const where = (): string => `the fact ${FACT}`;
  const read = Night.safeParse(parseJsonColumn(where, text));
  if (read.success) return read.data;
  throw damagedRow(where(), read.error.message);
}
