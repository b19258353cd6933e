import { ERROR_KINDS, type ErrorCode } from './errors.ts';
import { HARMLESS } from './harmless-problems.ts';
import { EMPTY_VAULT_STATE, type MirrorState, type VaultState } from './mirror-state.ts';
import type { Problem } from './pass-report.ts';

/** Why nothing of a vault is removed now; vaults of which something may be are absent. */
export type PruneBlocks = ReadonlyMap<string, PruneBlock>;

export interface PruneBlock {
  /** For a person. */
  readonly why: string;
  /** What its last pass met, or null when there was none. */
  readonly problem: Problem | null;
  /** No pass ends it. */
  readonly isLasting: boolean;
}

/**
 * The vaults whose last pass over this store was not free of errors: what is not understood is no time to remove anything.
 *
 * @param storeId of the store that is open
 */
export function pruneBlocks(
  state: MirrorState,
  vaults: readonly { readonly name: string }[],
  storeId: string,
): PruneBlocks {
  const isOther = state.storeId !== null && state.storeId !== storeId;
  const blocks = new Map<string, PruneBlock>();
  for (const { name } of vaults) {
    const block = isOther ? NO_PASS : blockOf(state.vaults[name] ?? EMPTY_VAULT_STATE);
    if (block !== null) blocks.set(name, block);
  }
  return blocks;
}

const NO_PASS: PruneBlock = { why: 'there was no pass over this store yet', problem: null, isLasting: false };

function blockOf({ lastPassOk, lastError }: VaultState): PruneBlock | null {
  if (lastPassOk === true) return null;
  if (lastPassOk === null || lastError === null) return NO_PASS;
  const { code, message, hint } = lastError;
  if (HARMLESS.has(code)) return null;
  return {
    why: `its last pass had a problem: ${message}`,
    problem: { code: knownCode(code), message, hint },
    isLasting: false,
  };
}

/** state.json may have been written by a later release. */
function knownCode(code: string): ErrorCode {
  return Object.hasOwn(ERROR_KINDS, code) ? (code as ErrorCode) : 'INTERNAL';
}
