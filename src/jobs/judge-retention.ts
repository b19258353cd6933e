import type { Config, SeriesConfig } from '../core/config/config.ts';
import { describeRemoval } from '../core/keep/describe-reason.ts';
import { type Announcement, type PlannedArchive, planAnnouncements } from '../core/keep/plan-announcements.ts';
import { formatBytes } from '../core/size.ts';
import { planSeriesRetention, type SeriesRetention } from './plan-retention.ts';
import { planRoom, type RoomPlan, type RoomQuestion, THINNED } from './plan-room.ts';
import { PlannedRemovals } from './planned-removals.ts';

/** One series with everything that follows from its plan now. */
export interface JudgedSeries extends SeriesRetention {
  /** Oldest first: by the rules, then what makes room. */
  readonly planned: PlannedRemovals;
  /** Positions in `entries` of what is announced, and kept again. */
  readonly withdrawn: readonly number[];
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
  const { entries, announcedAtMs, plan } = retention;
  const ruled = series.keep === null ? '' : describeRemoval(series.keep);
  const positions = positionsOf(entries, plan.remove, room.remove);
  const leaving = new Map<number, string>();
  for (const id of plan.remove) leaving.set(positions.get(id) ?? -1, ruled);
  for (const id of room.remove) {
    const position = positions.get(id);
    if (position !== undefined && !leaving.has(position)) leaving.set(position, thinnedWords(question, room));
  }
  const planned = new PlannedRemovals(leaving.size, entries.length);
  const verdictOn = planAnnouncements(archivesAt(retention, leaving.keys()), {
    trustedNowMs: question.trustedNowMs,
    announceMs: question.config.retention.announceMs,
  });
  for (const [position, reason] of leaving) {
    const entry = entries[position];
    if (entry === undefined) continue;
    const verdict: Announcement = verdictOn({ set: entry.set, announcedAtMs: announcedAtMs[position] ?? Number.NaN });
    planned.add(position, { id: entry.id, sizeBytes: entry.sizeBytes, reason, ...verdict });
  }
  const withdrawn: number[] = [];
  announcedAtMs.forEach((atMs, position) => {
    if (!Number.isNaN(atMs) && !leaving.has(position)) withdrawn.push(position);
  });
  return { ...retention, planned, withdrawn };
}

/** Where in `entries` those of these ids are that are among them. */
function positionsOf(
  entries: SeriesRetention['entries'],
  ...ids: readonly (readonly number[])[]
): ReadonlyMap<number, number> {
  const positions = new Map<number, number>();
  for (const some of ids) for (const id of some) positions.set(id, -1);
  entries.forEach(({ id }, position) => {
    if (positions.has(id)) positions.set(id, position);
  });
  for (const [id, position] of positions) if (position < 0) positions.delete(id);
  return positions;
}

function* archivesAt(
  { entries, announcedAtMs }: SeriesRetention,
  positions: Iterable<number>,
): Generator<PlannedArchive> {
  for (const position of positions) {
    yield { set: entries[position]?.set ?? null, announcedAtMs: announcedAtMs[position] ?? Number.NaN };
  }
}

function thinnedWords({ config }: JudgeQuestion, { neededBytes }: RoomPlan): string {
  const needed = formatBytes(neededBytes);
  return `${THINNED}the disk lacks ${needed} for what is expected, and ${config.store.floor} newer ones stay`;
}
