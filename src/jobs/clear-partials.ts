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

/**
 * Removes partial files that nobody will finish: of archives that are stored, gone or replaced by now, of small ones, which start from
 * nothing anyway, and such as have their final name too: a crash came before the row. To write into these would be to change what is
 * published; the file is adopted from its final name. A partial is never the only copy of a verified archive. Returns how many files
 * were removed.
 */
export async function clearPartials(store: AttachedStore, catalog: Catalog): Promise<number> {
  const { partialDir } = store;
  const names = await readdir(partialDir);
  const kept = new Set<string>();
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
