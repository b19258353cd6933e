import { createHash } from 'node:crypto';
import { AppError, isAppError } from '../core/errors.ts';
import type { ArchiveRow } from '../store/catalog/archive-row.ts';
import { PartialFile } from '../store/partial-file.ts';
import type { VaultReader } from '../vault/vault-reader.ts';
import { type DownloadContext, downloadArchive } from './download-archive.ts';
import { throwIfInterrupted } from './interruption.ts';
import type { LocalCopy } from './local-copies.ts';
import { type ReadVerdict, readArchive, type WrongVerdict } from './read-archive.ts';

export type ReplacementContext = Omit<DownloadContext, 'reader'>;

/** The bytes that were verified once, whole and hashed, not yet in their place. */
export interface Replacement {
  readonly partial: PartialFile;
  /** Where they came from, for the history. */
  readonly source: string;
}

const READ_BYTES = 1024 * 1024;

/** What a repair that was interrupted had ready, or null. What cannot be gone on with (`isLast`: nothing else will come) is removed. */
export async function takeLeftover(
  context: ReplacementContext,
  row: ArchiveRow,
  isLast: boolean,
): Promise<Replacement | null> {
  const partial = await PartialFile.takeWhole(context.partialDir, row);
  if (partial === null) return null;
  try {
    const hash = await hashOf(context, partial, row.sizeBytes);
    if (hash === row.sha256) return { partial, source: 'an earlier repair that was interrupted' };
    await partial.close();
    if (isLast) await partial.remove();
  } catch (error) {
    await partial.close();
    // A bad sector under it must not stand in the way of another one.
    if (!isAppError(error, 'STORE_IO')) throw error;
    await partial.remove();
  }
  return null;
}

/**
 * Copies the archive from somewhere else on the disk, or fetches it from the vault: only bytes whose SHA-256 is the recorded one. null: nothing has
 * them any more.
 *
 * @throws AppError REPAIR_DIFFERS when the vault has something else under this version; it is in quarantine. Else as downloadArchive.
 */
export async function findReplacement(
  context: ReplacementContext,
  args: {
    readonly row: ArchiveRow;
    readonly copies: readonly LocalCopy[];
    readonly reader: VaultReader | null;
    /** Told of each copy that turned out to be something else. */
    readonly isWrong: (copy: LocalCopy, verdict: WrongVerdict) => Promise<void>;
  },
): Promise<Replacement | null> {
  const { row, copies, reader, isWrong } = args;
  for (const copy of copies) {
    const found = await copyFrom(context, row, copy.file);
    if (found instanceof PartialFile) return { partial: found, source: copy.words };
    await isWrong(copy, found);
  }
  if (reader === null) return null;
  const { partial, sha256 } = await downloadArchive({ ...context, reader }, row);
  if (sha256 === row.sha256) return { partial, source: 'the vault' };
  const expected = row.sha256;
  const why = `the vault has other content under this version than what was verified here: its SHA-256 is ${sha256} instead of ${expected}`;
  await context.quarantine(partial, row, { why, expected, actual: sha256, sha256 });
  throw new AppError('REPAIR_DIFFERS', `${row.vault}/${row.key} is damaged here, and ${why}`);
}

async function copyFrom(
  context: ReplacementContext,
  row: ArchiveRow,
  file: string,
): Promise<PartialFile | WrongVerdict> {
  const { partialDir, signal, progress, checkStore } = context;
  const { sizeBytes } = row;
  checkStore();
  const partial = await PartialFile.create(partialDir, row, { resumable: false });
  let verdict: ReadVerdict;
  try {
    let position = 0;
    const take = async (piece: Buffer): Promise<void> => {
      await partial.write(position, [piece]);
      position += piece.length;
      progress.advanced(row, piece.length, 'resumed');
    };
    const expected = { sizeBytes, sha256: row.sha256 ?? '' };
    verdict = await readArchive({ path: file, expected, signal, take });
    if (verdict.kind === 'right') return partial;
  } catch (error) {
    await partial.close();
    await partial.remove();
    // A copy that this user may not read is none; what is written here is our own.
    if (isAppError(error, 'STORE_FORBIDDEN')) return { kind: 'unreadable', why: error.message };
    throw error;
  }
  await partial.close();
  await partial.remove();
  return verdict;
}

async function hashOf({ signal }: ReplacementContext, partial: PartialFile, sizeBytes: number): Promise<string | null> {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(READ_BYTES);
  for (let position = 0; position < sizeBytes; ) {
    throwIfInterrupted(signal);
    const read = await partial.read(buffer.subarray(0, Math.min(READ_BYTES, sizeBytes - position)), position);
    if (read === 0) return null;
    hash.update(buffer.subarray(0, read));
    position += read;
  }
  return hash.digest('hex');
}
