import { createHash } from 'node:crypto';
import { chmodSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Seeded } from '../support/seeded.ts';

/** What a spoiled archive's file was made to be. */
export interface Spoiled {
  readonly key: string;
  /** SHA-256 of the bad file, null where there is none any more. */
  readonly badSha256: string | null;
}

const WAYS = ['flip', 'truncate', 'grow', 'remove', 'swap'] as const;

/** Spoils the files of these archives, each in some way; the mode says that nobody writes them, as before. */
export function spoilArchives(vaultDir: string, keys: readonly string[], random: Seeded): Spoiled[] {
  for (const [index, key] of keys.entries()) {
    const file = join(vaultDir, key);
    const way = random.pick(WAYS);
    if (way === 'remove') rmSync(file);
    else if (way === 'swap' && index > 0) swap(file, join(vaultDir, keys[index - 1] ?? key));
    else change(file, way === 'swap' ? 'flip' : way, random);
  }
  return keys.map((key) => ({ key, badSha256: sha256Of(join(vaultDir, key)) }));
}

/** null: nothing is there. */
export function sha256Of(file: string): string | null {
  try {
    return createHash('sha256').update(readFileSync(file)).digest('hex');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

function swap(one: string, two: string): void {
  renameSync(one, `${one}.aside`);
  // It may have been removed.
  if (sha256Of(two) !== null) renameSync(two, one);
  renameSync(`${one}.aside`, two);
}

function change(file: string, way: 'flip' | 'truncate' | 'grow', random: Seeded): void {
  chmodSync(file, 0o640);
  const bytes = readFileSync(file);
  if (way === 'truncate') truncateSync(file, random.int(0, bytes.length - 1));
  else if (way === 'grow') writeFileSync(file, 'x', { flag: 'a' });
  else {
    const position = random.int(0, bytes.length - 1);
    bytes.writeUInt8(bytes.readUInt8(position) ^ 1, position);
    writeFileSync(file, bytes);
  }
  chmodSync(file, 0o440);
}
