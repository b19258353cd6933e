import type { ArchiveRow } from '../store/catalog/archive-row.ts';

/** What a pass tells while it works; a progress bar, a log or nothing may listen. Must not throw; called often, must be cheap. */
export interface PassProgress {
  listing(vault: string, listedSoFar: number): void;
  /** What this pass will fetch, said once after the listings. */
  queued(archives: number, bytes: number): void;
  started(archive: ArchiveRow): void;
  /** More bytes of it are on the disk: from the network, or found there when resuming. */
  advanced(archive: ArchiveRow, bytes: number, source: 'network' | 'resumed'): void;
  /** A try failed and will be repeated after `delayMs`. */
  retrying(archive: ArchiveRow, why: string, delayMs: number): void;
  stored(archive: ArchiveRow): void;
  /** The bytes of a damaged one come again, from the vault or from elsewhere on the disk. */
  repairing(archive: ArchiveRow): void;
  repaired(archive: ArchiveRow): void;
  failed(archive: ArchiveRow, why: string): void;
}

export const silentProgress: PassProgress = {
  listing() {},
  queued() {},
  started() {},
  advanced() {},
  retrying() {},
  stored() {},
  repairing() {},
  repaired() {},
  failed() {},
};
