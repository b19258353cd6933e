import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Proof } from '../core/archive.ts';
import { createArchiveDigests } from '../core/archive-digests.ts';
import { systemCode } from '../core/errors.ts';
import { type FileIdentity, identityOf, isUntouched } from '../store/file-identity.ts';
import { translateFsError } from '../store/translate-fs-error.ts';
import { type ProofContext, type ProvableObject, prepareProof } from './fetch-archive.ts';
import { withRetries } from './with-retries.ts';

const READ_BYTES = 1024 * 1024;
/** What keeps one file from being read, and says nothing of the others. */
const UNREADABLE: ReadonlySet<string> = new Set(['EIO', 'EACCES']);

export interface ProvenFile {
  readonly sha256: string;
  readonly proof: Proof;
  readonly suspect: string | null;
  /** What was hashed. */
  readonly file: FileIdentity;
}

export interface CompareOptions {
  readonly advanced?: (bytes: number) => void;
  /** Waits for its turn at the disk; the vault is asked before. */
  readonly inTurn?: <T>(work: () => Promise<T>) => Promise<T>;
}

/**
 * Is the file that lies under an archive's name that archive? As `compareWithVault`; null: not proven, and the file is left as it is.
 */
export async function proveExistingFile(
  context: ProofContext,
  row: ProvableObject,
  path: string,
): Promise<ProvenFile | null> {
  const found = await compareWithVault(context, row, path);
  return found === 'other' || found === 'unknown' ? null : found;
}

/**
 * Hashes a file and compares it with the vault's strongest proof of an object; equal length alone proves nothing here. The file is made
 * durable before it is called proven: it may be what a crash left between rename and fsync. other: the vault's checksum is another one.
 * unknown: the vault has no checksum that could tell, or the file cannot be read, or is being written to.
 */
export async function compareWithVault(
  context: ProofContext,
  row: ProvableObject,
  path: string,
  { advanced, inTurn = (work) => work() }: CompareOptions = {},
): Promise<ProvenFile | 'other' | 'unknown'> {
  const { facts, plan } = await withRetries(context, () => prepareProof(context, row));
  if (plan.proof === 'length-only') return 'unknown';
  const digests = await createArchiveDigests(plan);
  let file: FileIdentity | null;
  try {
    file = await inTurn(() =>
      readDurably(path, (piece) => {
        digests.update(piece);
        advanced?.(piece.length);
      }),
    );
  } catch (error) {
    // A bad sector, or a stranger's file: nothing is known of it, and the vault still has the archive.
    if (UNREADABLE.has(systemCode(error) ?? '')) return 'unknown';
    throw translateFsError(error, `reading ${path}`);
  }
  const result = digests.finish();
  if (file === null) return 'unknown';
  if (!result.matched) return result.accuses ? 'other' : 'unknown';
  const suspect =
    result.uploaderAgrees === false
      ? `the uploader said sha256 ${facts.uploaderSha256 ?? 'unknown'}, the vault holds ${result.sha256}`
      : null;
  return { sha256: result.sha256, proof: result.proof, suspect, file };
}

/**
 * Reads a plain file once and forces what it read onto the disk. Answers which file it was; null: somebody wrote to it meanwhile. Throws the filesystem's own
 * errors.
 */
export async function readDurably(path: string, take: (piece: Buffer) => void): Promise<FileIdentity | null> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    // Not more than the file: a hundred thousand small ones would fill the memory faster than it is given back.
    const before = identityOf(await file.stat({ bigint: true }));
    const buffer = Buffer.allocUnsafeSlow(Math.max(1, Math.min(READ_BYTES, Number(before.size))));
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length, null);
      if (bytesRead === 0) break;
      take(buffer.subarray(0, bytesRead));
    }
    await file.sync();
    return isUntouched(before, identityOf(await file.stat({ bigint: true }))) ? before : null;
  } finally {
    await file.close();
  }
}
