import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import type { VaultConfig } from '../core/config/config.ts';
import { isAppError, systemCode } from '../core/errors.ts';
import { keyOfPath } from '../core/path-key.ts';
import { SUMS_NAME, SUMS_TEMPORARY_NAME } from '../core/sha256sums.ts';
import type { AttachedStore } from '../store/attached-store.ts';
import type { ArchiveRow } from '../store/catalog/archive-row.ts';
import type { Catalog } from '../store/catalog/catalog.ts';
import { folderNames } from '../store/folder-names.ts';
import { removeIfEmpty, removeSecondName } from '../store/found-file.ts';
import { RESERVED_TOP_NAMES } from '../store/store-layout.ts';
import { translateFsError } from '../store/translate-fs-error.ts';
import { vaultFolders } from '../store/vault-folders.ts';
import { walkFolder } from '../store/walk-folder.ts';
import type { ArchiveAdoption } from './adopt-archives.ts';
import { keysOfPlainPath } from './candidate-files.ts';
import { lacksFile } from './lacks-file.ts';

const MAX_NAMES = 100;

/** A vault as far as its files are concerned; `adoption` is null where it could not be listed. */
export interface LeftVault {
  readonly vault: VaultConfig;
  readonly adoption: ArchiveAdoption | null;
}

/** What remains when every listed archive has been looked for: files with names that only their path tells, second names, strangers. */
export class LeftFiles {
  readonly #store: AttachedStore;
  readonly #catalog: Catalog;
  readonly #vaults: readonly VaultConfig[];
  readonly #whole: boolean;
  readonly #names: string[] = [];
  #count = 0;

  /** @param args.whole also files outside the folders of vaults */
  constructor(args: { store: AttachedStore; catalog: Catalog; vaults: readonly VaultConfig[]; whole: boolean }) {
    this.#store = args.store;
    this.#catalog = args.catalog;
    this.#vaults = args.vaults;
    this.#whole = args.whole;
  }

  /** Files that nothing vouches for: their number and the first names, below the store. */
  get found(): { readonly count: number; readonly names: readonly string[] } {
    return { count: this.#count, names: this.#names };
  }

  async look(vaults: readonly LeftVault[], signal: AbortSignal): Promise<void> {
    const ours = new Map(vaults.map((one) => [one.vault.name, one]));
    const folders = vaultFolders(this.#store.root).filter(
      (name) => this.#whole || ours.has(name) || this.#isVault(name),
    );
    for (const folder of folders) {
      for await (const path of walkFolder(this.#store.root, folder)) {
        signal.throwIfAborted();
        await this.#examine(path, folder, ours.get(folder)?.adoption ?? null);
      }
    }
    if (!this.#whole) return;
    for await (const path of walkFolder(this.#store.root)) {
      if (path.includes('/')) continue;
      if (!RESERVED_TOP_NAMES.has(path)) await this.#examine(path, null, null);
    }
  }

  /** Folders that files were moved out of, by this process or one that was killed: archives were in them, and nothing is now. */
  removeEmptyFolders(): void {
    if (!this.#whole) return;
    for (const folder of vaultFolders(this.#store.root)) this.#removeIfLeft(folder);
  }

  #removeIfLeft(folder: string): void {
    const path = join(this.#store.root, folder);
    for (const entry of listFolders(path)) this.#removeIfLeft(`${folder}/${entry}`);
    const hadArchives = this.#vaults.some(
      (vault) =>
        vault.name !== folder &&
        [...keysOfPlainPath(vault, folder)].some((key) => this.#catalog.archives.hasKeyBelow(vault.name, key)),
    );
    if (hadArchives) removeIfEmpty(path);
  }

  /** A vault that has left the configuration and has archives here. */
  #isVault(name: string): boolean {
    return this.#catalog.counts.knowsAtLeast(name, 1);
  }

  async #examine(relativePath: string, folder: string | null, adoption: ArchiveAdoption | null): Promise<void> {
    const path = folder === null ? null : relativePath.slice(folder.length + 1);
    if (path === SUMS_NAME || path === SUMS_TEMPORARY_NAME) return;
    if (folder !== null && path !== null) {
      if (this.#catalog.archives.atPath(folder, path) !== null) return;
      if (adoption !== null && (await this.#adopt(folder, path, adoption))) return;
    }
    if (this.#whole && this.#isSecondName(relativePath)) return;
    this.#count += 1;
    if (this.#names.length < MAX_NAMES) this.#names.push(relativePath);
  }

  /** A name with marks that no listing leads to. */
  async #adopt(vault: string, path: string, adoption: ArchiveAdoption): Promise<boolean> {
    const key = keyOfPath(path);
    const file = this.#locate(`${vault}/${path}`);
    if (key === null || file === null) return false;
    const rows = this.#catalog.archives
      .ofKey(vault, key)
      .filter((row) => lacksFile(row) && row.sizeBytes === file.sizeBytes);
    return adoption.adoptAt(path, file.path, rows);
  }

  /** The name under which an archive was found, and which a crash kept from being taken away. */
  #isSecondName(relativePath: string): boolean {
    const file = this.#locate(relativePath);
    if (file === null || file.links < 2) return false;
    for (const vault of this.#vaults) {
      for (const key of keysOfPlainPath(vault, relativePath)) {
        for (const row of this.#catalog.archives.ofKey(vault.name, key)) {
          if (!this.#isFileOf(row, file.inode)) continue;
          this.#store.assertAttached();
          removeSecondName(file.path);
          return true;
        }
      }
    }
    return false;
  }

  #isFileOf({ vault, path, state }: ArchiveRow, inode: bigint): boolean {
    if (state !== 'stored' || path === null) return false;
    return this.#locate(`${vault}/${path}`)?.inode === inode;
  }

  #locate(relativePath: string): { path: string; sizeBytes: number; inode: bigint; links: number } | null {
    try {
      const path = this.#store.resolveBelow(relativePath);
      const facts = lstatSync(path, { bigint: true, throwIfNoEntry: false });
      if (facts?.isFile() !== true) return null;
      return { path, sizeBytes: Number(facts.size), inode: facts.ino, links: Number(facts.nlink) };
    } catch (error) {
      if (isAppError(error, 'STORE_SYMLINK', 'STORE_UNSUITABLE') || systemCode(error) === 'ENAMETOOLONG') return null;
      throw isAppError(error) ? error : translateFsError(error, `looking at ${relativePath}`);
    }
  }
}

function listFolders(path: string): string[] {
  try {
    return folderNames(path);
  } catch (error) {
    if (systemCode(error) === 'EACCES') return [];
    throw translateFsError(error, `looking into ${path}`);
  }
}
