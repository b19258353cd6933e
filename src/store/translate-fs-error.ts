import { constants } from 'node:os';
import { AppError, type ErrorCode, isAppError, systemCode } from '../core/errors.ts';

const CODES: Readonly<Record<string, ErrorCode>> = {
  ENOSPC: 'STORE_FULL',
  EDQUOT: 'STORE_FULL',
  EROFS: 'STORE_READ_ONLY',
  EACCES: 'STORE_FORBIDDEN',
  EPERM: 'STORE_FORBIDDEN',
  EIO: 'STORE_IO',
  EUCLEAN: 'STORE_IO',
  EBADMSG: 'STORE_IO',
  EREMOTEIO: 'STORE_IO',
  ESHUTDOWN: 'STORE_IO',
  ENODEV: 'STORE_MISSING',
  ENXIO: 'STORE_MISSING',
  ESTALE: 'STORE_MISSING',
  ENOTCONN: 'STORE_MISSING',
  ENOMEDIUM: 'STORE_MISSING',
  // Everything is opened with O_NOFOLLOW.
  ELOOP: 'STORE_SYMLINK',
};

const READ_PERMISSION_HINT = 'Run it with sudo, or as the user that owns the store.';
const HINTS: Readonly<Record<string, string>> = {
  ELOOP: 'Find out who made the symbolic link and remove it; pullmirror neither makes nor follows any.',
};

/** libuv names only the errors it knows; the others come as "Unknown system error -117" with their number (errno.h of Linux). */
const UNNAMED: Readonly<Record<number, string>> = {
  [constants.errno.EDQUOT]: 'EDQUOT',
  [constants.errno.ESTALE]: 'ESTALE',
  [constants.errno.EBADMSG]: 'EBADMSG',
  117: 'EUCLEAN',
  123: 'ENOMEDIUM',
};

/**
 * What to throw for an error of the filesystem under the store: an AppError where the disk is to blame, else the error itself (AppErrors and
 * everything unknown pass unchanged). Use: `catch (error) { throw translateFsError(error, 'writing /srv/archive/web/a') }`.
 *
 * @param doing what was tried, with its path; begins the message
 * @param access what was refused where it is a matter of permission: who may not even look needs no other owner of the files
 */
export function translateFsError(error: unknown, doing: string, access: 'read' | 'write' = 'write'): unknown {
  if (isAppError(error) || !(error instanceof Error)) return error;
  const name = errorName(error);
  const code = name === undefined ? undefined : CODES[name];
  if (code === undefined) return error;
  const hint = code === 'STORE_FORBIDDEN' && access === 'read' ? READ_PERMISSION_HINT : HINTS[name ?? ''];
  return new AppError(code, `${doing}: ${error.message}`, { cause: error, ...(hint === undefined ? {} : { hint }) });
}

function errorName(error: Error): string | undefined {
  if ('errno' in error && typeof error.errno === 'number') {
    const unnamed = UNNAMED[-error.errno];
    if (unnamed !== undefined) return unnamed;
  }
  return systemCode(error);
}
