import type { Decision } from './decision.ts';
import { promoteIfAllowed, type Tools } from './promote.ts';
import type { ArchiveFacts } from './promoter-storage.ts';
import type { Promotion } from './promotion.ts';
import type { CountedUpload } from './sweep-tally.ts';
import { isMadeOf } from './vault-metadata.ts';

/** Whether the promotion's name in the vault is its own upload's; null while nobody has it. */
export type OwnsName = (promotion: Promotion) => Promise<boolean | null>;

const MAX_REMEMBERED = 20_000;

/**
 * Asks for each name that is taken once in a sweep. Good for telling that a name is another's, which never changes; whoever is about to write
 * or to delete (`promote`) asks again.
 *
 * An upload whose promotion died before its last step may lie in a crowd of which the sweep deals with a few only. But its archive tells what
 * it was made of, so that promotion is finished when its name is met. Only the promoter writes to the vault: what an archive tells is true.
 * And all that hangs on it is whom to ask for: a version of the very key that led here, which goes only if `promote` finds once more that the
 * archive was made of it, and is equal.
 */
export function rememberOwners(
  tools: Tools,
  decided: (decision: Decision, upload: CountedUpload) => void,
  signal: AbortSignal,
): OwnsName {
  const known = new Map<string, ArchiveFacts>();

  async function finishOwner({ metadata }: ArchiveFacts, promotion: Promotion): Promise<void> {
    const versionId = metadata['source-version'];
    const uploadedAtMs = Date.parse(metadata['uploaded-at'] ?? '');
    // Not the promoter's.
    if (!versionId || !uploadedAtMs) return;
    const source = { key: promotion.source.key, versionId };
    const decision = await promoteIfAllowed(tools, { ...promotion, source, uploadedAtMs }, signal);
    // Gone from the inbox, as it should be: nothing to tell.
    if (decision === null || decision.kind === 'already-moved') return;
    decided(decision, { ...source, lastModifiedMs: uploadedAtMs });
  }

  return async (promotion) => {
    const { source, vaultKey } = promotion;
    const remembered = known.get(vaultKey);
    if (remembered !== undefined) return isMadeOf(remembered, source);
    const archive = await tools.storage.headArchive(vaultKey, signal);
    if (archive === null) return null;
    if (known.size >= MAX_REMEMBERED) known.clear();
    known.set(vaultKey, archive);
    const isOwn = isMadeOf(archive, source);
    if (!isOwn) await finishOwner(archive, promotion);
    return isOwn;
  };
}
