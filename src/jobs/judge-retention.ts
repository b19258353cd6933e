import type { Config, SeriesConfig } from '../core/config/config.ts';
import { describeRemoval } from '../core/keep/describe-reason.ts';
import { type AnnounceEntry, planAnnouncements } from '../core/keep/plan-announcements.ts';
import { formatBytes } from '../core/size.ts';
import type { RetentionRow } from '../store/catalog/retention-table.ts';
import { planSeriesRetention, type SeriesRetention } from './plan-retention.ts';
import { planRoom, type RoomPlan, type RoomQuestion, THINNED } from './plan-room.ts';

/** An archive that is planned to be removed. Times are milliseconds since 1970 UTC. */
export interface PlannedRemoval {
  readonly row: RetentionRow;
  /** Why, for a person; its row keeps it. */
  readonly reason: string;
  /** It has to be announced now: for the first time, or anew. */
  readonly isNew: boolean;
  readonly announcedAtMs: number;
  /** Not removed before. */
  readonly dueAtMs: number;
  readonly isDue: boolean;
}

/** One series with everything that follows from its plan now. */
export interface JudgedSeries extends SeriesRetention {
  /** Oldest first. */
  readonly planned: readonly PlannedRemoval[];
  /** Announced, and kept again. */
  readonly withdrawn: readonly RetentionRow[];
}

export interface JudgeQuestion extends RoomQuestion {
  readonly config: RoomQuestion['config'] & Pick<Config, 'series'>;
  /** Only this series; null: all. */
  readonly only: string | null;
}

/** Judges one configured series after the other, so that only one of them is held in memory at a time. Reads only. */
export function* judgeRetention(question: JudgeQuestion): Generator<JudgedSeries> {
  const room = planRoom(question);
  for (const series of question.config.series) {
    if (question.only === null || question.only === series.name) yield judgeSeries(question, series, room);
  }
}

function judgeSeries(question: JudgeQuestion, series: SeriesConfig, room: RoomPlan): JudgedSeries {
  const retention = planSeriesRetention(question, series);
  const { rows, entries, plan } = retention;
  const reasons = new Map<number, string>();
  const ruled = series.keep === null ? '' : describeRemoval(series.keep);
  for (const id of plan.remove) reasons.set(id, ruled);
  for (const id of room.remove) if (rows.has(id) && !reasons.has(id)) reasons.set(id, thinnedWords(question, room));

  const { trustedNowMs, config } = question;
  const { announceMs } = config.retention;
  const onDisk: AnnounceEntry[] = entries
    .filter(({ state }) => state === 'verified' || state === 'doubtful')
    .map(({ id, set }) => ({ id, set, announcedAtMs: rows.get(id)?.announcedAtMs ?? null }));
  const announcements = planAnnouncements({ remove: [...reasons.keys()], entries: onDisk, trustedNowMs, announceMs });
  const isNew = new Set(announcements.announce);
  const isDue = new Set(announcements.due);
  const planned: PlannedRemoval[] = [];
  for (const [id, reason] of reasons) {
    const row = rows.get(id);
    if (row === undefined) continue;
    const announcedAtMs = isNew.has(id) ? trustedNowMs : (row.announcedAtMs ?? trustedNowMs);
    const dueAtMs = announcements.dueAtMs.get(id) ?? announcedAtMs + announceMs;
    planned.push({ row, reason, isNew: isNew.has(id), announcedAtMs, dueAtMs, isDue: isDue.has(id) });
  }
  const withdrawn = announcements.withdraw.flatMap((id) => rows.get(id) ?? []);
  return { ...retention, planned, withdrawn };
}

function thinnedWords({ config }: JudgeQuestion, { neededBytes }: RoomPlan): string {
  const needed = formatBytes(neededBytes);
  return `${THINNED}the disk lacks ${needed} for what is expected, and ${config.store.floor} newer ones stay`;
}
