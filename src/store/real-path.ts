import { lstatSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { AppError } from '../core/errors.ts';

/**
 * Throws STORE_SYMLINK unless an absolute path leads to its file or directory without any symbolic link: a link can be pointed elsewhere while
 * nobody looks. What does not exist at all passes.
 */
export function requireRealPath(path: string): void {
  const facts = lstatSync(path, { throwIfNoEntry: false });
  if (facts === undefined) return;
  if (facts.isSymbolicLink()) throw linked(path, realTarget(path));
  const real = realpathSync(path);
  if (real !== path) throw linked(path, real);
}

function linked(path: string, target: string): AppError {
  return new AppError('STORE_SYMLINK', `${path} is, or lies behind, a symbolic link to ${target}`, {
    hint: `If that is the store, use its real path: ${target}`,
  });
}

/** A link to nowhere has no real path; its text still tells. */
function realTarget(path: string): string {
  const followed = statSync(path, { throwIfNoEntry: false });
  return followed === undefined ? readlinkSync(path) : realpathSync(path);
}
