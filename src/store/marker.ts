import {
  closeSync,
  constants,
  fstatSync,
  linkSync,
  lstatSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { AppError, systemCode } from '../core/errors.ts';
import { MARKER_NAME, MARKER_TEMPORARY_NAME, PRIVATE_FOLDER } from './store-layout.ts';
import { translateFsError } from './translate-fs-error.ts';
import { fsyncFolderSync } from './write-file-atomically.ts';

const FORMAT_VERSION = 1;
const MAX_MARKER_BYTES = 64 * 1024;

const Versioned = z.looseObject({ formatVersion: z.number().int().positive() });

const Marker = z.looseObject({
  storeId: z.uuid(),
  filesystemUuid: z.string().min(1).nullable(),
  createdAt: z.iso.datetime(),
  formatVersion: z.literal(FORMAT_VERSION),
  notAMount: z.boolean(),
});

/** What makes a directory a store. Written once, by `pullmirror init`. */
export interface StoreMarker {
  readonly storeId: string;
  /** Of the filesystem at init, for a person who looks for the disk; null when it could not be found out. */
  readonly filesystemUuid: string | null;
  /** RFC 3339, UTC. */
  readonly createdAt: string;
  readonly formatVersion: typeof FORMAT_VERSION;
  /** The store was made, knowingly, in a directory that is no mount point of its own. */
  readonly notAMount: boolean;
}

export function markerPath(root: string): string {
  return join(root, PRIVATE_FOLDER, MARKER_NAME);
}

/** What lies in the marker's place; `flaw` says why it is none. */
export type FoundMarker =
  | { readonly marker: StoreMarker; readonly flaw: null }
  | { readonly marker: null; readonly flaw: string };

/** As `readMarker`, but what is garbage is said and not thrown. */
export function inspectMarker(root: string): FoundMarker {
  const path = markerPath(root);
  const json = parseJson(readSmallFile(root, path));
  const version = Versioned.safeParse(json);
  if (version.success && version.data.formatVersion > FORMAT_VERSION) {
    throw new AppError('STORE_FORMAT', `${path}: the store has format ${version.data.formatVersion}, known is 1`);
  }
  const marker = Marker.safeParse(json);
  if (marker.success) return { marker: marker.data, flaw: null };
  return { marker: null, flaw: json === undefined ? 'it is not JSON' : wrongFields(marker.error) };
}

/**
 * Reads the marker of the store at `root`. Errors: STORE_NOT_INITIALISED when there is none (an unmounted disk looks the same), STORE_FORMAT when
 * a later release wrote it or it is garbage, STORE_SYMLINK when it or its folder is a link, STORE_IO and STORE_MISSING as the disk says.
 */
export function readMarker(root: string): StoreMarker {
  const { marker, flaw } = inspectMarker(root);
  if (marker !== null) return marker;
  throw new AppError('STORE_FORMAT', `${markerPath(root)} is damaged: ${flaw}`, {
    hint: `Its archives are untouched, and \`restore.sh\` works. \`pullmirror adopt ${root}\` puts the damaged marker aside and makes it anew.`,
  });
}

/** Makes the marker, durably; never replaces one (EEXIST). `<root>/.pullmirror` must exist. Throws the filesystem's own errors. */
export function writeMarker(root: string, marker: StoreMarker): void {
  const folder = join(root, PRIVATE_FOLDER);
  const temporary = join(folder, MARKER_TEMPORARY_NAME);
  rmSync(temporary, { force: true });
  writeFileSync(temporary, `${JSON.stringify(marker, null, 2)}\n`, { mode: 0o644, flag: 'wx', flush: true });
  // A hard link, unlike a rename, fails where a marker is already.
  linkSync(temporary, markerPath(root));
  rmSync(temporary);
  fsyncFolderSync(folder);
}

function readSmallFile(root: string, path: string): string {
  try {
    if (lstatSync(join(root, PRIVATE_FOLDER)).isSymbolicLink()) throw linked(join(root, PRIVATE_FOLDER));
    // O_NONBLOCK: opening a named pipe must not wait for its other end.
    const descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const facts = fstatSync(descriptor);
      if (!facts.isFile() || facts.size > MAX_MARKER_BYTES) return '';
      return readFileSync(descriptor, 'utf8');
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ELOOP') throw linked(path);
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new AppError('STORE_NOT_INITIALISED', `${root} is not a pullmirror store: there is no ${path}`, {
        cause: error,
      });
    }
    throw translateFsError(error, `reading ${path}`, 'read');
  }
}

function wrongFields({ issues }: z.ZodError): string {
  const fields = [...new Set(issues.flatMap(({ path: [field] }) => (field === undefined ? [] : [String(field)])))];
  if (fields.length === 0) return 'it is JSON, but nothing that pullmirror wrote';
  return `missing, or not what pullmirror wrote: ${fields.join(', ')}`;
}

function linked(path: string): AppError {
  return new AppError('STORE_SYMLINK', `${path} is a symbolic link`, {
    hint: 'Look at who made it and remove it; a store holds no symbolic links of ours.',
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
