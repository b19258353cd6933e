import type { Proof } from '../core/archive.ts';
import { AppError } from '../core/errors.ts';
import type { ArchiveRow } from '../store/catalog/archive-row.ts';
import type { PartialFile } from '../store/partial-file.ts';
import type { QuarantineFailure } from '../store/quarantine-reason.ts';
import { type FetchContext, type FetchedArchive, fetchArchive } from './fetch-archive.ts';

export interface DownloadContext extends FetchContext {
  /** Keeps what failed verification, with the reason, out of the way. Takes the file over. */
  readonly quarantine: (partial: PartialFile, row: ArchiveRow, failure: QuarantineFailure) => Promise<void>;
}

export interface VerifiedArchive {
  readonly partial: PartialFile;
  readonly sha256: string;
  readonly proof: Proof;
  /** Why its content is doubted although it arrived as the vault has it, or null. */
  readonly suspect: string | null;
  /** For the history: what was not plain sailing, or null. */
  readonly remark: string | null;
}

/**
 * Downloads one archive and proves it. What does not match is fetched once more from zero: a real checksum that fails again is an alarm;
 * an ETag that fails twice over identical bytes only shows that it is no MD5 (encryption, unusual part sizes), so the archive is kept
 * with the proof `length-only`.
 *
 * @throws AppError STORE_FULL when there is no room to fetch it again. VERIFICATION_FAILED when two downloads cannot be proven; both are in quarantine. Else as fetchArchive.
 */
export async function downloadArchive(context: DownloadContext, row: ArchiveRow): Promise<VerifiedArchive> {
  const first = await fetchArchive(context, row, { fromZero: false });
  // Bytes that have been verified before need no other proof.
  const isKnown = row.sha256 !== null && first.result.sha256 === row.sha256;
  if (first.result.matched || isKnown) return verified(first, first.result.proof, null);

  const failure = failureOf(first);
  await setAside(context, row, first, failure);
  context.reserveAgain(row);
  const second = await fetchArchive(context, row, { fromZero: true });
  if (second.result.matched) return verified(second, second.result.proof, `fetched twice: ${failure.why}`);
  if (!second.result.accuses && second.result.sha256 === first.result.sha256) {
    return verified(second, 'length-only', `the ETag ${row.etag} is no checksum of its bytes; two downloads agree`);
  }
  const again = failureOf(second);
  await context.quarantine(second.partial, row, again);
  throw new AppError(
    'VERIFICATION_FAILED',
    `${row.vault}/${row.key}: two downloads differ from what the vault promised: ${again.why}`,
  );
}

/** Evidence of a wrong checksum is kept; a mere ETag accuses nobody, and its bytes come again anyway. */
async function setAside(
  context: DownloadContext,
  row: ArchiveRow,
  fetched: FetchedArchive,
  failure: QuarantineFailure,
): Promise<void> {
  if (fetched.result.accuses) return context.quarantine(fetched.partial, row, failure);
  await fetched.partial.close();
  await fetched.partial.remove();
}

function failureOf({ result }: FetchedArchive): QuarantineFailure {
  const { planned, expected, actual, sha256 } = result;
  return { why: `${planned} is ${actual ?? 'unknown'} instead of ${expected ?? 'unknown'}`, expected, actual, sha256 };
}

function verified(fetched: FetchedArchive, proof: Proof, remark: string | null): VerifiedArchive {
  const { partial, result, facts } = fetched;
  const suspect =
    result.uploaderAgrees === false
      ? `the uploader said sha256 ${facts.uploaderSha256 ?? 'unknown'}, the vault holds ${result.sha256}`
      : null;
  return { partial, sha256: result.sha256, proof, suspect, remark };
}
