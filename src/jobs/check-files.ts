import { lstatSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../core/clock.ts';
import { systemCode } from '../core/errors.ts';
import type { Actor } from '../core/event-names.ts';
import type { AttachedStore } from '../store/attached-store.ts';
import type { ArchiveRow } from '../store/catalog/archive-row.ts';
import type { Catalog } from '../store/catalog/catalog.ts';
import { DAMAGED_EVENT } from '../store/catalog/scrub-table.ts';
import { translateFsError } from '../store/translate-fs-error.ts';
import { oneFilesTrouble } from './one-files-trouble.ts';
import { type ReadVerdict, verdictWords } from './read-archive.ts';

const PAGE = 500;

export interface CheckedFiles {
  readonly checked: number;
  /** Archives whose file is missing, is no plain file, or has another size: found just now. */
  readonly damaged: number;
  /** The first of them, `vault/path`. */
  readonly names: readonly string[];
}

const MAX_NAMES = 20;

/**
 * Does every stored archive still have a file of its size? Looks at names and sizes only, a hundred thousand in seconds; what is wrong is
 * recorded as damaged, so that the pass repairs it. Throws AppError STORE_*, CATALOG_*, INTERRUPTED.
 *
 * @param actor for the history
 */
export async function checkFiles(args: {
  readonly store: AttachedStore;
  readonly catalog: Catalog;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly actor: Actor;
}): Promise<CheckedFiles> {
  const { store, catalog, clock, signal, actor } = args;
  const names: string[] = [];
  let checked = 0;
  let damaged = 0;
  let after: ArchiveRow | null = null;
  for (;;) {
    signal.throwIfAborted();
    const rows: ArchiveRow[] = catalog.archives.page({ storedOnly: true }, after, PAGE);
    const wrong = rows.flatMap((row) => {
      if (row.state !== 'stored') return [];
      checked += 1;
      const verdict = row.damagedAtMs === null ? lookAtFile(store, row) : null;
      return verdict === null ? [] : [{ row, verdict }];
    });
    if (wrong.length > 0) {
      // On a disk that went away every file is missing.
      store.assertAttached();
      catalog.transaction(() => {
        for (const { row, verdict } of wrong) record(catalog, actor, row, verdict, clock.now());
      });
      damaged += wrong.length;
      for (const { row } of wrong) if (names.length < MAX_NAMES) names.push(`${row.vault}/${row.path}`);
    }
    after = rows.at(-1) ?? null;
    if (after === null) break;
    // Nothing above waits for anything: others get their turn here.
    await setImmediate();
  }
  return { checked, damaged, names };
}

type Wrong = Exclude<ReadVerdict, { kind: 'right' }>;

function lookAtFile(store: AttachedStore, { vault, path, sizeBytes }: ArchiveRow): Wrong | null {
  if (path === null) return { kind: 'missing', why: 'the catalog knows no file' };
  try {
    const facts = lstatSync(store.resolve(vault, path), { throwIfNoEntry: false });
    if (facts === undefined) return { kind: 'missing', why: 'there is no such file' };
    if (!facts.isFile()) return { kind: 'not-a-file', why: 'something else bears its name' };
    return facts.size === sizeBytes ? null : { kind: 'wrong-size', foundBytes: facts.size };
  } catch (error) {
    if (systemCode(error) === 'ENOTDIR') return { kind: 'missing', why: 'a folder on the way is none' };
    const verdict = oneFilesTrouble(error, store, `looking at ${vault}/${path}`);
    if (verdict === null) throw translateFsError(error, `looking at ${vault}/${path}`);
    return verdict;
  }
}

function record(catalog: Catalog, actor: Actor, row: ArchiveRow, verdict: Wrong, nowMs: number): void {
  const why = verdictWords(verdict, { sizeBytes: row.sizeBytes, sha256: row.sha256 ?? 'unknown' });
  catalog.archives.recordDamaged(row.id, nowMs, `the file ${why}`);
  const foundBytes = verdict.kind === 'wrong-size' ? verdict.foundBytes : null;
  const detail = { path: row.path, kind: verdict.kind, why, foundSha256: null, foundBytes };
  const { vault, key, id } = row;
  catalog.history.append({ actor, event: DAMAGED_EVENT, vault, key, archiveId: id, detail }, nowMs);
}
