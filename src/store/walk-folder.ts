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
  for await (const { path, entered } of walkEverything(root, below)) if (!entered) yield path;
}

interface WalkedPath {
  readonly path: string;
  /** It is a folder, and what is in it comes next. */
  readonly entered: boolean;
}

/** As `walkFolder`, with the folders themselves, each before what is in it. */
export async function* walkEverything(root: string, below = ''): AsyncGenerator<WalkedPath> {
  const path = join(root, below);
  const folder = await enter(path);
  if (folder === null) {
    if (below !== '') yield { path: below, entered: false };
    return;
  }
  if (below !== '') yield { path: below, entered: true };
  for await (const entry of folder) {
    const inner = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) yield* walkEverything(root, inner);
    else yield { path: inner, entered: false };
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
