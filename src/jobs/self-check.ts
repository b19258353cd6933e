import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../core/clock.ts';
import { DAY_MS } from '../core/duration.ts';
import type { AppError } from '../core/errors.ts';
import type { Problem } from '../core/pass-report.ts';
import type { RenewedText } from '../core/renewed-text.ts';
import type { AttachedStore } from '../store/attached-store.ts';
import type { Catalog } from '../store/catalog/catalog.ts';
import { CATALOG_ASIDE, CATALOG_NAME, FOUND_ASIDE, PRIVATE_FOLDER, PRIVATE_NAMES } from '../store/store-layout.ts';
import { translateFsError } from '../store/translate-fs-error.ts';
import { type CheckedFiles, checkFiles } from './check-files.ts';
import { keepTexts } from './keep-texts.ts';
import { problemOf } from './problem-of.ts';

const EVERY_MS = DAY_MS;
const EVENT = 'store.strange-files';

export interface SelfCheck {
  readonly files: CheckedFiles;
  /** Names in `.pullmirror` that are none of ours. */
  readonly strange: readonly string[];
  /** Files for the person who holds only the disk that were lost or changed, and are as they have to be now. */
  readonly texts: readonly RenewedText[];
  /** Why it could not be made to its end, or null; no reason to let archives wait. */
  readonly problem: Problem | null;
}

/** Is it time for another one? A last time that has not come yet says nothing. */
export function isSelfCheckDue(lastMs: number | null, nowMs: number): boolean {
  return lastMs === null || lastMs > nowMs || nowMs - lastMs >= EVERY_MS;
}

/**
 * What a pass takes for granted, looked at once a day: the catalog is whole as far as a quick look of SQLite tells, every archive has a file of
 * its size, the disk says how it can be read without us, and nobody keeps things in our own folder. What is missing is recorded as damaged, so that the pass fetches it again.
 *
 * @throws AppError CATALOG_*, STORE_MISSING and STORE_WRONG when the disk is gone, INTERRUPTED
 */
export async function selfCheck(args: {
  readonly store: AttachedStore;
  readonly catalog: Catalog;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}): Promise<SelfCheck> {
  const { store, catalog, clock } = args;
  catalog.check();
  let files: CheckedFiles = { checked: 0, damaged: 0, names: [] };
  let strange: readonly string[] = [];
  let texts: readonly RenewedText[] = [];
  const problem = await problemOf(async () => {
    try {
      files = await checkFiles({ ...args, actor: 'self-check' });
      strange = strangeNames(store);
      texts = keepTexts({ store, catalog, actor: 'self-check', nowMs: clock.now() });
    } catch (error) {
      // On a disk that is gone everything fails.
      store.assertAttached();
      throw error;
    }
    const before = catalog.history.newest({ event: EVENT }, 1)[0]?.detail.names ?? [];
    if (JSON.stringify(before) !== JSON.stringify(strange)) {
      catalog.history.append({ actor: 'self-check', event: EVENT, detail: { names: strange } }, clock.now());
    }
  }, hindersThePass);
  return { files, strange, texts, problem };
}

function hindersThePass({ code }: AppError): boolean {
  return code.startsWith('CATALOG_') || ['STORE_MISSING', 'STORE_WRONG', 'INTERRUPTED'].includes(code);
}

function strangeNames({ root }: AttachedStore): string[] {
  const folder = join(root, PRIVATE_FOLDER);
  const aside = [CATALOG_ASIDE, FOUND_ASIDE];
  try {
    return readdirSync(folder)
      .filter((name) => !PRIVATE_NAMES.has(name) && !aside.some((kind) => name.startsWith(`${kind}-`)))
      .filter((name) => !name.startsWith(`${CATALOG_NAME}-`))
      .sort()
      .slice(0, 20);
  } catch (error) {
    throw translateFsError(error, `looking into ${folder}`);
  }
}
