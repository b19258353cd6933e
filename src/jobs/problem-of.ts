import { isAppError } from '../core/errors.ts';
import type { Problem } from '../core/pass-report.ts';

/** Turns an expected failure of `work` into a Problem, null where there was none; a defect is thrown on. */
export async function problemOf(work: () => Promise<void>): Promise<Problem | null> {
  try {
    await work();
    return null;
  } catch (error) {
    if (!isAppError(error)) throw error;
    return { code: error.code, message: error.message, hint: error.hint };
  }
}
