import type { Seeded } from '../support/seeded.ts';
import { MINUTE_MS, type SeriesPlan, type WorldPlan } from './world-plan.ts';

/** One archive of a server that does what its owner told it; of a set, one part. */
export interface GenuineUpload {
  readonly series: SeriesPlan;
  /** The backup that it belongs to. */
  readonly backup: GenuineBackup;
  readonly key: string;
  readonly atMs: number;
  readonly body: Buffer;
}

export interface GenuineBackup {
  readonly series: SeriesPlan;
  /** Number of the backup in its series. */
  readonly nth: number;
  /** When its last part arrives, in whole seconds as LastModified. */
  readonly timeMs: number;
  readonly uploads: GenuineUpload[];
}

/** Each backup comes at most so much of `expectEvery` early or late: two neighbours lie at most 9/8 of it apart. */
const JITTER = 1 / 16;
const USUAL_BYTES = 60;

/** All that the servers would upload in a world without attacker, oldest first. */
export function genuineUploads(plan: WorldPlan, draw: Seeded): GenuineUpload[] {
  const uploads: GenuineUpload[] = [];
  for (const series of plan.series) {
    for (let nth = 0; ; nth += 1) {
      const wanderMs = (2 * draw.next() - 1) * JITTER * series.everyMs;
      const spanMs = series.parts.length === 1 ? 0 : draw.int(0, 2) * MINUTE_MS;
      const beginsMs = wholeSeconds(series.phaseMs + nth * series.everyMs + wanderMs);
      if (beginsMs + spanMs >= plan.endMs) break;
      const backup: GenuineBackup = { series, nth, timeMs: beginsMs + spanMs, uploads: [] };
      for (const [index, part] of series.parts.entries()) {
        const atMs = index === series.parts.length - 1 ? backup.timeMs : beginsMs;
        const text = `${plan.seed} ${series.name} ${nth} ${part} `;
        const body = Buffer.from(text.padEnd(USUAL_BYTES + draw.int(0, 8), '.'));
        backup.uploads.push({ series, backup, key: series.keyAt(beginsMs, part), atMs, body });
      }
      uploads.push(...backup.uploads);
    }
  }
  return uploads.sort((a, b) => a.atMs - b.atMs);
}

function wholeSeconds(atMs: number): number {
  return Math.floor(atMs / 1000) * 1000;
}
