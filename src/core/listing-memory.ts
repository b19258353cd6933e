import type { VaultConfig } from './config/config.ts';

type Place = Pick<VaultConfig, 'endpoint' | 'bucket'>;

/** How a vault let itself be listed, as state.json remembers it: with the place, because the owner may move a vault. */
export function rememberListing(kind: 'versions' | 'objects', { endpoint, bucket }: Place): string {
  return `${kind} ${endpoint ?? 'aws'} ${bucket}`;
}

/** Were versions listed in this very bucket? Then a refusal is an error. A refusal is not remembered: the key may have been given the right. */
export function recallsVersions(memory: string | null, vault: Place): boolean {
  return memory === rememberListing('versions', vault);
}
