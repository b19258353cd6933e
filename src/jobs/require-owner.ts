import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../core/errors.ts';
import { LOST_AND_FOUND } from '../store/store-layout.ts';
import { translateFsError } from '../store/translate-fs-error.ts';
import { walkEverything } from '../store/walk-folder.ts';

/**
 * Throws STORE_UNSUITABLE when something in the directory belongs to another user than the one that works here, or, for root, than the directory
 * itself: on another machine users have other numbers. Nothing could be written then, or not by the service.
 *
 * @param uid of this process
 */
export async function requireOneOwner(root: string, uid: number, signal: AbortSignal): Promise<void> {
  const ownerOf = (path: string): number | null => {
    try {
      return lstatSync(path, { throwIfNoEntry: false })?.uid ?? null;
    } catch (error) {
      throw translateFsError(error, `looking at ${path}`, 'read');
    }
  };
  const wanted = uid === 0 ? (ownerOf(root) ?? uid) : uid;
  let count = 0;
  let example: string | null = null;
  const look = (path: string): void => {
    const owner = ownerOf(path);
    if (owner === null || owner === wanted) return;
    count += 1;
    example ??= `${path} belongs to user ${owner}`;
  };
  look(root);
  for await (const { path } of walkEverything(root)) {
    signal.throwIfAborted();
    if (path !== LOST_AND_FOUND && !path.startsWith(`${LOST_AND_FOUND}/`)) look(join(root, path));
  }
  if (example === null) return;
  throw new AppError(
    'STORE_UNSUITABLE',
    `${root} does not belong to user ${wanted} with all that is in it: ${example}; ${count} files or folders in all`,
    {
      hint: `Give it to the user that runs pullmirror: sudo chown -hR ${wanted} ${root}. Then run the command again as that user.`,
    },
  );
}
