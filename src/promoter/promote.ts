import { compareCopy } from './compare-copy.ts';
import { copyUpload } from './copy-upload.ts';
import type { Decision } from './decision.ts';
import type { PromoterLog } from './decision-log.ts';
import type { ArchiveFacts, PromoterStorage, UploadFacts } from './promoter-storage.ts';
import { decisionOf, type Ending, examineUpload, type Promotion } from './promotion.ts';
import { isRefusedForGood } from './storage-error.ts';
import { isMadeOf, vaultMetadata } from './vault-metadata.ts';

export interface Tools {
  readonly storage: PromoterStorage;
  readonly log: PromoterLog;
}

/** How often a copy is made anew when another writer was at work at the same moment. */
const MAX_COPIES = 4;

/**
 * Moves one version to its name, unless another upload has that. Every step may be the last one: the copy becomes visible all at once and carries
 * the source's key and version, so whoever comes next (the event again, the sweep) sees whether it is there and goes on from that.
 * The version in the inbox is deleted only after the archive of that name was asked and found to be made of it, and equal.
 */
export async function promote(
  tools: Tools,
  promotion: Promotion,
  facts: UploadFacts,
  signal: AbortSignal,
): Promise<Decision> {
  const { source, vaultKey, uploadedAtMs } = promotion;
  const decide = (ending: Ending): Decision => decisionOf(promotion, facts.sizeBytes, ending);
  const metadata = vaultMetadata(source, uploadedAtMs, facts.claimedSha256);
  for (let copies = 0; copies < MAX_COPIES; copies += 1) {
    const archive = await tools.storage.headArchive(vaultKey, signal);
    if (archive !== null) return decide(await settle(tools.storage, promotion, facts, archive, 'finished', signal));
    const outcome = await copyUpload(tools, { source, facts, vaultKey, metadata }, signal);
    if (outcome === 'gone') return decide({ kind: 'already-moved', why: 'it was deleted while it was being copied' });
    if (outcome !== 'done') continue;
    const copied = await tools.storage.headArchive(vaultKey, signal);
    if (copied === null) throw new Error(`${vaultKey} was deleted from the vault as soon as it was made`);
    return decide(await settle(tools.storage, promotion, facts, copied, 'promoted', signal));
  }
  throw new Error(`${vaultKey}: other writers were at work ${MAX_COPIES} times in a row`);
}

/** Asks for the upload, and promotes it if nothing in it is against that. */
export async function examineAndPromote(tools: Tools, promotion: Promotion, signal: AbortSignal): Promise<Decision> {
  const examined = await examineUpload(tools.storage, promotion, signal);
  return 'kind' in examined ? examined : promote(tools, promotion, examined, signal);
}

/** The same for an upload that was met on the way to another, for which it must not be fatal: null (and logged) when S3 refuses this one for good. */
export async function promoteIfAllowed(
  tools: Tools,
  promotion: Promotion,
  signal: AbortSignal,
): Promise<Decision | null> {
  try {
    return await examineAndPromote(tools, promotion, signal);
  } catch (error) {
    if (!isRefusedForGood(error)) throw error;
    tools.log({ event: 'failed', ...promotion.source, error });
    return null;
  }
}

/** The name has an archive: if it is this upload's own, and whole, the upload has done its duty. */
async function settle(
  storage: PromoterStorage,
  { source }: Promotion,
  facts: UploadFacts,
  archive: ArchiveFacts,
  kind: 'promoted' | 'finished',
  signal: AbortSignal,
): Promise<Ending> {
  if (!isMadeOf(archive, source)) {
    // Without an overwrite, which nobody is allowed, this cannot be.
    if (kind === 'promoted') return { kind: 'mismatch', why: 'the archive that was just made is of another upload' };
    return { kind: 'name-taken', why: `by the upload of ${archive.metadata['uploaded-at'] ?? 'unknown origin'}` };
  }
  const proof = compareCopy(facts, archive);
  if (proof === null) {
    return { kind: 'mismatch', why: `size (${archive.sizeBytes} bytes in the vault) or checksum differ` };
  }
  await storage.deleteUpload(source, signal);
  return { kind, proof };
}
