import type { Config, SeriesConfig } from '../core/config/config.ts';
import { DAY_MS } from '../core/duration.ts';
import type { KeepEntries } from '../core/keep/keep-entry.ts';
import { KeepEntryTable } from '../core/keep/keep-entry-table.ts';
import { planThinning, type ThinningPlan } from '../core/keep/plan-thinning.ts';
import type { AttachedStore } from '../store/attached-store.ts';
import { planSeriesRetention, type RetentionQuestion } from './plan-series-retention.ts';
import { UsualSizes } from './usual-sizes.ts';

/** Begins the reason of archives that made room on a full disk. */
export const THINNED = 'thinned: ';

/** What has to go from a full disk besides what the keep rules remove, and how much is missing. */
export interface RoomPlan extends ThinningPlan {
  readonly neededBytes: number;
}

export interface RoomQuestion extends RetentionQuestion {
  readonly config: Pick<Config, 'timezone' | 'series' | 'store' | 'retention'>;
  readonly store: Pick<AttachedStore, 'roomBytes'>;
}

/** How long an archive that became known here counts as growth of its series. */
const GROWTH_MS = 7 * DAY_MS;

const ENOUGH_ROOM: RoomPlan = { remove: [], bytes: 0, isEnough: true, neededBytes: 0 };

/**
 * With `whenFull: thin`, what makes room for the next archive of every series, once what the keep rules remove is gone. Reads only. The store may be
 * mounted read-only. While a series is frozen because far more came than is usual, nothing is thinned: somebody may be filling the disk to drive out
 * what the other servers have here. Then the disk pauses.
 */
export function planRoom(question: RoomQuestion): RoomPlan {
  const { catalog, config, store, trustedNowMs } = question;
  if (config.store.whenFull !== 'thin') return ENOUGH_ROOM;
  if (catalog.freezes.open().some(({ cause }) => cause === 'bulk')) return ENOUGH_ROOM;
  const usual = new UsualSizes(catalog, config.series);
  const expectedBytes = config.series.reduce((sum, series) => sum + nextBytes(question, series, usual), 0);
  let neededBytes = expectedBytes - store.roomBytes(config.store.minFree);
  if (neededBytes <= 0) return ENOUGH_ROOM;

  const candidates = config.series.map((series) => {
    const { entries, plan } = planSeriesRetention(question, series);
    for (const position of plan.remove) neededBytes -= entries.at(position)?.sizeBytes ?? 0;
    const { expectEveryMs } = series;
    const staying = entriesWithout(entries, plan.remove);
    const grownBytes = growth(question, series, usual);
    return { entries: staying, grownBytes, expectEveryMs, timezone: config.timezone, trustedNowMs };
  });
  if (neededBytes <= 0) return ENOUGH_ROOM;
  return { ...planThinning({ series: candidates, floor: config.store.floor, neededBytes }), neededBytes };
}

/** @param positions of what leaves */
function entriesWithout(entries: KeepEntries, positions: Uint32Array): KeepEntryTable {
  const leaves = new Uint8Array(entries.length);
  for (const position of positions) leaves[position] = 1;
  const staying = new KeepEntryTable(entries.length - positions.length);
  let position = 0;
  for (const entry of entries) {
    if (leaves[position] === 0) staying.add(entry);
    position += 1;
  }
  return staying;
}

/** By how much what came within GROWTH_MS exceeds what is usual; without `expectEvery` nothing says what is, and all of it counts. Bytes. */
function growth(
  { catalog, trustedNowMs }: RoomQuestion,
  { vault, name, expectEveryMs }: SeriesConfig,
  usual: UsualSizes,
): number {
  let cameBytes = 0;
  for (const { state, sizeBytes, firstSeenMs } of catalog.retention.ofSeries(vault, name)) {
    if (state === 'stored' && firstSeenMs > trustedNowMs - GROWTH_MS) cameBytes += sizeBytes;
  }
  const arrivals = expectEveryMs === null ? 0 : Math.ceil(GROWTH_MS / expectEveryMs);
  return Math.max(0, cameBytes - arrivals * (usual.of({ vault, series: name }) ?? 0));
}

/**
 * What a series is expected to bring until what is announced now is gone: as much as usual, or what waits already and is newer than all that is here.
 * Bounded by what is usual, because uploads are the attacker's: many or large ones must not thin the other series.
 */
function nextBytes(
  { catalog, config }: RoomQuestion,
  { vault, name, expectEveryMs, sizeFactor }: SeriesConfig,
  usual: UsualSizes,
): number {
  const usualBytes = usual.of({ vault, series: name });
  const most = usualBytes === null ? usual.largest() : usualBytes * sizeFactor;
  let waitingBytes = 0;
  for (const { state, sizeBytes, isAccepted } of catalog.retention.ofSeries(vault, name)) {
    if (state === 'stored') break;
    if (state !== 'wanted' && state !== 'held') continue;
    if (isAccepted || sizeBytes <= most) waitingBytes = Math.max(waitingBytes, sizeBytes);
  }
  const arrivals = expectEveryMs === null ? 1 : 1 + Math.ceil(config.retention.announceMs / expectEveryMs);
  return Math.max(waitingBytes, arrivals * (usualBytes ?? 0));
}
