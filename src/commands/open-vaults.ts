import type { Clock } from '../core/clock.ts';
import type { Config, VaultConfig } from '../core/config/config.ts';
import { recallsVersions } from '../core/listing-memory.ts';
import type { MirrorState } from '../core/mirror-state.ts';
import { createVaultReader } from '../vault/create-vault-reader.ts';
import type { ListingKind, VaultReader } from '../vault/vault-reader.ts';

const CONNECT_TIMEOUT_MS = 15_000;
/** Listings and looks at objects go beside the downloads. */
const SPARE_SOCKETS = 4;

/** A reader for each vault of the configuration. No connection is opened before it is used; the caller closes them. */
export function openVaults(config: Config, state: MirrorState, clock: Clock): ReadonlyMap<string, VaultReader> {
  return new Map(
    config.vaults.map((vault) => {
      const listing = recallsVersions(state.vaults[vault.name]?.listingMode ?? null, vault) ? 'versions' : null;
      return [vault.name, openVault(vault, config, clock, listing)];
    }),
  );
}

/** The reader of one vault. Throws VAULT_NO_BUCKET for an endpoint that cannot be. */
export function openVault(
  vault: VaultConfig,
  { downloads }: Pick<Config, 'downloads'>,
  clock: Clock,
  listing: ListingKind | null = null,
): VaultReader {
  const { name, bucket, prefix, region, endpoint, forcePathStyle, credentials } = vault;
  return createVaultReader({
    name,
    bucket,
    prefix,
    region,
    forcePathStyle,
    ...(endpoint === null ? {} : { endpoint }),
    ...(credentials.kind === 'chain' ? {} : { credentials }),
    idleTimeoutMs: downloads.idleTimeoutMs,
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    maxSockets: downloads.concurrency * downloads.ranges + SPARE_SOCKETS,
    listing,
    clock,
  });
}
