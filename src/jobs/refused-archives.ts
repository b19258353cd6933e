import pLimit from 'p-limit';
import type { Clock } from '../core/clock.ts';
import { MINUTE_MS } from '../core/duration.ts';
import { AppError, type ErrorCode } from '../core/errors.ts';
import { printable } from '../core/printable.ts';
import type { ArchiveRow } from '../store/catalog/archive-row.ts';
import type { Catalog } from '../store/catalog/catalog.ts';
import type { VaultReader } from '../vault/vault-reader.ts';
import { askForFirstByte } from './ask-for-first-byte.ts';
import { isListed } from './is-listed.ts';
import { leftBeforeDownload } from './left-before-download.ts';
import type { RetryContext } from './with-retries.ts';

/** So many refusals at most wait for what is to be made of them. */
const GROUP = 100;
/** So many archives that the vault gave before are asked for, to find out whether it is the key that is refused: of each series one. */
const SAMPLE = { most: 5, least: 3 };
/** To find those takes a look at many rows where much was refused: they are asked for each time, and looked for anew after so long. */
const SAMPLE_HOLDS_MS = MINUTE_MS;
/** Of so many that the vault does not have it is asked whether it lists them; what is beyond shows with the next listing. */
const MAX_LOOKED_UP = 100;

export interface RefusalContext extends RetryContext {
  readonly reader: VaultReader;
  readonly catalog: Catalog;
  readonly clock: Clock;
}

interface Refusal {
  readonly row: ArchiveRow;
  readonly error: AppError;
}

/** What comes of archives that the vault did not give. */
export interface RefusalVerdict {
  /** Those are no single archives' trouble: they stay in the queue. */
  readonly failures: readonly Refusal[];
  /** VAULT_DENIED: the vault refuses (nearly) everything, which is the key's trouble. */
  readonly broken: { readonly error: AppError; readonly isWhole: boolean } | null;
}

const NOTHING: RefusalVerdict = { failures: [], broken: null };

/**
 * What the vault refused to give while a pass downloads. A single object may be refused for its encryption or a policy, which is its uploader's choice: it
 * becomes unavailable, which the owner is told, and is asked for again an hour later; nothing else suffers. But where the vault refuses more than half
 * of what it gave before and still lists, or never gave anything, it is the key that is refused: the archives stay in the queue.
 */
export class RefusedArchives {
  readonly #context: RefusalContext;
  readonly #vault: string;
  readonly #oneAtATime = pLimit(1);
  #waiting: Refusal[] = [];
  #sample: { readonly atMs: number; readonly rows: readonly ArchiveRow[] } | null = null;
  #lookedUp = 0;

  constructor(context: RefusalContext, vault: string) {
    this.#context = context;
    this.#vault = vault;
  }

  /** OBJECT_DENIED. Asks the vault when enough have come together. Throws what keeps it from being asked. */
  refused(row: ArchiveRow, error: AppError): Promise<RefusalVerdict> {
    this.#waiting.push({ row, error });
    return this.#waiting.length < GROUP ? Promise.resolve(NOTHING) : this.#settle();
  }

  /** Makes of all that wait what is to be made of them, when nothing is under way any more. Throws as `refused`; they stay in the queue then. */
  async end(): Promise<RefusalVerdict> {
    // What came since then may tell something else.
    this.#sample = null;
    const verdict = await this.#settle();
    if (verdict.failures.length === 0 || verdict.broken !== null) return verdict;
    const message = `vault ${this.#vault}: ${deniedWords(verdict.failures.length)}, and nothing is known that it may read`;
    return { ...verdict, broken: { error: new AppError('VAULT_DENIED', message), isWhole: false } };
  }

  #settle(): Promise<RefusalVerdict> {
    return this.#oneAtATime(async () => {
      const refusals = this.#waiting;
      this.#waiting = [];
      if (refusals.length === 0) return NOTHING;
      const { given, refused } = await this.#askForSample();
      // Not yet: what comes later in this pass will tell, and the next one asks again.
      if (given + refused === 0) return { failures: refusals, broken: null };
      if (given < refused) {
        const before = `${refused} of ${given + refused} that it has read before`;
        const message = `vault ${this.#vault}: ${deniedWords(refusals.length)}, and ${before}`;
        return { failures: refusals, broken: { error: new AppError('VAULT_DENIED', message), isWhole: given === 0 } };
      }
      this.#markRefused(refusals.map(({ row, error }) => ({ row, code: error.code, reason: reasonOf(row, error) })));
      return NOTHING;
    });
  }

  /**
   * OBJECT_GONE. What the vault does not list either has left it, and becomes what it would have become at the listing. What it lists all the same, and
   * would list again next time, is as good as refused. True: that is settled; it is a failure of this pass no more.
   */
  async gone(row: ArchiveRow): Promise<boolean> {
    if (this.#lookedUp >= MAX_LOOKED_UP) return false;
    this.#lookedUp += 1;
    if (await isListed(this.#context, row)) {
      this.#markRefused([
        { row, code: 'OBJECT_GONE', reason: `the vault lists it, and says that it is not there. ${ASKED_AGAIN}` },
      ]);
      return true;
    }
    const { catalog, clock } = this.#context;
    const nowMs = clock.now();
    const because = 'unexpected: the vault did not have it any more when it was to be downloaded';
    catalog.transaction(() => leftBeforeDownload(catalog, row, { goneAtMs: nowMs, because, nowMs }));
    return false;
  }

  /** Each time: the key may have lost its right a moment ago. */
  async #askForSample(): Promise<{ given: number; refused: number }> {
    const answers = { given: 0, refused: 0, unknown: 0 };
    for (const row of this.#sampleNow()) answers[await askForFirstByte(this.#context, row)] += 1;
    return answers;
  }

  #sampleNow(): readonly ArchiveRow[] {
    const { catalog, clock } = this.#context;
    const atMs = clock.now();
    const ageMs = atMs - (this.#sample?.atMs ?? Number.NEGATIVE_INFINITY);
    // Less than nothing: the clock was set back.
    if (this.#sample === null || ageMs < 0 || ageMs >= SAMPLE_HOLDS_MS) {
      this.#sample = { atMs, rows: catalog.refusals.givenBefore(this.#vault, SAMPLE) };
    }
    return this.#sample.rows;
  }

  #markRefused(
    refusals: readonly { readonly row: ArchiveRow; readonly code: ErrorCode; readonly reason: string }[],
  ): void {
    const { catalog, clock } = this.#context;
    const nowMs = clock.now();
    catalog.transaction(() => {
      for (const { row, code, reason } of refusals) {
        const { id, vault, key } = row;
        // The same again each day would be no news.
        if (!catalog.refusals.markRefused(id, reason, nowMs)) continue;
        const detail = { code, reason };
        catalog.history.append(
          { actor: 'sync', event: 'archive.unavailable', vault, key, archiveId: id, detail },
          nowMs,
        );
      }
    });
  }
}

const ASKED_AGAIN = 'It is asked for once an hour.';

/** Wherever it is told, the archive is named beside it. */
function reasonOf({ key }: ArchiveRow, { message, hint }: AppError): string {
  const named = message.indexOf(`${printable(key)} in bucket `);
  const why = named < 0 ? message : message.slice(message.indexOf(': ', named) + 2);
  return `${why}. ${hint} ${ASKED_AGAIN}`;
}

function deniedWords(archives: number): string {
  return `the key may not read ${archives === 1 ? '1 archive' : `${archives} archives`} that should be downloaded`;
}
