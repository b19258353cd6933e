import { CLOCK_TOLERANCE_MS } from '../trusted-now.ts';

/** An archive that is planned to be removed. Times are milliseconds since 1970 UTC. */
export interface PlannedArchive {
  /** Parts of a set are removed together. */
  readonly set: string | null;
  /** NaN: it is not announced yet. */
  readonly announcedAtMs: number;
}

export interface Announcement {
  /** It has to be announced now: for the first time, or because it was announced in what was not the time. */
  readonly isNew: boolean;
  readonly announcedAtMs: number;
  /** Not removed before. */
  readonly dueAtMs: number;
  readonly isDue: boolean;
}

/**
 * Announcing is a delay: it begins when the plan first says so, and is over `announceMs` later; the parts of a set wait for the last of them. (It starts
 * anew when the plan changed its mind in between: what is not planned any more is withdrawn.)
 *
 * @param planned of one series
 * @returns what to ask about each of them
 */
export function planAnnouncements(
  planned: Iterable<PlannedArchive>,
  { trustedNowMs, announceMs }: { readonly trustedNowMs: number; readonly announceMs: number },
): (archive: PlannedArchive) => Announcement {
  // A clock that was far ahead announced it: nobody has seen that for so long.
  const isNew = ({ announcedAtMs }: PlannedArchive) => !(announcedAtMs <= trustedNowMs + CLOCK_TOLERANCE_MS);
  const sinceMs = (archive: PlannedArchive) => (isNew(archive) ? trustedNowMs : archive.announcedAtMs);
  const sinceOfSet = new Map<string, number>();
  for (const archive of planned) {
    if (archive.set === null) continue;
    sinceOfSet.set(archive.set, Math.max(sinceMs(archive), sinceOfSet.get(archive.set) ?? Number.NEGATIVE_INFINITY));
  }
  return (archive) => {
    const announcedAtMs = sinceMs(archive);
    const lastMs = archive.set === null ? announcedAtMs : (sinceOfSet.get(archive.set) ?? announcedAtMs);
    const dueAtMs = lastMs + announceMs;
    return { isNew: isNew(archive), announcedAtMs, dueAtMs, isDue: dueAtMs <= trustedNowMs };
  };
}
