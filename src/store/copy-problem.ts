import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { asProblem } from '../core/as-problem.ts';
import { type AppError, ERROR_KINDS, systemCode } from '../core/errors.ts';
import type { Problem } from '../core/pass-report.ts';

const Noted = z.object({ code: z.enum(['CATALOG_CORRUPT', 'STATE_UNUSABLE']), message: z.string(), hint: z.string() });

/**
 * Why the copy of a catalog is older than the catalog, or null: whoever tried last, a pass or an owner's decision, has left word beside the copy.
 *
 * @param copyPath see `catalogCopyPath`
 */
export function copyProblem(copyPath: string): Problem | null {
  let text: string;
  try {
    text = readFileSync(pathOf(copyPath), 'utf8');
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    // Without the directory, or for a user who may not look into it, nothing is known.
    return null;
  }
  const noted = Noted.safeParse(jsonOf(text));
  if (noted.success) return noted.data;
  const { hint } = ERROR_KINDS.STATE_UNUSABLE;
  return { code: 'STATE_UNUSABLE', message: `${copyPath} was not renewed, nobody knows why`, hint };
}

/** Where even this cannot be written, state.json cannot either, and who tried says so himself. */
export function noteCopyProblem(copyPath: string, error: AppError): void {
  try {
    writeFileSync(pathOf(copyPath), JSON.stringify(asProblem(error)), { mode: 0o640 });
  } catch (unwritten) {
    if (systemCode(unwritten) === undefined) throw unwritten;
  }
}

export function endCopyProblem(copyPath: string): void {
  rmSync(pathOf(copyPath), { force: true });
}

function pathOf(copyPath: string): string {
  return `${copyPath}.problem`;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
