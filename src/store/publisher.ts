import { link } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Proof } from '../core/archive.ts';
import type { Clock } from '../core/clock.ts';
import { AppError, systemCode } from '../core/errors.ts';
import type { Actor } from '../core/event-names.ts';
import type { AttachedStore } from './attached-store.ts';
import type { ArchiveRow } from './catalog/archive-row.ts';
import type { Catalog } from './catalog/catalog.ts';
import { FoundFile } from './found-file.ts';
import { makeFolders } from './make-folders.ts';
import type { PartialFile } from './partial-file.ts';
import { appendChecksums } from './sha256sums-file.ts';
import { markSumsBehind } from './sums-repair.ts';
import { translateFsError } from './translate-fs-error.ts';
import { fsyncFolder } from './write-file-atomically.ts';

/** More than this in one group gains nothing and holds the catalog's lock longer. */
const MAX_GROUP = 128;

export interface Publication {
  readonly row: ArchiveRow;
  /** Below the vault's folder, from `assignPath`. */
  readonly path: string;
  /** The verified bytes: downloaded, or found on the disk; null when they already lie at `path` as they should. */
  readonly partial: PartialFile | FoundFile | null;
  readonly sha256: string;
  readonly proof: Proof;
  readonly suspect: string | null;
  /** Its series expects the same key with other content (`series[].versions`). */
  readonly mayHaveVersions: boolean;
}

interface Waiting {
  readonly publication: Publication;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Gives verified archives their final names, in groups: whatever is ready while one group is written makes the next. For each group:
 * fsync the files, link them under their final names (a link never replaces what is there), fsync the folders, commit the rows, append
 * to SHA256SUMS. So a final name always means a complete file, and a row always means bytes on the disk.
 */
export class Publisher {
  readonly #store: AttachedStore;
  readonly #catalog: Catalog;
  readonly #clock: Clock;
  /** Who publishes, for the history. */
  readonly actor: Actor;
  readonly #sumsLacking = new Set<string>();
  /** Folders whose own entry this publisher has made durable. */
  readonly #durable = new Set<string>();
  #waiting: Waiting[] = [];
  #working: Promise<void> | null = null;

  constructor(args: { store: AttachedStore; catalog: Catalog; clock: Clock; actor: Actor }) {
    this.#store = args.store;
    this.#catalog = args.catalog;
    this.#clock = args.clock;
    this.actor = args.actor;
  }

  /** Vaults whose SHA256SUMS lacks lines of recorded archives, because appending them failed: it has to be written anew. */
  get sumsLacking(): ReadonlySet<string> {
    return this.#sumsLacking;
  }

  /** Resolves when the archive is durable under its final name and recorded. */
  publish(publication: Publication): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ publication, resolve, reject });
      this.#working ??= this.#work();
    });
  }

  async #work(): Promise<void> {
    // One turn of the event loop lets publications that are ready together share a group.
    await new Promise(setImmediate);
    while (this.#waiting.length > 0) {
      const group = this.#waiting.splice(0, MAX_GROUP);
      try {
        await this.#publishGroup(group);
      } catch (error) {
        for (const { publication, reject } of group) {
          reject(error);
          // Its own failure would hide the first one, and both have the same disk to blame.
          await publication.partial?.close().catch(() => undefined);
        }
      }
    }
    this.#working = null;
  }

  async #publishGroup(group: readonly Waiting[]): Promise<void> {
    this.#store.assertAttached();
    const folders = new Set<string>();
    const linked: Waiting[] = [];
    await Promise.all(group.map(({ publication }) => this.#seal(publication)));
    for (const waiting of group) {
      try {
        await this.#linkFinal(waiting.publication, folders);
        linked.push(waiting);
      } catch (error) {
        waiting.reject(error);
      }
    }
    // Deepest first, so that a folder is durable before the folder that names it.
    for (const folder of [...folders].sort((a, b) => b.length - a.length)) await this.#fsync(folder);
    for (const { publication } of linked)
      this.#durable.add(dirname(this.#store.resolve(publication.row.vault, publication.path)));
    this.#record(linked.map(({ publication }) => publication));
    await this.#appendSums(linked.map(({ publication }) => publication));
    for (const { publication } of linked) await publication.partial?.remove();
    for (const { resolve } of linked) resolve();
  }

  async #seal({ partial, row }: Publication): Promise<void> {
    if (partial === null) return;
    await partial.seal({ mtimeMs: row.lastModifiedMs });
    await partial.close();
  }

  async #linkFinal(publication: Publication, folders: Set<string>): Promise<void> {
    const { row, path, partial } = publication;
    const finalPath = this.#store.resolve(row.vault, path);
    const found = partial instanceof FoundFile ? partial : null;
    try {
      found?.requireProven();
      await makeFolders(this.#store.root, dirname(finalPath), { touched: folders, durable: this.#durable });
      folders.add(dirname(finalPath));
      if (partial !== null && partial.path !== finalPath) await this.#link(partial.path, finalPath, folders);
      await found?.requireFinal(finalPath);
    } catch (error) {
      if (systemCode(error) === 'EEXIST') {
        const hint = 'Move that file out of the store; the next pass fetches the archive again.';
        throw new AppError('STORE_IO', `${finalPath} appeared while its archive was being downloaded`, {
          cause: error,
          hint,
        });
      }
      throw translateFsError(error, `writing ${finalPath}`);
    }
  }

  /** The owner may have moved a folder away that was there for the group before. */
  async #link(from: string, to: string, folders: Set<string>): Promise<void> {
    try {
      await link(from, to);
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error;
      this.#durable.clear();
      folders.delete(dirname(to));
      await makeFolders(this.#store.root, dirname(to), { touched: folders, durable: this.#durable });
      folders.add(dirname(to));
      await link(from, to);
    }
  }

  #record(publications: readonly Publication[]): void {
    if (publications.length === 0) return;
    const nowMs = this.#clock.now();
    this.#catalog.transaction(() => {
      for (const { row, path, sha256, proof, suspect, partial, mayHaveVersions } of publications) {
        const { archives } = this.#catalog;
        const clearsConflict = archives.hasStoredContent(row.vault, row.key, sha256);
        // Same ETag and size, other bytes: no listing can show that.
        const isConflict = !clearsConflict && !mayHaveVersions && archives.hasStoredDouble(row, sha256);
        archives.recordStored({ id: row.id, path, sha256, proof, suspect, clearsConflict, isConflict }, nowMs);
        this.#catalog.history.append(
          {
            actor: this.actor,
            event: partial === null || partial instanceof FoundFile ? 'archive.adopted' : 'archive.stored',
            vault: row.vault,
            key: row.key,
            archiveId: row.id,
            detail: { path, sha256, proof, sizeBytes: row.sizeBytes, ...(suspect === null ? {} : { suspect }) },
          },
          nowMs,
        );
      }
      for (const vault of vaultsOf(publications)) markSumsBehind(this.#catalog, vault);
    });
  }

  async #appendSums(publications: readonly Publication[]): Promise<void> {
    for (const vault of vaultsOf(publications)) {
      const lines = publications.filter(({ row }) => row.vault === vault).map(({ sha256, path }) => ({ sha256, path }));
      try {
        const { tornLine } = await appendChecksums(this.#store.vaultDir(vault), lines);
        if (tornLine !== null) this.#sumsLacking.add(vault);
      } catch (error) {
        this.#sumsLacking.add(vault);
        throw error;
      }
    }
  }

  async #fsync(folder: string): Promise<void> {
    try {
      await fsyncFolder(folder);
    } catch (error) {
      throw translateFsError(error, `flushing ${folder}`);
    }
  }
}

function vaultsOf(publications: readonly Publication[]): Set<string> {
  return new Set(publications.map(({ row }) => row.vault));
}
