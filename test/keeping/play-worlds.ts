import { playWorld, type Tally } from './play-world.ts';
import { DAY_MS, planWorld } from './world-plan.ts';

/** More than a few tell nothing new. */
const MAX_FAILURES = 5;
const DAYS_OF_MONTH = 30;

export interface WorldsResult {
  readonly tally: Tally;
  readonly worlds: number;
  readonly months: number;
  /** Each in words, with its seed. */
  readonly failures: readonly string[];
}

/** Plays worlds of consecutive seeds until together they have lasted so many months, or some have failed. */
export async function playWorlds(options: {
  readonly firstSeed: number;
  readonly months: number;
  readonly scratch: string;
  /** Called after each world. */
  readonly onWorld?: (monthsSoFar: number) => void;
}): Promise<WorldsResult> {
  const { firstSeed, months, scratch, onWorld } = options;
  const tally: Tally = new Map();
  const failures: string[] = [];
  let played = 0;
  let worlds = 0;
  for (let seed = firstSeed; played < months && failures.length < MAX_FAILURES; seed += 1) {
    const plan = planWorld(seed);
    try {
      await playWorld(plan, scratch, tally);
    } catch (error) {
      failures.push(`seed ${seed}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    }
    worlds += 1;
    played += (plan.endMs - plan.beginMs) / DAY_MS / DAYS_OF_MONTH;
    onWorld?.(played);
  }
  return { tally, worlds, months: played, failures };
}
