import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { PRIVATE_FOLDER } from '../../src/store/store-layout.ts';
import type { MirrorFixture } from './mirror-fixture.ts';
import { openItems } from './open-items.ts';

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Bytes that do not repeat; the same for the same seed. */
export function patternBytes(seed: number, size: number): Buffer {
  const bytes = Buffer.alloc(size);
  for (let i = 0, x = seed + 1; i < size; i += 4) {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    if (i + 4 <= size) bytes.writeUInt32LE(x, i);
  }
  return bytes;
}

/** Relative paths of all files below a folder, sorted. */
export function filesIn(dir: string): string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(dir.length + 1))
    .sort();
}

export function partialNames(fixture: MirrorFixture): string[] {
  return readdirSync(join(fixture.storeDir, PRIVATE_FOLDER, 'partial'));
}

/** "cause key" of everything that needs the owner. */
export function attentionOf(fixture: MirrorFixture): string[] {
  return openItems(fixture.catalog).map(({ cause, archive }) => `${cause} ${archive.key}`);
}
