import { lstatSync } from 'node:fs';
import { open, readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode } from '../core/errors.ts';
import type { AttachedStore } from '../store/attached-store.ts';
import type { Catalog } from '../store/catalog/catalog.ts';
import { parseLogIdentity, partialPaths } from '../store/partial-file.ts';
import { translateFsError } from '../store/translate-fs-error.ts';

/** A log's first line: a key of at most 1,024 bytes, escaped by JSON, and the rest of the identity. */
const HEADER_BYTES = 16 * 1024;
const PAGE = 500;

/**
 * Removes partial files that nobody will finish: of archives that are stored, gone or replaced by now, of small ones, which start from
 * nothing anyway, and such as have their final name too: a crash came before the row. To write into these would be to change what is
 * published; the file is adopted from its final name. What was fetched to mend a damaged archive stays: should the vault lose it meanwhile, it
 * is the last copy. Returns how many files were removed.
 */
export async function clearPartials(store: AttachedStore, catalog: Catalog): Promise<number> {
  const { partialDir } = store;
  const names = await readdir(partialDir);
  const kept = new Set(partialsOfDamaged(partialDir, catalog));
  for (const name of names) {
    if (!name.endsWith('.log')) continue;
    const identity = parseLogIdentity(await firstLine(join(partialDir, name)));
    if (identity === null) continue;
    const wanted = catalog.archives
      .ofKey(identity.vault, identity.key)
      .some((row) => row.state === 'wanted' && partialPaths(partialDir, row).log === join(partialDir, name));
    if (!wanted) continue;
    const paths = partialPaths(partialDir, identity);
    if (hasSecondName(paths.data)) continue;
    kept.add(paths.data).add(paths.log);
  }
  const doomed = names.map((name) => join(partialDir, name)).filter((path) => !kept.has(path));
  if (doomed.length > 0) store.assertAttached();
  for (const path of doomed) await remove(path);
  return doomed.length;
}

function* partialsOfDamaged(partialDir: string, catalog: Catalog): Generator<string> {
  for (const vault of catalog.scrub.damagedVaults()) {
    let afterId = 0;
    for (;;) {
      const rows = catalog.scrub.damaged(vault, afterId, PAGE);
      for (const row of rows) {
        const { data, log } = partialPaths(partialDir, row);
        const facts = lstatSync(data, { throwIfNoEntry: false });
        // What the vault has lost meanwhile will never be finished.
        const isOfUse = row.goneAtMs === null || facts?.size === row.sizeBytes;
        if (facts !== undefined && facts.nlink === 1 && isOfUse) yield* [data, log];
        afterId = row.id;
      }
      if (rows.length < PAGE) break;
    }
  }
}

function hasSecondName(path: string): boolean {
  const facts = lstatSync(path, { throwIfNoEntry: false });
  return facts !== undefined && facts.nlink > 1;
}

async function firstLine(path: string): Promise<string> {
  const handle = await open(path, 'r');
  try {
    const buffer = Buffer.alloc(HEADER_BYTES);
    const { bytesRead } = await handle.read(buffer, 0, HEADER_BYTES, 0);
    return buffer.toString('utf8', 0, bytesRead).split('\n', 1)[0] ?? '';
  } finally {
    await handle.close();
  }
}

async function remove(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw translateFsError(error, `removing ${path}`);
  }
}
