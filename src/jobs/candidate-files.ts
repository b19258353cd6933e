import { createHash } from 'node:crypto';
import { lstatSync } from 'node:fs';
import type { ListedObject } from '../core/archive.ts';
import { isAppError, systemCode } from '../core/errors.ts';
import { assignPath, escapeKey, type Occupant } from '../core/key-path.ts';
import { keyOfPath } from '../core/path-key.ts';
import { foundName } from '../store/found-name.ts';
import { PRIVATE_FOLDER } from '../store/store-layout.ts';
import { translateFsError } from '../store/translate-fs-error.ts';

/** Where files may lie that nobody has entered into a catalog. */
export interface Ground {
  /** The absolute path of something below the root. Throws STORE_SYMLINK or STORE_UNSUITABLE where a link or a file is in the way. */
  readonly resolve: (relativePath: string) => string;
  /** Also under the plain key, with and without the vault's folder: what `aws s3 sync` and rclone make. */
  readonly plainNames: boolean;
  /** Folders, below the root, into which files were moved that stood in the way of our own (`foundName`). */
  readonly foundFolders: readonly string[];
  /** Names at the top under which our own files lie by now: nobody's archives, whatever a vault calls so. */
  readonly ownNames: ReadonlySet<string>;
}

export interface Candidate {
  /** Below the root. */
  readonly relativePath: string;
  /** The same, absolute. */
  readonly file: string;
  /** Below the vault's folder, where it may stay; null: it has to be moved to where its archive belongs. */
  readonly path: string | null;
}

/** The archive that lies under a name, or would, if the folder at the top is that of a vault. */
export interface ArchiveName {
  readonly vault: string;
  readonly key: string;
}

type Sought = Pick<ListedObject, 'key' | 'versionId' | 'etag' | 'sizeBytes'>;

/**
 * Plain files of an archive's size where its file may lie, the likeliest first: under the names that the store gives, then under those that others
 * give. Follows no symbolic links.
 *
 * @param isFree has no archive of any vault this path below the root?
 */
export function* candidateFiles(
  ground: Ground,
  vault: { readonly name: string; readonly prefix: string },
  sought: Sought,
  isFree: (relativePath: string) => boolean,
): Generator<Candidate> {
  const seen = new Set<string>();
  for (const path of storePaths(sought)) {
    if (!isFree(`${vault.name}/${path}`)) continue;
    const candidate = look(ground, `${vault.name}/${path}`, sought.sizeBytes);
    if (candidate !== null && !seen.has(path)) yield { ...candidate, path };
    seen.add(path);
  }
  if (!ground.plainNames) return;
  for (const relativePath of plainPaths(vault, sought.key, ground)) {
    const below = belowVault(vault.name, relativePath);
    if ((below !== null && seen.has(below)) || !isFree(relativePath)) continue;
    const candidate = look(ground, relativePath, sought.sizeBytes);
    if (candidate !== null) yield { ...candidate, path: null };
  }
}

/** The keys that a plain file may be of: the reverse of what `candidateFiles` looks for. */
export function* keysOfPlainPath(
  vault: { readonly name: string; readonly prefix: string },
  relativePath: string,
): Generator<string> {
  const below = belowVault(vault.name, relativePath);
  for (const rest of below === null ? [relativePath] : [below, relativePath]) {
    yield rest;
    if (vault.prefix !== '') yield vault.prefix + rest;
  }
}

/**
 * Which archive has this place, by the names that the store gives? A file that is another vault's as well (`web/a` may be `a` of the vault web, and
 * `web/a` of a second one) stays with the vault whose folder it lies in. null: the name does not tell.
 */
export function archiveNamed(relativePath: string): ArchiveName | null {
  const end = relativePath.indexOf('/');
  const key = end < 0 ? null : keyOfPath(relativePath.slice(end + 1));
  return key === null ? null : { vault: relativePath.slice(0, end), key };
}

/** What tells this content or version from others of the same key, in a file name. */
export function versionTag({ versionId, etag, sizeBytes }: Omit<Sought, 'key'>): string {
  const identity = versionId ?? `${etag}:${sizeBytes}`;
  return createHash('sha256').update(identity).digest('hex').slice(0, 12);
}

/** As `assignPath` gives them to a key alone, beside another version, beside a folder; a version may have been unknown when it did. */
function* storePaths(sought: Sought): Generator<string> {
  const { key } = sought;
  const readable = escapeKey(key);
  yield readable;
  const tags = new Set([versionTag(sought), versionTag({ ...sought, versionId: null })]);
  for (const tag of tags) yield beside(key, tag, readable, 'file');
  for (const tag of tags) yield beside(key, tag, readable, 'folder');
}

function beside(key: string, tag: string, readable: string, occupant: Occupant): string {
  return assignPath({ key, tag, occupied: (path) => (path === readable ? occupant : null) });
}

function* plainPaths(
  { name, prefix }: { name: string; prefix: string },
  key: string,
  { foundFolders, ownNames }: Ground,
): Generator<string> {
  const names = prefix !== '' && key.startsWith(prefix) ? [key, key.slice(prefix.length)] : [key];
  for (const plain of names) {
    if (!isPlainPath(plain)) continue;
    // Our own folder is nobody's archive.
    for (const path of [`${name}/${plain}`, ...(plain.startsWith(`${PRIVATE_FOLDER}/`) ? [] : [plain])]) {
      if (!ownNames.has(path)) yield path;
      const moved = foundName(path, name);
      if (moved !== null) for (const folder of foundFolders) yield `${folder}/${moved}`;
    }
  }
}

function isPlainPath(text: string): boolean {
  return (
    !text.includes('\0') &&
    text.isWellFormed() &&
    text.split('/').every((part) => part !== '' && part !== '.' && part !== '..' && Buffer.byteLength(part) <= 255)
  );
}

function belowVault(vault: string, relativePath: string): string | null {
  return relativePath.startsWith(`${vault}/`) ? relativePath.slice(vault.length + 1) : null;
}

function look({ resolve }: Ground, relativePath: string, sizeBytes: number): Omit<Candidate, 'path'> | null {
  try {
    const file = resolve(relativePath);
    const facts = lstatSync(file, { throwIfNoEntry: false });
    return facts?.isFile() === true && facts.size === sizeBytes ? { relativePath, file } : null;
  } catch (error) {
    if (
      isAppError(error, 'STORE_SYMLINK', 'STORE_UNSUITABLE') ||
      ['ENOTDIR', 'ENAMETOOLONG'].includes(systemCode(error) ?? '')
    )
      return null;
    throw isAppError(error) ? error : translateFsError(error, `looking at ${relativePath}`);
  }
}
