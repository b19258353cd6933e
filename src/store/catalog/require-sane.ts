import { AppError, isAppError } from '../../core/errors.ts';

/** 8.64e15 is the end of dates (ECMA-262, Time Values and Time Range); what is added to a time must not lead there. */
export const MAX_TIME_MS = 8e15;

/**
 * Throws CATALOG_CORRUPT where a column holds what this program never writes: a flipped bit within a value is nothing that SQLite could notice.
 *
 * @param where for a person: which row of which table
 */
export function requireTimes(where: () => string, ...times: readonly (number | null)[]): void {
  for (const time of times) {
    if (time !== null && !(Math.abs(time) <= MAX_TIME_MS)) throw damagedRow(where(), `${time} is no time`);
  }
}

/** The object that a column holds as JSON. Throws CATALOG_CORRUPT. */
export function parseJsonColumn(where: () => string, text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw damagedRow(where(), error.message);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw damagedRow(where(), 'it holds no object');
}

export function requireOneOf<T extends string>(where: () => string, known: readonly T[], value: string): void {
  if (!known.some((one) => one === value)) throw damagedRow(where(), `${JSON.stringify(value)} is unknown`);
}

/** For what may be missing without harm: null, and what is the matter, where `read` throws CATALOG_CORRUPT. */
export function ifSane<T>(
  read: () => T,
): { readonly value: T; readonly flaw: null } | { readonly value: null; readonly flaw: string } {
  try {
    return { value: read(), flaw: null };
  } catch (error) {
    if (!isAppError(error, 'CATALOG_CORRUPT')) throw error;
    return { value: null, flaw: error.message };
  }
}

/** The error about a row that this program never wrote. */
export function damagedRow(where: string, why: string): AppError {
  return new AppError('CATALOG_CORRUPT', `the catalog is damaged: ${where}: ${why}`);
}
