import { ERROR_KINDS, EXIT, type ExitStatus } from '../core/errors.ts';
import { worstExit } from '../core/exit-status.ts';
import type { AdoptFilesReport } from '../jobs/adopt-files.ts';

/**
 * What `rebuild` and `adopt` end with: whatever kept a vault, or one archive, from being asked; and archives that lost their file, or of which
 * nobody knows what they are, need the owner, and so do pins and freezes that are lost. Files that nothing vouches for are no trouble: they are told and left.
 */
export function adoptionExit({ vaults, stopped, damaged, disagreeing, frozen }: AdoptFilesReport): ExitStatus {
  const troubles = vaults.flatMap(({ problem, failures }) => [...(problem === null ? [] : [problem]), ...failures]);
  const codes = [...(stopped === null ? [] : [stopped]), ...troubles].map(({ code }) => ERROR_KINDS[code].exit);
  const needsOwner = damaged.damaged > 0 || disagreeing.length > 0 || frozen.length > 0;
  return worstExit([...codes, needsOwner ? EXIT.needsOwner : EXIT.done]);
}
