import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import t, { type Test } from 'tap';
import type { KeepEntry, KeepReason } from '../../../src/core/keep/keep-entry.ts';
import { anyQuestion, type ListedQuestion, type PlanById, planById } from './keep-fixture.ts';
import { naiveReasons, setName } from './naive-plan.ts';

function asText(reason: KeepReason): string {
  switch (reason.kind) {
    case 'rule':
      return `${reason.opinion} rule ${reason.rule} ${reason.nth}/${reason.count} ${reason.bucket}`;
    case 'within':
      return `${reason.opinion} within ${reason.withinMs}`;
    case 'flood':
      return `${reason.opinion} flood ${reason.rule} ${reason.which} ${reason.windowMs} ${reason.bucket}`;
    default:
      return reason.kind;
  }
}

/** Every reason that is true of an archive, found without the planner. */
function trueReasons(question: ListedQuestion): Map<number, string[]> {
  const { entries, trustedNowMs } = question;
  const byRules = naiveReasons(question, ['verified']);
  const byRulesWithWanted = naiveReasons(question, ['verified', 'wanted']);
  const verified = entries.filter(({ state }) => state === 'verified');
  const lastOf = (some: readonly KeepEntry[]) =>
    [(entry: KeepEntry) => entry.timeMs, (entry: KeepEntry) => Math.min(entry.timeMs, trustedNowMs)].map(
      (timeOf) => [...some].sort((a, b) => timeOf(b) - timeOf(a) || b.id - a.id)[0]?.id,
    );
  const latest = lastOf(verified);
  const newest = lastOf(verified.filter(({ unsound }) => unsound !== true));
  return new Map(
    entries.map((entry) => {
      const { id, state, pinned, frozen } = entry;
      const own = [
        pinned ? 'pinned' : null,
        frozen && (state === 'verified' || state === 'doubtful') ? 'frozen' : null,
        state === 'doubtful' || state === 'blocked' ? state : null,
        newest.includes(id) ? 'newest' : latest.includes(id) ? 'latest' : null,
      ];
      const rules =
        state === 'verified' ? byRules : state === 'wanted' ? byRulesWithWanted : new Map<number, string[]>();
      return [id, [...own.filter((reason) => reason !== null), ...(rules.get(id) ?? [])].sort()];
    }),
  );
}

function partsOf(entry: KeepEntry, { entries }: ListedQuestion): readonly KeepEntry[] {
  return entries.filter((other) => setName(other) === setName(entry));
}

function check(
  t: Test,
  name: string,
  runs: number,
  holds: (question: ListedQuestion, plan: PlanById) => boolean,
): void {
  t.test(name, async (t) => {
    t.doesNotThrow(() =>
      fc.assert(
        fc.property(anyQuestion, (question) => holds(question, planById(question))),
        { numRuns: runs },
      ),
    );
  });
}

check(
  t,
  'every archive is in exactly one of the three, and only what may be is removed or not wanted',
  500,
  ({ entries }, plan) => {
    const answers = [...plan.keep.keys(), ...plan.remove, ...plan.notWanted].sort((a, b) => a - b);
    const stateOf = new Map(entries.map((entry) => [entry.id, entry]));
    return (
      isDeepStrictEqual(
        answers,
        entries.map(({ id }) => id).sort((a, b) => a - b),
      ) &&
      plan.remove.every((id) => {
        const entry = stateOf.get(id);
        return entry?.state === 'verified' && !entry.pinned && !entry.frozen;
      }) &&
      plan.notWanted.every((id) => stateOf.get(id)?.state === 'wanted' && stateOf.get(id)?.pinned === false) &&
      [...plan.keep.values()].every((reasons) => reasons.length > 0)
    );
  },
);

check(t, 'every reason given is true, and none is missing', 500, (question, plan) => {
  const reasons = trueReasons(question);
  return question.entries.every((entry) => {
    const own = reasons.get(entry.id) ?? [];
    const given = plan.keep.get(entry.id)?.map(asText).sort() ?? [];
    if (own.length > 0) return isDeepStrictEqual(given, own);
    const parts = partsOf(entry, question);
    const isIncomplete = parts.some(({ state }) => state !== 'verified');
    if (isDeepStrictEqual(given, ['incomplete'])) {
      return entry.state === 'verified'
        ? isIncomplete
        : parts.some(({ state }) => state === 'doubtful' || state === 'blocked');
    }
    const othersKept = parts.some(({ id }) => id !== entry.id && plan.keep.has(id));
    return isDeepStrictEqual(given, ['set']) ? othersKept : given.length === 0 && !othersKept;
  });
});

check(t, 'the newest verified archive survives, and all of its set', 500, (question, plan) => {
  const verified = question.entries.filter(({ state }) => state === 'verified');
  const newest = verified.toSorted((a, b) => b.timeMs - a.timeMs || b.id - a.id)[0];
  return newest === undefined || partsOf(newest, question).every(({ id }) => plan.keep.has(id));
});

check(t, 'parts of a set go together', 500, (question, plan) =>
  question.entries.every((entry) => {
    const parts = partsOf(entry, question);
    const removed = parts.filter(({ id }) => plan.remove.includes(id));
    return removed.length === 0 || removed.length === parts.length;
  }),
);

check(t, 'the order in which archives are listed does not matter', 500, (question, plan) => {
  const shuffled = question.entries.toSorted((a, b) => ((a.id * 7919) % 101) - ((b.id * 7919) % 101));
  const again = planById({ ...question, entries: shuffled });
  return (
    isDeepStrictEqual(again.keep, plan.keep) &&
    isDeepStrictEqual(again.remove, plan.remove) &&
    isDeepStrictEqual(again.notWanted, plan.notWanted)
  );
});

check(t, 'after the removal there is nothing more to remove', 500, (question, plan) => {
  const left = question.entries.filter(({ id }) => !plan.remove.includes(id));
  return planById({ ...question, entries: left }).remove.length === 0;
});

check(t, 'what is removed is ordered: oldest first, parts of a set next to each other', 500, (question, plan) => {
  const times = plan.remove.map((id) => {
    const entry = question.entries.find((other) => other.id === id);
    return entry === undefined ? Number.NaN : Math.max(...partsOf(entry, question).map(({ timeMs }) => timeMs));
  });
  const sets = plan.remove
    .map((id) => question.entries.find((entry) => entry.id === id))
    .map((entry) => entry?.set ?? entry?.id);
  const runs = sets.filter((set, index) => set !== sets[index - 1]);
  return (
    isDeepStrictEqual(
      times,
      times.toSorted((a, b) => a - b),
    ) && new Set(runs).size === runs.length
  );
});

check(t, 'fewer archives: whatever is taken away, nothing else becomes removable', 500, (question, plan) => {
  const gone = new Set(question.entries.filter(({ id }) => (id * 7919) % 3 === 0).map(setName));
  const rest = question.entries.filter((entry) => !gone.has(setName(entry)));
  return planById({ ...question, entries: rest }).remove.every((id) => plan.remove.includes(id));
});

check(t, 'what is not verified makes no verified archive removable', 500, (question, plan) => {
  const onlyVerified = question.entries.filter(({ state }) => state === 'verified');
  const without = planById({ ...question, entries: onlyVerified });
  return plan.remove.every((id) => without.remove.includes(id));
});

check(t, 'names alone remove nothing', 500, (question, plan) => {
  const nameless = question.entries.map((entry) => ({ ...entry, nameTimeMs: null }));
  const without = planById({ ...question, entries: nameless });
  return plan.remove.every((id) => without.remove.includes(id));
});

check(t, 'a pin or a freeze changes nothing for other sets', 500, (question, plan) => {
  const free = question.entries.map((entry) => ({ ...entry, pinned: false, frozen: false }));
  const without = planById({ ...question, entries: free });
  const held = new Set(question.entries.filter(({ pinned, frozen }) => pinned || frozen).map(setName));
  const others = question.entries.filter((entry) => !held.has(setName(entry)));
  return others.every(({ id }) => plan.remove.includes(id) === without.remove.includes(id));
});

check(t, 'protection against floods only ever keeps more', 500, (question, plan) => {
  const without = planById({ ...question, expectEveryMs: null });
  return plan.remove.every((id) => without.remove.includes(id));
});
