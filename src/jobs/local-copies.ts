import { basename, dirname } from 'node:path';
import { isAppError } from '../core/errors.ts';
import type { AttachedStore } from '../store/attached-store.ts';
import type { ArchiveRow } from '../store/catalog/archive-row.ts';
import type { Catalog } from '../store/catalog/catalog.ts';
import { DATA_SUFFIX, listQuarantine } from '../store/quarantine.ts';
import { recordContent } from '../store/quarantine-reason.ts';
import { translateFsError } from '../store/translate-fs-error.ts';

/** A file that may hold an archive's bytes; who uses it hashes it. */
export interface LocalCopy {
  /** Absolute. */
  readonly file: string;
  /** Where it lies, for the history. */
  readonly words: string;
}

/** What lies somewhere it does not belong: in quarantine, or at the path of an archive that was found damaged. */
interface Misplaced extends LocalCopy {
  /** Of the damaged archive at whose path it lies; null in quarantine. */
  readonly archiveId: number | null;
}

const PAGE = 500;
/** Each candidate may have to be read to its end. */
const MAX_CANDIDATES = 8;
/** Where more than these are in the wrong place the disk is broken, or all of it came from elsewhere. */
const MAX_MISPLACED = 10_000;

/**
 * Where else on the disk an archive's bytes may lie: another archive with the same content, a file that changed places with it, quarantine.
 * Which files those are is known from what was found when they were hashed; only their size is known of some.
 */
export class LocalCopies {
  readonly #store: AttachedStore;
  readonly #catalog: Catalog;
  readonly #bySha256 = new Map<string, Misplaced[]>();
  readonly #bySize = new Map<number, Misplaced[]>();
  #misplaced = 0;

  private constructor(store: AttachedStore, catalog: Catalog) {
    this.#store = store;
    this.#catalog = catalog;
  }

  /** Looks once at what is misplaced now; `moved` keeps it up to date. */
  static async find({ store, catalog }: { store: AttachedStore; catalog: Catalog }): Promise<LocalCopies> {
    const copies = new LocalCopies(store, catalog);
    for (const row of damagedRows(catalog)) {
      const finding = catalog.scrub.finding(row.id);
      if (finding === null || row.path === null) continue;
      const file = copies.#placeOf(row.vault, row.path);
      if (file === null) continue;
      const words = `what lay at ${row.vault}/${row.path}`;
      copies.#add({ file, words, archiveId: row.id }, finding.foundSha256, finding.foundBytes);
    }
    for (const { name, dataPath, sizeBytes, reason } of await listQuarantine(store.quarantineDir)) {
      if (dataPath === null) continue;
      copies.#add(
        { file: dataPath, words: `${name} in quarantine`, archiveId: null },
        reason?.sha256 ?? null,
        sizeBytes,
      );
    }
    return copies;
  }

  /**
   * The likeliest first.
   *
   * @param isTried files that are known not to be it
   */
  of(row: ArchiveRow, isTried: (file: string) => boolean): LocalCopy[] {
    const twins = this.#catalog.scrub.twins(row, MAX_CANDIDATES).flatMap(({ vault, path }) => {
      const file = path === null ? null : this.#placeOf(vault, path);
      return file === null ? [] : [{ file, words: `${vault}/${path}, the same content` }];
    });
    const misplaced = [...(this.#bySha256.get(row.sha256 ?? '') ?? []), ...(this.#bySize.get(row.sizeBytes) ?? [])];
    return [...twins, ...misplaced.filter(({ archiveId }) => archiveId !== row.id)]
      .filter(({ file }) => !isTried(file))
      .slice(0, MAX_CANDIDATES);
  }

  /** This file was read, and these are its bytes. */
  async learned({ file }: LocalCopy, sha256: string): Promise<void> {
    for (const known of this.#bySize.values()) {
      const index = known.findIndex((one) => one.file === file);
      const [misplaced] = index < 0 ? [] : known.splice(index, 1);
      if (misplaced !== undefined) append(this.#bySha256, sha256, misplaced);
    }
    const { quarantineDir } = this.#store;
    if (dirname(file) !== quarantineDir) return;
    try {
      await recordContent(quarantineDir, basename(file, DATA_SUFFIX), sha256);
    } catch (error) {
      throw translateFsError(error, `writing down what ${file} is`);
    }
  }

  /** The bad file of this archive lies in quarantine now, under this name; null: there was none. */
  moved(row: ArchiveRow, file: string | null): void {
    for (const known of [...this.#bySha256.values(), ...this.#bySize.values()]) {
      const index = known.findIndex(({ archiveId }) => archiveId === row.id);
      const [former] = index < 0 ? [] : known.splice(index, 1);
      if (former !== undefined && file !== null) known.push({ ...former, file, archiveId: null });
    }
  }

  /** null where a link or another filesystem stands in the way. */
  #placeOf(vault: string, path: string): string | null {
    try {
      return this.#store.placeOf(vault, path);
    } catch (error) {
      if (isAppError(error, 'STORE_SYMLINK', 'STORE_UNSUITABLE')) return null;
      throw error;
    }
  }

  #add(misplaced: Misplaced, sha256: string | null, sizeBytes: number | null): void {
    if (this.#misplaced >= MAX_MISPLACED || (sha256 === null && sizeBytes === null)) return;
    this.#misplaced += 1;
    if (sha256 !== null) append(this.#bySha256, sha256, misplaced);
    else if (sizeBytes !== null) append(this.#bySize, sizeBytes, misplaced);
  }
}

function* damagedRows(catalog: Catalog): Generator<ArchiveRow> {
  for (const vault of catalog.scrub.damagedVaults()) {
    let afterId = 0;
    for (;;) {
      const rows = catalog.scrub.damaged(vault, afterId, PAGE);
      yield* rows;
      afterId = rows.at(-1)?.id ?? 0;
      if (rows.length < PAGE) break;
    }
  }
}

function append<Key>(map: Map<Key, Misplaced[]>, key: Key, misplaced: Misplaced): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [misplaced]);
  else known.push(misplaced);
}
