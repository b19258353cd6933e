import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { DAY_MS } from '../core/duration.ts';
import { AppError, type ErrorCode, isAppError, systemCode } from '../core/errors.ts';
import type { Actor } from '../core/event-names.ts';
import { FirstOfMany } from '../core/first-of-many.ts';
import type { IdSet } from '../core/id-set.ts';
import type { ArchiveProblem } from '../core/pass-report.ts';
import type { ArchiveRow } from '../store/catalog/archive-row.ts';
import { REPAIR_FAILED_EVENT } from '../store/catalog/scrub-table.ts';
import { DATA_SUFFIX } from '../store/quarantine.ts';
import { replaceDamaged } from '../store/replace-damaged.ts';
import { translateFsError } from '../store/translate-fs-error.ts';
import { trimQuarantine } from '../store/trim-quarantine.ts';
import type { VaultReader } from '../vault/vault-reader.ts';
import { DiskRoom } from './disk-room.ts';
import { FailureTally } from './failure-tally.ts';
import { findReplacement, type Replacement, type ReplacementContext, takeLeftover } from './find-replacement.ts';
import { interruption } from './interruption.ts';
import { LocalCopies, type LocalCopy } from './local-copies.ts';
import { oneFilesTrouble } from './one-files-trouble.ts';
import { type ReadRequest, type ReadVerdict, readArchive } from './read-archive.ts';
import type { TransferContext } from './transfer-context.ts';
import { TriedFiles } from './tried-files.ts';
import { withRetries } from './with-retries.ts';

/** What would fetch everything again and fail again is tried so often; `insist` does it at once. */
const AGAIN_AFTER_MS = DAY_MS;
const FOR_GOOD: ReadonlySet<ErrorCode> = new Set(['VERIFICATION_FAILED', 'REPAIR_DIFFERS']);
const PAGE = 500;

export interface RepairContext extends TransferContext {
  /** null: the configuration has no such vault any more; then only what lies on the disk can help. */
  readonly reader: VaultReader | null;
  /** Who repairs, for the history. */
  readonly actor: Actor;
  /** Try also what failed for good less than a day ago. */
  readonly insist: boolean;
}

export interface RepairedArchive {
  readonly archive: ArchiveRow;
  /** Where the right bytes came from. */
  readonly source: string;
  /** The bad file's name in quarantine, without its suffix; null when there was none. */
  readonly quarantined: string | null;
}

export interface RepairResult {
  readonly repaired: FirstOfMany<RepairedArchive>;
  /** How many of them left a bad file in quarantine: of a missing one there is none. */
  readonly quarantined: number;
  /** Right again without any doing of ours. */
  readonly recovered: FirstOfMany<ArchiveRow>;
  /** The vault no longer has them, and nothing on the disk holds their bytes: they stay as they are. */
  readonly lost: FirstOfMany<ArchiveRow>;
  readonly failures: readonly ArchiveProblem[];
  /** As for `mirrorArchives`. */
  readonly stopped: AppError | null;
}

/**
 * Makes the damaged archives of one vault right again: from what lies elsewhere on the disk, else from the vault. What replaces a file has the
 * SHA-256 that was recorded when the archive was verified; the bad file goes to quarantine when its replacement is whole and on the disk, not before.
 * An archive that cannot be repaired is left as it is. Costs one look into an index when nothing is damaged. Throws defects, and CATALOG_*.
 *
 * @param only the archives to repair, by number; null: all of the vault
 */
export async function repairArchives(
  context: RepairContext,
  vault: string,
  only: IdSet | null = null,
): Promise<RepairResult> {
  if (context.catalog.scrub.damaged(vault, 0, 1).length === 0) {
    return { ...nothingRepaired(), quarantined: 0, failures: [], stopped: null };
  }
  return new Repairing(context, vault, await LocalCopies.find(context)).run(only);
}

function nothingRepaired(): Pick<RepairResult, 'repaired' | 'recovered' | 'lost'> {
  return { repaired: new FirstOfMany(), recovered: new FirstOfMany(), lost: new FirstOfMany() };
}

class Repairing {
  readonly #context: RepairContext & ReplacementContext;
  readonly #vault: string;
  readonly #copies: LocalCopies;
  readonly #room: DiskRoom;
  readonly #tried: TriedFiles;
  readonly #tally = new FailureTally();
  readonly #done = nothingRepaired();
  #quarantined = 0;

  constructor(context: RepairContext, vault: string, copies: LocalCopies) {
    // An archive that was accepted and verified once is not held for its size.
    this.#room = new DiskRoom({ ...context, series: [] });
    this.#context = {
      ...context,
      progress: this.#room.countWritten(context.progress),
      reserveAgain: (row) => this.#room.beginAgain(row),
    };
    this.#vault = vault;
    this.#copies = copies;
    this.#tried = new TriedFiles(context.catalog, context.clock);
  }

  async run(only: IdSet | null): Promise<RepairResult> {
    const { concurrency, signal } = this.#context;
    const limit = pLimit(concurrency);
    const running = new Set<Promise<void>>();
    for (const row of this.#damaged()) {
      if (this.#over) break;
      if (only !== null && !only.has(row.id)) continue;
      const attempt = limit(() => this.#attempt(row)).finally(() => running.delete(attempt));
      running.add(attempt);
      while (limit.pendingCount > 0) await Promise.race(running);
    }
    await Promise.all(running);
    this.#tally.throwDefect();
    await this.#tidy();
    this.#tally.throwDefect();
    return {
      ...this.#done,
      quarantined: this.#quarantined,
      failures: this.#tally.failures,
      stopped: this.#tally.stop ?? interruption(signal) ?? this.#tally.full,
    };
  }

  /** A vault that is away or denies keeps nothing from being copied from elsewhere on the disk. */
  get #over(): boolean {
    return this.#context.signal.aborted || (this.#tally.over && !this.#vaultIsAway);
  }

  get #vaultIsAway(): boolean {
    return this.#tally.stop?.code.startsWith('VAULT_') === true;
  }

  *#damaged(): Generator<ArchiveRow> {
    let afterId = 0;
    for (;;) {
      const rows = this.#context.catalog.scrub.damaged(this.#vault, afterId, PAGE);
      yield* rows;
      afterId = rows.at(-1)?.id ?? 0;
      if (rows.length < PAGE) return;
    }
  }

  /** The quarantine not before all are repaired: what one leaves there may be what the next one is repaired from. */
  async #tidy(): Promise<void> {
    const { store, catalog } = this.#context;
    try {
      store.assertAttached();
      catalog.transaction(() => this.#tried.save());
      if (this.#done.repaired.count > 0) await trimQuarantine(store.quarantineDir, catalog);
    } catch (error) {
      this.#tally.note(store.quarantineDir, translateFsError(error, `tidying ${store.quarantineDir}`));
    }
  }

  /** Never rejects. */
  async #attempt(row: ArchiveRow): Promise<void> {
    if (this.#over) return;
    try {
      await this.#repair(row);
      this.#tally.succeeded();
    } catch (caught) {
      const error = interruption(this.#context.signal) ?? caught;
      if (isAppError(error)) {
        this.#context.progress.failed(row, error.message);
        if (FOR_GOOD.has(error.code)) this.#recordFailure(row, error);
      }
      this.#tally.note(row.key, error);
    }
  }

  async #repair(row: ArchiveRow): Promise<void> {
    const { store, reader, catalog, progress } = this.#context;
    const { path, sha256 } = row;
    if (path === null || sha256 === null) return;
    const place = store.placeOf(row.vault, path);
    const copies = this.#copies.of(row, (file) => this.#triedLately(row, file));
    const vaultHasIt = reader !== null && row.goneAtMs === null;
    if (vaultHasIt && copies.length === 0 && this.#vaultIsAway) return;
    const source = vaultHasIt && !this.#vaultIsAway && !this.#failedLately(row) ? reader : null;

    const seen = await this.#lookAgain(row, { place, source: copies.length === 0 ? source : null });
    if (seen?.kind === 'right') {
      this.#recordRecovered(row);
      this.#done.recovered.add(row);
      return;
    }
    if (vaultHasIt && copies.length === 0 && source === null) return;

    const found =
      (await takeLeftover(this.#context, row, copies.length === 0 && !vaultHasIt)) ??
      (await this.#fetch(row, copies, source));
    if (found === null) {
      if (!vaultHasIt) this.#done.lost.add(row);
      return;
    }
    // Of what lies there now: the finding may be about a file that has been replaced since.
    const foundSha256 = seen?.kind === 'wrong-content' ? seen.foundSha256 : null;
    const finding = catalog.scrub.finding(row.id);
    const why = finding?.why ?? 'is not what was verified';
    const repair = { row, path, ...found, why, foundSha256 };
    const quarantined = await this.#context.oneAtATime(() => replaceDamaged(this.#context, repair));
    this.#copies.moved(row, quarantined === null ? null : join(store.quarantineDir, quarantined + DATA_SUFFIX));
    this.#done.repaired.add({ archive: row, source: found.source, quarantined });
    if (quarantined !== null) this.#quarantined += 1;
    progress.repaired(row);
  }

  async #fetch(row: ArchiveRow, copies: readonly LocalCopy[], reader: VaultReader | null): Promise<Replacement | null> {
    if (copies.length === 0 && reader === null) return null;
    this.#room.requireFor(row);
    this.#room.begin(row);
    this.#context.progress.repairing(row);
    try {
      return await findReplacement(this.#context, {
        row,
        copies,
        reader,
        isWrong: async (copy, verdict) => {
          this.#tried.note(row.id, copy.file);
          if (verdict.kind === 'wrong-content') await this.#copies.learned(copy, verdict.foundSha256);
        },
      });
    } finally {
      this.#room.end(row);
    }
  }

  /**
   * Reads the archive's own file once more: a disk or cable that failed for a while, an owner who put the file back, or a crash after it was
   * replaced. null: not worth it now.
   *
   * @param source asked first whether it gives the archive at all, before a large file is read in vain; null: does not matter
   */
  async #lookAgain(
    row: ArchiveRow,
    { place, source }: { place: string; source: VaultReader | null },
  ): Promise<ReadVerdict | null> {
    const { sizeBytes, sha256 } = row;
    const { signal } = this.#context;
    if (sha256 === null || !(await hasLength(place, sizeBytes))) return null;
    if (source !== null) await withRetries(this.#context, () => source.head(row, signal));
    if (this.#triedLately(row, place)) return null;
    const verdict = await this.#read(place, { expected: { sizeBytes, sha256 }, signal });
    if (verdict.kind !== 'right') this.#tried.note(row.id, place);
    return verdict;
  }

  async #read(place: string, request: Pick<ReadRequest, 'expected' | 'signal'>): Promise<ReadVerdict> {
    try {
      return await readArchive({ ...request, path: place, take: () => undefined });
    } catch (error) {
      const verdict = oneFilesTrouble(error, this.#context.store, `reading ${place}`);
      if (verdict === null) throw error;
      return verdict;
    }
  }

  #triedLately(row: ArchiveRow, file: string): boolean {
    return !this.#context.insist && this.#tried.lately(row.id, file);
  }

  #failedLately(row: ArchiveRow): boolean {
    const { catalog, clock, insist } = this.#context;
    const last = insist ? null : catalog.scrub.lastFailure(row.id);
    if (last === null || last.atMs < (row.damagedAtMs ?? 0)) return false;
    return Math.abs(clock.now() - last.atMs) < AGAIN_AFTER_MS;
  }

  #recordRecovered(row: ArchiveRow): void {
    const { catalog, clock, actor } = this.#context;
    catalog.transaction(() => {
      catalog.archives.recordVerified(row.id, clock.now());
      const about = { actor, vault: row.vault, key: row.key, archiveId: row.id };
      catalog.history.append({ ...about, event: 'archive.recovered' }, clock.now());
    });
  }

  #recordFailure(row: ArchiveRow, { code, message }: AppError): void {
    const { catalog, clock, actor } = this.#context;
    const last = catalog.scrub.lastFailure(row.id);
    const isNews = last === null || last.code !== code || last.atMs < (row.damagedAtMs ?? 0);
    catalog.transaction(() => {
      // The owner took note of it only once; the same again each day would be no news.
      if (code === 'REPAIR_DIFFERS' && isNews) catalog.scrub.recordConflict(row.id, clock.now());
      const about = { actor, vault: row.vault, key: row.key, archiveId: row.id };
      catalog.history.append({ ...about, event: REPAIR_FAILED_EVENT, detail: { code, why: message } }, clock.now());
    });
  }
}

const DAMAGED_HINT =
  'The filesystem is damaged here. Stop pullmirror, unmount the disk and check it (fsck); then the next pass repairs the archive.';
const FORBIDDEN_HINT =
  'Give the folder back to the user that owns the store (`ls -ld` shows owner and mode); then the next pass repairs the archive.';

async function hasLength(path: string, sizeBytes: number): Promise<boolean> {
  try {
    const facts = await lstat(path);
    return facts.isFile() && facts.size === sizeBytes;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return false;
    const translated = translateFsError(error, `looking at ${path}`);
    if (!isAppError(translated, 'STORE_IO', 'STORE_FORBIDDEN')) throw translated;
    // What cannot even be looked at cannot be moved away: nothing is fetched for it, and the other archives go on.
    throw new AppError('STORE_UNSUITABLE', `${translated.message}; it cannot be replaced`, {
      cause: error,
      hint: isAppError(translated, 'STORE_IO') ? DAMAGED_HINT : FORBIDDEN_HINT,
    });
  }
}
