import type { ArchiveRow } from '../store/catalog/archive-row.ts';
import type { VaultReader } from '../vault/vault-reader.ts';
import { type RetryContext, withRetries } from './with-retries.ts';

/** A key with more versions than fit on these is not walked to its end. */
const MAX_PAGES = 20;

/** Does the vault list this very object now? Asks for its key alone. Errors: VAULT_*, INTERRUPTED. */
export function isListed(context: RetryContext & { readonly reader: VaultReader }, row: ArchiveRow): Promise<boolean> {
  return withRetries(context, async () => {
    let pages = 0;
    for await (const { objects } of context.reader.list({ prefix: row.key, signal: context.signal })) {
      if (objects.some((object) => object.key === row.key && isSame(object, row))) return true;
      // The key itself comes before all that begin with it.
      if (objects.some(({ key }) => key !== row.key)) return false;
      pages += 1;
      if (pages === MAX_PAGES) return true;
    }
    return false;
  });
}

type Identity = Pick<ArchiveRow, 'versionId' | 'etag' | 'sizeBytes'>;

function isSame(listed: Identity, { versionId, etag, sizeBytes }: Identity): boolean {
  if (versionId !== null) return listed.versionId === versionId;
  return listed.etag === etag && listed.sizeBytes === sizeBytes;
}
