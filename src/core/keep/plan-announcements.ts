import { CLOCK_TOLERANCE_MS } from '../trusted-now.ts';

/** An archive on the disk, as announcing sees it. Times are milliseconds since 1970 UTC. */
export interface AnnounceEntry {
  readonly id: number;
  /** Parts of a set are removed together. */
  readonly set: string | null;
  readonly announcedAtMs: number | null;
}

export interface AnnouncementPlan {
  /** Planned, and not announced until now, or announced in what was not the time. */
  readonly announce: readonly number[];
  /** Announced, and not planned any more. */
  readonly withdraw: readonly number[];
  /** Announced for long enough, each part of its set too; in the order of the plan. */
  readonly due: readonly number[];
  /** Planned and not due: when each may be removed. In the order of the plan. */
  readonly dueAtMs: ReadonlyMap<number, number>;
}

/**
 * What follows from a plan for the announcements. Announcing is a delay: it begins when the plan says so first, starts anew when the plan changed its
 * mind in between, and is over `announceMs` later.
 *
 * @param remove what is planned to be removed
 * @param entries what is on the disk of the same series, `remove` among it
 */
export function planAnnouncements(question: {
  readonly remove: readonly number[];
  readonly entries: Iterable<AnnounceEntry>;
  readonly trustedNowMs: number;
  readonly announceMs: number;
}): AnnouncementPlan {
  const { remove, trustedNowMs, announceMs } = question;
  const planned = new Map<number, AnnounceEntry | null>(remove.map((id) => [id, null]));
  const announce: number[] = [];
  const withdraw: number[] = [];
  const dueOfId = new Map<number, number>();
  const dueOfSet = new Map<string, number>();
  for (const entry of question.entries) {
    const { id, set, announcedAtMs } = entry;
    if (!planned.has(id)) {
      if (announcedAtMs !== null) withdraw.push(id);
      continue;
    }
    planned.set(id, entry);
    // A clock that was far ahead announced it: nobody has seen that for so long.
    const isValid = announcedAtMs !== null && announcedAtMs <= trustedNowMs + CLOCK_TOLERANCE_MS;
    if (!isValid) announce.push(id);
    const dueAtMs = (isValid ? announcedAtMs : trustedNowMs) + announceMs;
    dueOfId.set(id, dueAtMs);
    if (set !== null) dueOfSet.set(set, Math.max(dueAtMs, dueOfSet.get(set) ?? Number.NEGATIVE_INFINITY));
  }
  const due: number[] = [];
  const waiting = new Map<number, number>();
  for (const [id, entry] of planned) {
    const own = dueOfId.get(id);
    if (entry === null || own === undefined) continue;
    const dueAtMs = entry.set === null ? own : (dueOfSet.get(entry.set) ?? own);
    if (dueAtMs <= trustedNowMs) due.push(id);
    else waiting.set(id, dueAtMs);
  }
  return { announce, withdraw, due, dueAtMs: waiting };
}
