import { lstatSync, type Stats } from 'node:fs';
import { isAppError } from '../core/errors.ts';
import { assignPath, type Occupant } from '../core/key-path.ts';
import type { AttachedStore } from '../store/attached-store.ts';
import type { ArchiveRow } from '../store/catalog/archive-row.ts';
import type { Catalog } from '../store/catalog/catalog.ts';
import { translateFsError } from '../store/translate-fs-error.ts';
import { versionTag } from './candidate-files.ts';

export interface Place {
  /** The archive's readable path as far as the catalog is concerned. */
  readonly path: string;
  /** Nothing lies there. */
  readonly free: boolean;
  /** Absolute path of a file of the right size that lies there without a row, or null. */
  readonly existing: string | null;
}

/** Which path an archive gets: none that another archive has, none that is promised to one under way, none where a stranger's file lies. */
export class ArchivePlaces {
  readonly #store: AttachedStore;
  readonly #catalog: Catalog;
  /** Of archives under way. */
  readonly #promised = new Set<string>();

  constructor(args: { store: AttachedStore; catalog: Catalog }) {
    this.#store = args.store;
    this.#catalog = args.catalog;
  }

  lookFor(row: ArchiveRow): Place {
    const path = this.#choose(row, () => null);
    const file = this.#resolvable(row.vault, path);
    const found = file === null ? undefined : lookAt(file);
    const isCandidate = found?.isFile() === true && found.size === row.sizeBytes;
    return { path, free: file !== null && found === undefined, existing: isCandidate ? file : null };
  }

  /** A path for an archive whose readable one is taken on the disk. */
  chooseFree(row: ArchiveRow): string {
    return this.#choose(row, (path) => this.#occupantOnDisk(row.vault, path));
  }

  promise(path: string): void {
    this.#promised.add(path);
  }

  release(path: string): void {
    this.#promised.delete(path);
  }

  #choose(row: ArchiveRow, onDisk: (path: string) => Occupant): string {
    return assignPath({
      key: row.key,
      tag: versionTag(row),
      occupied: (path) => this.#catalog.archives.occupant(row.vault, path) ?? this.#promisedAt(path) ?? onDisk(path),
    });
  }

  #promisedAt(path: string): Occupant {
    if (this.#promised.has(path)) return 'file';
    for (const promised of this.#promised) if (promised.startsWith(`${path}/`)) return 'folder';
    return null;
  }

  #occupantOnDisk(vault: string, path: string): Occupant {
    const file = this.#resolvable(vault, path);
    // A stranger's file or link stands where a folder is needed: no way through, and the name itself may be one that is taken.
    if (file === null) return 'file';
    const found = lookAt(file);
    if (found === undefined) return null;
    return found.isDirectory() ? 'folder' : 'file';
  }

  /** The absolute path, or null where a file or a symbolic link stands in the way of its folders. */
  #resolvable(vault: string, path: string): string | null {
    try {
      return this.#store.resolve(vault, path);
    } catch (error) {
      if (!isAppError(error, 'STORE_SYMLINK', 'STORE_UNSUITABLE')) throw error;
      // In the way of the whole vault no other name would help.
      this.#store.requireVaultFolder(vault);
      return null;
    }
  }
}

function lookAt(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw translateFsError(error, `looking at ${path}`);
  }
}
