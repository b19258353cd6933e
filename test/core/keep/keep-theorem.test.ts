import fc from 'fast-check';
import t from 'tap';
import { type AttackedWorld, type AttackLimits, attackedWorlds, type Upload } from './attacked-world.ts';
import { NO_RULE, planById, verified } from './keep-fixture.ts';
import { endOf, labelOf, newestFirst, resticKeeps } from './naive-rules.ts';

/**
 * The promise of docs/keeping.md, played: a world in which the server just goes on, by restic's counts alone, and the same world after a
 * break-in, with the planner at work and its removals done. What the first keeps of the time before, the second has to keep.
 */

/** Whether buckets go on filling after `sinceMs` as the promise assumes: none stays empty, or one is begun in every longest gap. */
function goesOn(
  { rule, timezone, expectEveryMs }: AttackedWorld,
  history: readonly Upload[],
  sinceMs: number,
  nowMs: number,
): boolean {
  if (rule === 'last' || rule === 'within') return true;
  const archives = history.filter(({ isLast }) => isLast);
  const labels = archives.map(({ timeMs }) => labelOf(rule, timeMs, timezone));
  const filled = new Set(labels);
  let isFull = true;
  for (
    let atMs = sinceMs, endMs = endOf(rule, atMs, timezone);
    isFull && endMs <= nowMs;
    endMs = endOf(rule, atMs, timezone)
  ) {
    isFull = filled.has(labelOf(rule, atMs, timezone));
    atMs = endMs;
  }
  const begunMs = [
    ...archives.filter((_, index) => labels[index] !== labels[index - 1]).map(({ timeMs }) => timeMs),
    nowMs,
  ];
  const isSteady = (timeMs: number, index: number): boolean =>
    timeMs - (begunMs[index - 1] ?? timeMs) <= expectEveryMs * 1.125;
  return isFull || begunMs.every((timeMs, index) => timeMs <= sinceMs || isSteady(timeMs, index));
}

/** What the rule keeps in the world without the attacker; of an archive in parts its newest. */
function keptWithout(
  { rule, count, withinMs, timezone }: AttackedWorld,
  history: readonly Upload[],
): readonly number[] {
  if (rule !== 'within') return [...resticKeeps(history, rule, count, timezone).keys()];
  const newestMs = newestFirst(history)[0]?.timeMs ?? 0;
  return history.filter(({ timeMs }) => timeMs > newestMs - withinMs).map(({ id }) => id);
}

/** The first archive that is gone although the other world has it; null when there is none. `compared` counts. */
function firstLoss(world: AttackedWorld, { listingsLie }: AttackLimits, compared: { count: number }): string | null {
  const { rule, count, withinMs, genuine, takeoverMs, timezone, expectEveryMs, junk } = world;
  const keep = rule === 'within' ? { ...NO_RULE, withinMs } : { ...NO_RULE, [rule]: count };
  const existed = genuine.filter(({ timeMs, set }) => timeMs < takeoverMs && !world.isMissing(set));
  let here = existed.map(({ id, timeMs, set }) => verified(id, timeMs, { set }));
  let lookedMs = Number.NEGATIVE_INFINITY;
  for (const nowMs of world.looksMs) {
    const known = junk.filter(
      ({ timeMs }) => Math.max(timeMs, takeoverMs) <= nowMs && Math.max(timeMs, takeoverMs) > lookedMs,
    );
    here = [...here, ...known];
    const plan = planById({ entries: here, keep, expectEveryMs, timezone, trustedNowMs: nowMs });
    // The same when all of them are only listed: what is genuine is to be downloaded.
    const listed = here.map((entry) => ({ ...entry, state: 'wanted' as const }));
    const unpulled = planById({ entries: listed, keep, expectEveryMs, timezone, trustedNowMs: nowMs });
    const gone = new Set([...plan.remove, ...unpulled.notWanted]);
    here = here.filter(({ id }) => !gone.has(id));
    lookedMs = nowMs;

    const left = new Set(here.map(({ id }) => id));
    const history = genuine.filter(({ timeMs }) => timeMs <= nowMs);
    const kept = new Set(keptWithout(world, history));
    for (const { id, timeMs, set } of existed) {
      if (!kept.has(id) || !goesOn(world, history, listingsLie ? timeMs : takeoverMs, nowMs)) continue;
      compared.count += 1;
      const isWhole = existed.every((part) => part.set !== set || left.has(part.id));
      if (!isWhole) return `${new Date(timeMs).toISOString()} at ${new Date(nowMs).toISOString()}`;
    }
  }
  return null;
}

/** How many archives were compared in all worlds. */
function playWorlds(limits: AttackLimits): number {
  const compared = { count: 0 };
  fc.assert(
    fc.property(attackedWorlds(limits), (world) => {
      const loss = firstLoss(world, limits, compared);
      if (loss !== null) throw new Error(`${world.rule} ${world.count}: lost ${loss}`);
    }),
    { numRuns: 400 },
  );
  return compared.count;
}

t.test('what the rules keep without the attacker is kept whatever is uploaded', async (t) => {
  t.ok(playWorlds({ listingsLie: false, mayHaveHoles: true }) > 1000, 'enough was compared');
});

t.test('also when listings lie about the times of what was not known yet, where no upload was missed', async (t) => {
  t.ok(playWorlds({ listingsLie: true, mayHaveHoles: false }) > 1000, 'enough was compared');
});
