import { playWorld, type Tally } from './play-world.ts';
import type { Stage } from './stage.ts';

/** More than a few tell nothing new. */
const MAX_FAILURES = 5;

/** Plays worlds of consecutive seeds, until some have failed; each failure in words, with its seed. */
export async function playWorlds(
  stage: Stage,
  options: { readonly firstSeed: number; readonly count: number },
): Promise<{ tally: Tally; failures: string[] }> {
  const tally: Tally = new Map();
  const failures: string[] = [];
  for (let index = 0; index < options.count && failures.length < MAX_FAILURES; index += 1) {
    try {
      await playWorld(stage, options.firstSeed + index, tally);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      failures.push(`${error.message}\n${String(error.cause instanceof Error ? error.cause.stack : error.cause)}`);
    }
  }
  return { tally, failures };
}
