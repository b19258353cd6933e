import { EXPIRY_MARGIN_MS, isExplainedByExpiry } from '../core/attention.ts';
import type { SteadyClock } from '../core/clock.ts';
import type { Config } from '../core/config/config.ts';
import { formatDuration } from '../core/duration.ts';
import { AppError } from '../core/errors.ts';
import { IdSet } from '../core/id-set.ts';
import { type PlannedListing, planListings } from '../core/listing-plan.ts';
import type { MatchPattern } from '../core/series-match.ts';
import type { ToldTime } from '../core/told-time.ts';
import type { ArchiveRow } from '../store/catalog/archive-row.ts';
import type { Catalog } from '../store/catalog/catalog.ts';
import type { UntimedObject } from '../vault/vault-reader.ts';
import { inCommits } from './in-commits.ts';
import { lastTrusted } from './last-trusted.ts';
import { leftBeforeDownload } from './left-before-download.ts';
import { type ListingResult, type ListVaultContext, listVault } from './list-vault.ts';
import { PassClock } from './pass-clock.ts';

export interface ReconcileContext extends ListVaultContext {
  readonly series: readonly (ListVaultContext['series'][number] & { readonly match: MatchPattern })[];
  readonly timezone: string;
}

export interface Reconciliation {
  readonly listing: 'full' | 'ordinary';
  readonly listed: number;
  readonly newArchives: number;
  readonly undecodableKeys: readonly string[];
  readonly crowdedKeys: readonly string[];
  readonly untimed: readonly UntimedObject[];
  readonly told: ToldTime | null;
  /** VAULT_LISTING_EMPTY or VAULT_LISTING_SHRUNK: an alarm, never an action. */
  readonly alarm: AppError | null;
}

/** A vault that never had more archives than this is listed in full each time: that takes a few requests, and sees everything. */
const SMALL_VAULT = 2000;

/** For a vault of the configuration. */
export function createReconcileContext({
  config,
  clock: given,
  ...rest
}: Omit<ReconcileContext, 'series' | 'timezone' | 'clock'> & {
  readonly config: Pick<Config, 'series' | 'timezone'>;
  readonly clock: SteadyClock;
}): ReconcileContext {
  const clock = given instanceof PassClock ? given : new PassClock(given, lastTrusted(rest.catalog));
  return { ...rest, clock, series: config.series, timezone: config.timezone };
}

/**
 * Brings the catalog up to date with the vault. An ordinary listing that misses anything is followed by a full one, and a full one that
 * misses anything by a second: only what both miss is noted as gone from the vault. Nothing on the disk is touched whatever they say.
 *
 * @param mayBeEmpty the owner says that the vault was emptied: then a listing of nothing is a fact about it, and no error
 */
export async function reconcileVault(
  context: ReconcileContext,
  wantFull: boolean,
  mayBeEmpty = false,
): Promise<Reconciliation> {
  const small = !context.catalog.counts.knowsAtLeast(context.vault.name, SMALL_VAULT);
  const ordinary = wantFull || small ? null : await listAll(context, ordinaryListings(context));
  if (ordinary !== null && ordinary.missing.size === 0) return { listing: 'ordinary', ...ordinary, alarm: null };

  const first = await listAll(context, [fullListing(context)]);
  const newArchives = first.newArchives + (ordinary?.newArchives ?? 0);
  if (first.missing.size === 0) return { listing: 'full', ...first, newArchives, alarm: null };

  const second = await listAll(context, [fullListing(context)]);
  const both = { listing: 'full' as const, ...second, newArchives: newArchives + second.newArchives };
  const isEmpty = first.listed === 0 || second.listed === 0;
  if (isEmpty && !mayBeEmpty) return { ...both, alarm: emptyListing(context) };
  const alarm = noteGone(context, missedTwice(first, second));
  return { ...both, alarm: isEmpty ? null : alarm };
}

function* missedTwice(first: ListingResult, second: ListingResult): Generator<number> {
  for (const id of second.missing) if (first.missing.has(id)) yield id;
}

function ordinaryListings({ series, vault, catalog, clock, timezone }: ReconcileContext): readonly PlannedListing[] {
  const own = series.filter((one) => one.vault === vault.name);
  const newestMatchedKeyBySeries = new Map<string, string>();
  for (const { name } of own) {
    const key = catalog.newest.key(vault.name, name);
    if (key !== null) newestMatchedKeyBySeries.set(name, key);
  }
  // The newest known key bounds the start from above, so a clock that runs ahead hides nothing.
  return planListings({
    series: own,
    vaultPrefix: vault.prefix,
    newestMatchedKeyBySeries,
    trustedNowMs: clock.now(),
    timezone,
  });
}

function fullListing({ vault }: ReconcileContext): PlannedListing {
  return { prefix: vault.prefix, startAfter: null, series: [], reason: 'the whole vault' };
}

async function listAll(context: ReconcileContext, planned: readonly PlannedListing[]): Promise<ListingResult> {
  const results: ListingResult[] = [];
  for (const listing of planned) results.push(await listVault(context, listing));
  return {
    listed: results.reduce((sum, result) => sum + result.listed, 0),
    newArchives: results.reduce((sum, result) => sum + result.newArchives, 0),
    missing: unionOf(results.map(({ missing }) => missing)),
    undecodableKeys: results.flatMap((result) => result.undecodableKeys),
    crowdedKeys: results.flatMap((result) => result.crowdedKeys),
    untimed: results.flatMap((result) => result.untimed),
    told: results.at(-1)?.told ?? null,
  };
}

function unionOf(sets: readonly IdSet[]): IdSet {
  const [only] = sets;
  if (only !== undefined && sets.length === 1) return only;
  const union = new IdSet();
  for (const set of sets) for (const id of set) union.add(id);
  return union;
}

function emptyListing({ vault, catalog }: ReconcileContext): AppError {
  const known = catalog.counts.present(vault.name);
  return new AppError(
    'VAULT_LISTING_EMPTY',
    `vault ${vault.name}: bucket ${vault.bucket} listed nothing, but ${known} ${known === 1 ? 'archive is' : 'archives are'} known to lie there`,
    {
      hint: `Look into the bucket; nothing was deleted here. If it was emptied for good: \`pullmirror sync --emptied ${vault.name}\`, or take the vault out of the configuration.`,
    },
  );
}

/**
 * Stored archives become orphans and are kept; what was never downloaded is forgotten. Says whether anybody should worry: an expiry explains only what
 * was old enough by the vault's own clock, for this machine's may be years ahead.
 */
function noteGone(context: ReconcileContext, ids: Iterable<number>): AppError | null {
  const { catalog, vault, clock, progress } = context;
  const nowMs = clock.now();
  const expiries = new Map(vault.expiresAfterMs === null ? [] : [[vault.name, vault.expiresAfterMs]]);
  // A vault that was emptied may have lost a hundred thousand: they are counted, not collected.
  let unexplained = 0;
  let example: string | null = null;
  // One that ends in between leaves the rest missing, and the next pass notes them.
  inCommits(catalog, ids, (id) => {
    const row = catalog.archives.byId(id);
    if (row === null) return;
    const stored = row.state === 'stored';
    const goneAtMs = goneTime(row, vault.expiresAfterMs, clock);
    const isExplained = isExplainedByExpiry({ ...row, goneAtMs }, expiries);
    // Overwritten in an unversioned vault: the conflict of the new archive tells that, and a second alarm would only hide it.
    const replaced = row.versionId === null && isListedAgain(catalog, row);
    const takenBack = !stored && isTakenBack(catalog, row);
    if (!replaced && !isExplained && !takenBack) {
      unexplained += 1;
      example ??= row.key;
    }
    const words = takenBack ? TAKEN_BACK : goneWords(row, vault.expiresAfterMs, clock, isExplained);
    const because = replaced ? REPLACED : words;
    if (!stored) {
      leftBeforeDownload(catalog, row, { goneAtMs, because, nowMs });
      if (takenBack) progress.failed(row, 'it is not in the vault any more');
      return;
    }
    catalog.archives.markGone(id, goneAtMs);
    if (replaced) catalog.attention.acknowledgeGone(id, nowMs);
    const about = { vault: vault.name, key: row.key, archiveId: id, detail: { because } };
    catalog.history.append({ actor: 'sync', event: 'archive.gone', ...about }, nowMs);
  });
  if (unexplained === 0) return null;
  const left = unexplained === 1 ? '1 archive' : `${unexplained} archives`;
  return new AppError(
    'VAULT_LISTING_SHRUNK',
    `vault ${vault.name}: ${left} left bucket ${vault.bucket} and no expiry explains it, for example ${JSON.stringify(example)}`,
  );
}

const REPLACED = 'unexpected: its key was written again, in a vault that keeps no versions';
const TAKEN_BACK = 'it was dropped by the owner, and taken back: when it left the vault, nobody was looking';

/** Nobody looks whether the vault still has what was dropped: what is missing then may have been so for a year. Not what is pinned. */
function isTakenBack({ history, pins }: Catalog, { id, acceptedAtMs }: ArchiveRow): boolean {
  return acceptedAtMs !== null && history.has(id, 'archive.dropped') && pins.of(id) === null;
}

/**
 * When an archive was first missing, for judging its expiry then and later. If the vault did not tell the time, what could have expired by this
 * machine's clock is dated to just before it could: nothing is taken for expired on the word of that clock alone.
 */
function goneTime({ lastModifiedMs }: ArchiveRow, expiresAfterMs: number | null, clock: PassClock): number {
  const vaultNowMs = clock.vaultNow();
  if (vaultNowMs !== null) return vaultNowMs;
  if (expiresAfterMs === null) return clock.now();
  return Math.min(clock.now(), lastModifiedMs + expiresAfterMs - EXPIRY_MARGIN_MS - 1);
}

/** For the history: what was taken for expired must be told from the rest years later too. */
function goneWords(
  { lastModifiedMs }: ArchiveRow,
  expiresAfterMs: number | null,
  clock: PassClock,
  isExplained: boolean,
): string {
  if (expiresAfterMs === null) return 'unexpected: no `expiresAfter` is configured for this vault';
  const rule = `the vault's archives expire after ${formatDuration(expiresAfterMs)} (\`expiresAfter\`)`;
  const vaultNowMs = clock.vaultNow();
  if (vaultNowMs === null) return `unexpected: ${rule}, but the vault did not tell the time`;
  const age = formatDuration(Math.max(0, vaultNowMs - lastModifiedMs));
  return `${isExplained ? 'expected' : 'unexpected'}: it was ${age} old, and ${rule}`;
}

function isListedAgain(catalog: Catalog, row: ArchiveRow): boolean {
  return catalog.archives.isPresentOtherwise(row.vault, row.key, row.id);
}
