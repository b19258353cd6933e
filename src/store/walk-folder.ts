import type { Dir } from 'node:fs';
import { opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode } from '../core/errors.ts';
import { translateFsError } from './translate-fs-error.ts';

/**
 * The relative path of everything below a folder that is no folder itself: files, links (not followed), pipes. One directory entry at a
 * time, so that memory does not grow with the disk. A folder that cannot be entered (closed, or its name is no UTF-8) is yielded itself;
 * one that is not there has nothing in it. Errors: STORE_*.
 */
export async function* walkFolder(root: string, below = ''): AsyncGenerator<string> {
  const path = join(root, below);
  const folder = await enter(path);
  if (folder === null) {
    if (below !== '') yield below;
    return;
  }
  for await (const entry of folder) {
    const inner = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) yield* walkFolder(root, inner);
    else yield inner;
  }
}

async function enter(path: string): Promise<Dir | null> {
  try {
    return await opendir(path);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EACCES', 'ELOOP'].includes(systemCode(error) ?? '')) return null;
    throw translateFsError(error, `looking into ${path}`);
  }
}
