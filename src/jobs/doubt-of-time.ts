import type { Clock } from '../core/clock.ts';
import { CLOCK_TOLERANCE_MS, timeWords } from '../core/trusted-now.ts';
import type { ArchiveRow } from '../store/catalog/archive-row.ts';
import { PassClock } from './pass-clock.ts';

/**
 * Why the time of an archive is doubted, for a person: the vault that dates it says itself that this has not come. Its clock was wrong when the object was
 * made, or is now; this machine's has nothing to do with it. null: nothing speaks against it, or the vault does not tell its time.
 */
export function doubtOfTime(clock: Clock, { lastModifiedMs }: Pick<ArchiveRow, 'lastModifiedMs'>): string | null {
  const vaultNowMs = clock instanceof PassClock ? clock.vaultNow() : null;
  if (vaultNowMs === null || lastModifiedMs <= vaultNowMs + CLOCK_TOLERANCE_MS) return null;
  return `the vault dates it ${timeWords(lastModifiedMs)}, when by its own clock it was ${timeWords(vaultNowMs)}: its time is wrong, and it is no news of a backup`;
}
