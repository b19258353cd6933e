import { isAppError } from '../core/errors.ts';
import type { ArchiveRow } from '../store/catalog/archive-row.ts';
import type { VaultReader } from '../vault/vault-reader.ts';
import { type RetryContext, withRetries } from './with-retries.ts';

/**
 * Would the vault give it? What refuses refuses before the first byte. unknown: it is not there. Throws VAULT_*, TRANSFER_* and INTERRUPTED, what keeps the
 * vault from being asked.
 */
export async function askForFirstByte(
  context: RetryContext & { readonly reader: VaultReader },
  row: ArchiveRow,
): Promise<'given' | 'refused' | 'unknown'> {
  const { reader, signal } = context;
  try {
    const body = await withRetries(context, () => reader.get(row, { start: 0, end: 1 }, signal));
    body.cancel();
    return 'given';
  } catch (error) {
    if (isAppError(error, 'OBJECT_DENIED')) return 'refused';
    if (isAppError(error, 'OBJECT_GONE')) return 'unknown';
    // Whoever may not read it is not told that it is archived, another one by now, or empty (416: there is no first byte).
    if (isAppError(error, 'OBJECT_ARCHIVED', 'OBJECT_CHANGED')) return 'given';
    throw error;
  }
}
