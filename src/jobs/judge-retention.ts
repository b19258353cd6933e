import type { Config, SeriesConfig } from '../core/config/config.ts';
import { describeRemoval } from '../core/keep/describe-reason.ts';
import type { KeepEntries } from '../core/keep/keep-entry.ts';
import { type Announcement, type PlannedArchive, planAnnouncements } from '../core/keep/plan-announcements.ts';
import { formatBytes } from '../core/size.ts';
import { planRoom, type RoomPlan, type RoomQuestion, THINNED } from './plan-room.ts';
import { planSeriesRetention, type SeriesRetention } from './plan-series-retention.ts';
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
  const thinned = leavingForRoom(entries, plan.remove, room.remove);
  const planned = new PlannedRemovals(plan.remove.length + thinned.length, entries.length);
  const verdictOn = planAnnouncements(archivesAt(retention, plan.remove, thinned), {
    trustedNowMs: question.trustedNowMs,
    announceMs: question.config.retention.announceMs,
  });
  const add = (positions: Iterable<number>, reason: string): void => {
    for (const position of positions) {
      const entry = entries.at(position);
      if (entry === undefined) continue;
      const verdict: Announcement = verdictOn({ set: entry.set, announcedAtMs: announcedAtMs[position] ?? Number.NaN });
      planned.add(position, { id: entry.id, sizeBytes: entry.sizeBytes, reason, ...verdict });
    }
  };
  add(plan.remove, ruled);
  if (thinned.length > 0) add(thinned, thinnedWords(question, room));
  const withdrawn: number[] = [];
  announcedAtMs.forEach((atMs, position) => {
    if (!Number.isNaN(atMs) && !planned.has(position)) withdrawn.push(position);
  });
  return { ...retention, planned, withdrawn };
}

/** Where in `entries` those of these ids are that are among them and do not leave anyway; in the order of the ids. */
function leavingForRoom(entries: KeepEntries, leaving: Uint32Array, ids: readonly number[]): readonly number[] {
  if (ids.length === 0) return [];
  const positions = new Map<number, number>(ids.map((id) => [id, -1]));
  let position = 0;
  for (const { id } of entries) {
    if (positions.has(id)) positions.set(id, position);
    position += 1;
  }
  const leaves = new Set(leaving);
  return [...positions.values()].filter((one) => one >= 0 && !leaves.has(one));
}

function* archivesAt(
  { entries, announcedAtMs }: SeriesRetention,
  ...positions: readonly Iterable<number>[]
): Generator<PlannedArchive> {
  for (const some of positions) {
    for (const position of some) {
      yield { set: entries.at(position)?.set ?? null, announcedAtMs: announcedAtMs[position] ?? Number.NaN };
    }
  }
}

function thinnedWords({ config }: JudgeQuestion, { neededBytes }: RoomPlan): string {
  const needed = formatBytes(neededBytes);
  return `${THINNED}the disk lacks ${needed} for what is expected, and at least ${config.store.floor} newer ones stay`;
}
