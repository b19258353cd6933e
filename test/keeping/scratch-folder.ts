import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder in memory where there is one: every commit and every rename is made durable, thousands of times. */
export function scratchFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(memoryFolder(), 'pullmirror-keeping-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

function memoryFolder(): string {
  try {
    accessSync('/dev/shm', constants.W_OK | constants.X_OK);
    return '/dev/shm';
  } catch {
    return tmpdir();
  }
}
