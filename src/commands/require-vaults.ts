import { AppError, isAppError } from '../core/errors.ts';
import type { VaultReader } from '../vault/vault-reader.ts';

/**
 * Throws VAULT_* unless every vault answers. Without a copy of the catalog only they can say what the files are, and what is left of the old one may
 * still answer something.
 */
export async function requireVaults(readers: ReadonlyMap<string, VaultReader>, signal: AbortSignal): Promise<void> {
  for (const [name, reader] of readers) {
    try {
      await reader.probe(signal);
    } catch (error) {
      if (!isAppError(error)) throw error;
      const hint = `${error.hint} Meanwhile \`restore.sh\` on the disk gives archives back. If that vault is gone for good, take it out of the configuration: the files that SHA256SUMS vouches for are kept.`;
      throw new AppError(
        error.code,
        `there is no copy of the catalog that can be used, and vault ${name} cannot be asked: ${error.message}`,
        { cause: error, hint },
      );
    }
  }
}
