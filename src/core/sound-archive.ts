import { isOwnSumsEtag } from './archive.ts';
import { CLOCK_TOLERANCE_MS, timeWords } from './trusted-now.ts';

/** What decides whether an archive counts as a backup of its time; a row of the catalog has all of it. Times are milliseconds since 1970 UTC. */
export interface SoundnessRow {
  readonly etag: string;
  readonly lastModifiedMs: number;
  readonly firstSeenAtMs: number;
  readonly storedAtMs: number | null;
  readonly verifiedAtMs: number | null;
  readonly damagedAtMs: number | null;
  readonly suspect: string | null;
  readonly conflictAtMs: number | null;
}

/**
 * Why an archive on the disk is not taken for a backup of its time: it makes no series fresh, and is not given back as the newest unless it is named.
 * null: it is sound. Whoever replaces an old archive makes no new one, so that one never counts, acknowledged or not; nor does one whose time had not
 * come when it was last looked at: what the catalog records of an archive is dated by the vault's clock.
 *
 * The catalog asks the same in SQL (`SOUND`).
 */
export function whyUnsound(row: SoundnessRow): string | null {
  if (row.damagedAtMs !== null) return 'it is damaged';
  if (row.suspect !== null) return `it is suspect: ${row.suspect}`;
  if (row.conflictAtMs !== null) return 'it replaced an older one under the same key';
  if (isAheadOfTime(row)) return `the vault dates it ${timeWords(row.lastModifiedMs)}, which had not come when it came`;
  return isOwnSumsEtag(row.etag) ? 'no vault has told its time' : null;
}

/** Does the vault date it later than it was when it came, or was hashed? A clock was wrong, and that of the vault if the pass agreed with it. */
export function isAheadOfTime(
  row: Pick<SoundnessRow, 'lastModifiedMs' | 'firstSeenAtMs' | 'storedAtMs' | 'verifiedAtMs'>,
): boolean {
  const { lastModifiedMs, firstSeenAtMs, storedAtMs, verifiedAtMs } = row;
  return lastModifiedMs > Math.max(firstSeenAtMs, storedAtMs ?? 0, verifiedAtMs ?? 0) + CLOCK_TOLERANCE_MS;
}
