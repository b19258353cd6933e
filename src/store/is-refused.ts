import { accessSync, constants } from 'node:fs';
import { dirname } from 'node:path';
import { systemCode } from '../core/errors.ts';

/** Is it owner and mode, of the file or of its folder, that keeps this user from reading and writing it? SQLite does not tell. access(2) */
export function isRefused(path: string): boolean {
  return [path, dirname(path)].some((one) => {
    try {
      accessSync(one, constants.R_OK | constants.W_OK);
      return false;
    } catch (error) {
      return ['EACCES', 'EPERM'].includes(systemCode(error) ?? '');
    }
  });
}
