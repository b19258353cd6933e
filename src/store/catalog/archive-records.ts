import type { ListedObject, Proof } from '../../core/archive.ts';

export interface NewArchive {
  readonly listed: ListedObject;
  readonly series: string | null;
  readonly state: 'wanted' | 'held' | 'unavailable';
  readonly reason: string | null;
  /** Its key was known with other content. */
  readonly conflict: boolean;
}

export interface StoredArchive {
  readonly id: number;
  readonly path: string;
  readonly sha256: string;
  readonly proof: Proof;
  readonly suspect: string | null;
  /** Its content turned out to be that of an archive already stored under the same key. */
  readonly clearsConflict: boolean;
  /** Other content is stored under the same key, and nobody expects that. */
  readonly isConflict: boolean;
}

export interface QueueGroup {
  readonly vault: string;
  readonly series: string | null;
  readonly archives: number;
  readonly bytes: number;
}

export interface PageFilter {
  readonly vault?: string;
  readonly series?: string;
  readonly storedOnly: boolean;
}
