import { planCopy } from './copy-plan.ts';
import type { PromoterLog } from './decision-log.ts';
import type {
  CompletionOutcome,
  CopiedPart,
  CopyRef,
  PromoterStorage,
  UploadFacts,
  UploadRef,
} from './promoter-storage.ts';

export interface CopyRequest {
  readonly source: UploadRef;
  readonly facts: UploadFacts;
  readonly vaultKey: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Below the SDK's 50 sockets; 50 GB go in twelve rounds. */
const PARTS_AT_A_TIME = 32;
/** For tidying up after the caller's own time has run out. */
const ABORT_TIMEOUT_MS = 10_000;

/**
 * Makes one copy of an upload under a name of the vault, if nothing has it. Whatever keeps the copy from being completed, its parts are removed
 * again, as well as that can be done; the vault's lifecycle rule removes what is left.
 */
export async function copyUpload(
  { storage, log }: { storage: PromoterStorage; log: PromoterLog },
  { source, facts, vaultKey, metadata }: CopyRequest,
  signal: AbortSignal,
): Promise<CompletionOutcome | 'gone'> {
  const copy = await storage.beginCopy(vaultKey, metadata, signal);
  let outcome: CompletionOutcome | 'gone' | null = null;
  try {
    const parts = await copyParts(storage, copy, { ...source, etag: facts.etag }, facts.sizeBytes, signal);
    const checksumCrc64Nvme = facts.checksums.CRC64NVME ?? null;
    outcome =
      parts === 'gone'
        ? 'gone'
        : await storage.completeCopy({ copy, parts, sizeBytes: facts.sizeBytes, checksumCrc64Nvme }, signal);
    return outcome;
  } finally {
    if (outcome !== 'done') await giveUp(storage, log, copy);
  }
}

/** All parts, or none: after the first that fails no other is begun, and those under way are waited for, so that none outlives an abort. */
async function copyParts(
  storage: PromoterStorage,
  copy: CopyRef,
  source: UploadRef & { readonly etag: string },
  sizeBytes: number,
  signal: AbortSignal,
): Promise<CopiedPart[] | 'gone'> {
  const waiting = [...planCopy(sizeBytes)].reverse();
  const copied: CopiedPart[] = [];
  let isGone = false;
  const work = async (): Promise<void> => {
    try {
      for (let part = waiting.pop(); part !== undefined; part = waiting.pop()) {
        signal.throwIfAborted();
        const result = await storage.copyPart({ copy, source, part }, signal);
        if (result !== 'gone') copied.push(result);
        else isGone = true;
        if (isGone) waiting.length = 0;
      }
    } catch (error) {
      waiting.length = 0;
      throw error;
    }
  };
  // Not p-limit: it would be a twentieth of the inline code, and cannot drop what is queued without leaving it unsettled.
  const workers = await Promise.allSettled(Array.from({ length: PARTS_AT_A_TIME }, work));
  for (const worker of workers) if (worker.status === 'rejected') throw worker.reason;
  return isGone ? 'gone' : copied.sort((a, b) => a.partNumber - b.partNumber);
}

async function giveUp(storage: PromoterStorage, log: PromoterLog, copy: CopyRef): Promise<void> {
  try {
    await storage.abortCopy(copy, AbortSignal.timeout(ABORT_TIMEOUT_MS));
  } catch (error) {
    // What went wrong before matters more, and must not be hidden by this.
    log({ event: 'abort-failed', vaultKey: copy.vaultKey, error });
  }
}
