import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type InitStoreResult, initStore } from '../../src/store/init-store.ts';

export const STORE_ID = '5b9c4e0e-6a55-4cf0-8d09-0a1f54d1a001';
export const OTHER_STORE_ID = '0d4f3a52-9a3c-4a4e-9a58-6f1f2d7c1b02';

/** Makes a store in a new directory below `folder` (no mount point). */
export function makeStore(folder: string, name = 'store', storeId = STORE_ID): InitStoreResult {
  const directory = join(folder, name);
  mkdirSync(directory);
  return initStore({ directory, notAMount: true, nowMs: Date.UTC(2026, 10, 21), newId: () => storeId });
}
