import { closeSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { isAppError } from '../core/errors.ts';
import { bad, type Finding, ok, unknown, warn } from '../core/finding.ts';
import type { SizeLimit } from '../core/size.ts';
import { formatBytes, sizeLimitBytes } from '../core/size.ts';
import { type AttachedStore, attachStore } from '../store/attached-store.ts';
import { openStoreForReading, requireOwnCatalog } from '../store/open-for-reading.ts';
import { PRIVATE_FOLDER, PROBE_NAME } from '../store/store-layout.ts';
import { translateFsError } from '../store/translate-fs-error.ts';
import { unfinishedAdoption } from './unfinished-adoption.ts';

export interface ExamineStoreRequest {
  readonly path: string;
  readonly minFree: SizeLimit;
  readonly expectedStoreId: string | null;
}

/** Is the disk there, is it ours, can it be written, is there room, is the catalog whole? Only defects are thrown. */
export function examineStore(request: ExamineStoreRequest): Finding[] {
  const { path, expectedStoreId } = request;
  const attached = attempt('disk', () => attachOwn(path, expectedStoreId));
  if ('state' in attached) {
    const rest = ['disk writing', 'disk space', 'catalog'];
    return [attached, ...rest.map((check) => unknown(check, 'the store could not be opened'))];
  }
  return [
    describeDisk(attached),
    examineWriting(request),
    examineSpace(attached, request.minFree),
    examineCatalog(request),
  ];
}

/** Two stores whose files were mixed up must not even be probed; what else is the matter with the catalog is told on its own. */
function attachOwn(path: string, expectedStoreId: string | null): AttachedStore {
  const store = attachStore({ path, expectedStoreId, mode: 'read' });
  try {
    requireOwnCatalog(store.catalogPath, store.marker.storeId);
  } catch (error) {
    if (!isAppError(error) || error.code === 'STORE_WRONG') throw error;
  }
  return store;
}

function describeDisk({ root, marker, facts, swapped }: AttachedStore): Finding {
  const words = `${root}: store ${marker.storeId} on ${facts.type}, ${facts.device}`;
  if (swapped)
    return warn(
      'disk',
      `${words}; another store was here before`,
      'Right if you rotate disks; else mount the other one.',
    );
  if (!facts.isMountPoint)
    return warn(
      'disk',
      `${words}, no disk of its own`,
      'Right for trying out; archives belong on a disk of their own.',
    );
  return ok('disk', words);
}

/** Writes a few bytes and fsyncs them: a dying disk accepts writes, and only fsync tells. */
function examineWriting({ path, expectedStoreId }: ExamineStoreRequest): Finding {
  const found = attempt('disk writing', () => {
    const store = attachStore({ path, expectedStoreId, mode: 'write' });
    const probe = join(store.root, PRIVATE_FOLDER, PROBE_NAME);
    try {
      const descriptor = openSync(probe, 'w', 0o600);
      try {
        writeSync(descriptor, 'written by pullmirror doctor\n');
        fsyncSync(descriptor);
      } finally {
        closeSync(descriptor);
      }
      rmSync(probe);
    } catch (error) {
      throw translateFsError(error, `writing ${probe}`);
    }
    return ok('disk writing', 'a file was written and reached the disk');
  });
  return found;
}

function examineSpace(store: AttachedStore, minFree: SizeLimit): Finding {
  return attempt('disk space', () => {
    const { totalBytes, freeBytes } = store.space();
    const roomBytes = freeBytes - sizeLimitBytes(minFree, totalBytes);
    const words = `${formatBytes(freeBytes)} of ${formatBytes(totalBytes)} free, minFree is ${minFree.text}`;
    if (roomBytes <= 0) return bad('disk space', 'STORE_FULL', `${words}: nothing more can be pulled`);
    return ok('disk space', `${words}: room for ${formatBytes(roomBytes)}`);
  });
}

function examineCatalog({ path, expectedStoreId }: ExamineStoreRequest): Finding {
  return attempt('catalog', () => {
    const opened = openStoreForReading({ path, expectedStoreId });
    try {
      opened.catalog.check();
      const unfinished = unfinishedAdoption(opened.catalog);
      if (unfinished !== null) return bad('catalog', unfinished.code, unfinished.message, unfinished.hint);
      const stored = opened.catalog.counts.summary().reduce((sum, group) => sum + group.stored, 0);
      return ok('catalog', `whole; ${stored} ${stored === 1 ? 'archive' : 'archives'} on the disk`);
    } finally {
      opened.close();
    }
  });
}

function attempt<T>(check: string, work: () => T): T | Finding {
  try {
    return work();
  } catch (error) {
    if (!isAppError(error)) throw error;
    return bad(check, error.code, error.message, error.hint);
  }
}
