import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { AppError, systemCode } from '../core/errors.ts';

/** The text of a file that the owner wrote. Throws CONFIG_NOT_FOUND, also for one that may not be read; `hint` replaces its next step. */
export function readTextFile(file: string, hint?: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    const path = resolve(file);
    const words = systemCode(error) === 'ENOENT' ? `there is no ${path}` : `${path} cannot be read`;
    throw new AppError('CONFIG_NOT_FOUND', words, { cause: error, ...(hint === undefined ? {} : { hint }) });
  }
}
