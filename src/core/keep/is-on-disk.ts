import type { KeepEntry } from './keep-entry.ts';

/** Is its file in the store, whatever it is worth? */
export function isOnDisk({ state }: Pick<KeepEntry, 'state'>): boolean {
  return state === 'verified' || state === 'doubtful';
}
