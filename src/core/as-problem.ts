import type { AppError } from './errors.ts';
import type { Problem } from './pass-report.ts';

/** What of an error is told and remembered. */
export function asProblem({ code, message, hint }: AppError): Problem {
  return { code, message, hint };
}
