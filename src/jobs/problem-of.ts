import { asProblem } from '../core/as-problem.ts';
import { type AppError, isAppError } from '../core/errors.ts';
import type { Problem } from '../core/pass-report.ts';

/**
 * Turns an expected failure of `work` into a Problem, null where there was none; a defect is thrown on.
 *
 * @param isWorse failures that are thrown on as well; none by default
 */
export async function problemOf(
  work: () => Promise<void>,
  isWorse: (error: AppError) => boolean = () => false,
): Promise<Problem | null> {
  try {
    await work();
    return null;
  } catch (error) {
    if (!isAppError(error) || isWorse(error)) throw error;
    return asProblem(error);
  }
}
