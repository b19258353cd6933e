import type { KeepEntry, Opinion } from '../../../src/core/keep/keep-entry.ts';
import { KEEP_RULES } from '../../../src/core/keep/keep-entry.ts';
import type { ListedQuestion } from './keep-fixture.ts';
import { floodKeeps, type NaiveArchive, newestFirst, resticKeeps, worthOf } from './naive-rules.ts';

/** A reason as a line of text, so that two lists of them can be compared. */
export type Reason = string;

/** What an opinion takes for an archive's time; the order among equals of the name's opinion is by the vault's time. */
function seenBy(opinion: Opinion, { trustedNowMs }: ListedQuestion) {
  return (entry: KeepEntry): NaiveArchive & { entry: KeepEntry } => ({
    id: entry.id,
    timeMs: Math.min(opinion === 'name' ? (entry.nameTimeMs ?? entry.timeMs) : entry.timeMs, trustedNowMs),
    set: setName(entry),
    entry,
  });
}

export function setName({ set, id }: KeepEntry): string {
  return set ?? `alone ${id}`;
}

/** The reasons of the rules, for archives of the states that count. */
export function naiveReasons(question: ListedQuestion, states: readonly KeepEntry['state'][]): Map<number, Reason[]> {
  const { entries, keep, expectEveryMs, timezone, trustedNowMs } = question;
  const found = new Map<number, Reason[]>();
  if (keep === null) return found;
  const counted = entries.filter((entry) =>
    entries.every((other) => setName(other) !== setName(entry) || states.includes(other.state)),
  );
  for (const opinion of ['time', 'name'] as const) {
    const raw = counted.map(seenBy(opinion, question));
    // Names that say nothing else have no opinion of their own.
    if (opinion === 'name' && raw.every(({ entry, timeMs }) => timeMs === Math.min(entry.timeMs, trustedNowMs)))
      continue;
    // The names' opinion breaks ties by the vault's time; numbers that say so keep the rest of this code simple.
    const tieBroken = [...raw].sort(
      (a, b) =>
        Math.min(a.entry.timeMs, trustedNowMs) - Math.min(b.entry.timeMs, trustedNowMs) || a.entry.id - b.entry.id,
    );
    const archives = newestFirst(tieBroken.map((archive, index) => ({ ...archive, id: index })));
    const idOf = (rank: number): number => tieBroken[rank]?.entry.id ?? -1;
    const add = (rank: number, reason: Reason): void => {
      found.set(idOf(rank), [...(found.get(idOf(rank)) ?? []), `${opinion} ${reason}`]);
    };
    const newestMs = archives[0]?.timeMs ?? 0;
    for (const rule of KEEP_RULES) {
      const count = keep[rule];
      if (count === 0) continue;
      const plain = resticKeeps(archives, rule, count, timezone);
      for (const [rank, { nth, bucket }] of plain) add(rank, `rule ${rule} ${nth}/${count} ${bucket}`);
      if (expectEveryMs === null) continue;
      const beyond = floodKeeps(archives, rule, count, expectEveryMs, timezone, trustedNowMs, ({ id }) => idOf(id));
      for (const [rank, { which, bucket }] of beyond) {
        const first = ['any', 'newest', 'end'].find((word) => which.has(word));
        if (!plain.has(rank)) add(rank, `flood ${rule} ${first} ${worthOf(rule, count, expectEveryMs)} ${bucket}`);
      }
    }
    const { withinMs } = keep;
    if (withinMs === null) continue;
    for (const { id, timeMs } of archives) {
      const floodMs = withinMs + (expectEveryMs ?? 0) * 1.125;
      if (timeMs > newestMs - withinMs) add(id, `within ${withinMs}`);
      else if (expectEveryMs !== null && timeMs >= newestMs - floodMs) add(id, `flood within any ${floodMs} null`);
    }
  }
  return found;
}
