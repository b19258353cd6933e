import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Proof } from '../core/archive.ts';
import { createArchiveDigests } from '../core/archive-digests.ts';
import { systemCode } from '../core/errors.ts';
import { translateFsError } from '../store/translate-fs-error.ts';
import { type ProofContext, type ProvableObject, prepareProof } from './fetch-archive.ts';
import { withRetries } from './retry.ts';

const READ_BYTES = 1024 * 1024;
/** What keeps one file from being read, and says nothing of the others. */
const UNREADABLE: ReadonlySet<string> = new Set(['EIO', 'EACCES']);

export interface ProvenFile {
  readonly sha256: string;
  readonly proof: Proof;
  readonly suspect: string | null;
}

/**
 * Is the file that lies under an archive's name that archive? Hashes it and compares with the vault's strongest proof; equal length alone
 * proves nothing here. The file is made durable before it is called proven: it may be what a crash left between rename and fsync.
 * null: not proven, or not to be read; the file is left as it is.
 */
export async function proveExistingFile(
  context: ProofContext,
  row: ProvableObject,
  path: string,
  advanced: (bytes: number) => void = () => undefined,
): Promise<ProvenFile | null> {
  const { facts, plan } = await withRetries(context, () => prepareProof(context, row));
  if (plan.proof === 'length-only') return null;
  const digests = await createArchiveDigests(plan);
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
      for (;;) {
        const { bytesRead } = await file.read(buffer, 0, READ_BYTES, null);
        if (bytesRead === 0) break;
        digests.update(buffer.subarray(0, bytesRead));
        advanced(bytesRead);
      }
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    // A bad sector, or a stranger's file: nothing is known of it, and the vault still has the archive.
    if (UNREADABLE.has(systemCode(error) ?? '')) return null;
    throw translateFsError(error, `reading ${path}`);
  }
  const result = digests.finish();
  if (!result.matched) return null;
  const suspect =
    result.uploaderAgrees === false
      ? `the uploader said sha256 ${facts.uploaderSha256 ?? 'unknown'}, the vault holds ${result.sha256}`
      : null;
  return { sha256: result.sha256, proof: result.proof, suspect };
}
