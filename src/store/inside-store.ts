import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../core/errors.ts';
import { RESERVED_TOP_NAMES } from './store-layout.ts';

/**
 * The absolute path of a relative one, after a look at every component that exists: none may be a symbolic link or lie on another filesystem, all
 * but the last must be folders. A link planted on the disk (it may have been in other hands) so leads no write elsewhere. A few microseconds per
 * component; nothing is remembered, so nothing is outdated.
 *
 * @param deviceOf `st_dev` of the store's root
 * @throws AppError STORE_SYMLINK, STORE_UNSUITABLE; INTERNAL for a path that `assignPath` cannot have made
 */
export function resolveInside(root: string, deviceOf: bigint, components: readonly string[]): string {
  return walk(root, deviceOf, components, components.length);
}

/** The same, but what lies at the end of the path may be anything, or nothing: it is to be moved away. */
export function resolvePlaceInside(root: string, deviceOf: bigint, components: readonly string[]): string {
  return walk(root, deviceOf, components, components.length - 1);
}

/** @param looked so many components are looked at */
function walk(root: string, deviceOf: bigint, components: readonly string[], looked: number): string {
  let path = root;
  for (const [index, component] of components.entries()) {
    if (!isPlainComponent(component)) {
      throw new AppError('INTERNAL', `${JSON.stringify(components.join('/'))} is no path inside the store`);
    }
    path = join(path, component);
    if (index >= looked) break;
    const facts = lstatSync(path, { bigint: true, throwIfNoEntry: false });
    if (facts === undefined) return join(path, ...rest(components, index + 1));
    if (facts.isSymbolicLink()) throw symbolicLink(path);
    if (facts.dev !== deviceOf) throw otherFilesystem(path);
    if (index < components.length - 1 && !facts.isDirectory()) throw notAFolder(path);
  }
  return path;
}

/** `resolveInside` for a directory that need not be a store. */
export function resolveInDirectory(root: string, relativePath: string): string {
  return resolveInside(root, lstatSync(root, { bigint: true }).dev, relativePath.split('/'));
}

/** `resolvePlaceInside` for a directory that need not be a store. */
export function resolvePlaceInDirectory(root: string, relativePath: string): string {
  return resolvePlaceInside(root, lstatSync(root, { bigint: true }).dev, relativePath.split('/'));
}

/** The folder name of a vault, checked: one component, not hidden, none of our own names. */
export function requireVaultName(vault: string): string {
  if (isPlainComponent(vault) && !vault.startsWith('.') && !RESERVED_TOP_NAMES.has(vault)) return vault;
  throw new AppError('INTERNAL', `${JSON.stringify(vault)} cannot be the folder of a vault`);
}

function rest(components: readonly string[], from: number): readonly string[] {
  const missing = components.slice(from);
  if (missing.every(isPlainComponent)) return missing;
  throw new AppError('INTERNAL', `${JSON.stringify(components.join('/'))} is no path inside the store`);
}

function isPlainComponent(component: string): boolean {
  return component !== '' && component !== '.' && component !== '..' && !/[/\0]/.test(component);
}

function symbolicLink(path: string): AppError {
  return new AppError('STORE_SYMLINK', `${path} is a symbolic link; nothing is written through it`, {
    hint: 'Find out who made the link, remove it, and put the file or folder in its place if it was moved.',
  });
}

function otherFilesystem(path: string): AppError {
  return new AppError('STORE_UNSUITABLE', `another filesystem is mounted at ${path}, inside the store`, {
    hint: 'Unmount it: a store is one filesystem, so that finished downloads can get their names by a link.',
  });
}

function notAFolder(path: string): AppError {
  return new AppError('STORE_UNSUITABLE', `${path} is a file where a folder of the store should be`, {
    hint: 'Move that file out of the store.',
  });
}
