import { type VaultExpiries, vaultExpiries } from '../core/attention.ts';
import type { Config, SeriesConfig } from '../core/config/config.ts';
import type { Actor } from '../core/event-names.ts';
import { type Doubts, evaluateFreezes, type FreezeFacts, type ListingFinding } from '../core/keep/evaluate-freezes.ts';
import { type DoubtCause, doubtOf, type Freeze } from '../core/keep/freeze.ts';
import type { TrustedNow } from '../core/trusted-now.ts';
import type { Catalog } from '../store/catalog/catalog.ts';
import type { DoubtCount } from '../store/catalog/doubt-table.ts';
import { arrivalsOf, sizesOf } from './freeze-facts.ts';
import { extendFreeze, holdSeries } from './hold-series.ts';
import { listingFact } from './record-alarms.ts';
import { describeArchive } from './select-archive.ts';

export interface UpdateFreezesArgs {
  readonly catalog: Catalog;
  readonly config: Pick<Config, 'series' | 'vaults' | 'timezone'>;
  /** This machine's clock, milliseconds since 1970 UTC: dates what is written. */
  readonly localNowMs: number;
  /** What arrivals are counted by; in doubt, 'bulk' neither begins nor ends. */
  readonly now: TrustedNow;
  /** Who is working: 'sync', 'prune', … */
  readonly actor: Actor;
}

export interface FreezeUpdate {
  readonly begun: number;
  readonly ended: number;
  /** Held already, for newer reasons of the same cause. */
  readonly extended: number;
}

/**
 * Looks at every configured series, begins, extends and ends freezes as core/keep decides, and tells the history. All of it in one commit; nothing is
 * written when nothing changes. A series that the configuration does not name any more keeps its freezes until the owner releases them.
 *
 * @throws AppError of the catalog
 */
export function updateFreezes({ catalog, config, localNowMs, now, actor }: UpdateFreezesArgs): FreezeUpdate {
  return catalog.transaction(() => {
    const open = catalog.freezes.open();
    const releases = catalog.freezes.releases();
    const expiries = vaultExpiries(config.vaults);
    const doubts = collectDoubts(catalog, expiries);
    let begun = 0;
    let ended = 0;
    let extended = 0;
    for (const series of config.series) {
      const isOwn = (one: { vault: string; series: string }) =>
        one.vault === series.vault && one.series === series.name;
      const facts = {
        ...{ series: series.name, vault: series.vault, timezone: config.timezone, now },
        ...{ expectEveryMs: series.expectEveryMs, sizeFactor: series.sizeFactor },
        open: open.filter(isOwn),
        releases: releases.filter(isOwn),
        conflicts: doubts('conflict', series),
        suspects: doubts('suspect', series),
        orphans: doubts('orphan', series),
        listing: listingOf(catalog, series.vault),
      };
      const { begin, end, extend } = evaluateFreezes({
        ...facts,
        ...evidenceOf(catalog, series, { ...facts, localNowMs }),
      });
      for (const { cause, reason } of begin) {
        holdSeries(catalog, { vault: series.vault, series: series.name, cause, reason }, { actor, nowMs: localNowMs });
      }
      for (const { id, reason } of extend) {
        const freeze = open.find((one) => one.id === id);
        if (freeze !== undefined) extendFreeze(catalog, freeze, { reason }, { actor, nowMs: localNowMs });
      }
      for (const { cause } of [...begin, ...extend]) {
        const doubt = doubtOf(cause);
        if (doubt !== null) catalog.doubts.note(doubt, { vault: series.vault, series: series.name }, expiries);
      }
      for (const { id, because } of end) {
        catalog.freezes.end(id, because, localNowMs);
        const cause = open.find((freeze) => freeze.id === id)?.cause;
        const detail = { series: series.name, cause, because };
        catalog.history.append({ actor, event: 'series.released', vault: series.vault, detail }, localNowMs);
      }
      begun += begin.length;
      ended += end.length;
      extended += extend.length;
    }
    return { begun, ended, extended };
  });
}

/** What is read from the rows of the series themselves. */
function evidenceOf(
  { freezeEvidence }: Catalog,
  series: SeriesConfig,
  { open, releases, localNowMs, now }: Pick<FreezeFacts, 'open' | 'releases' | 'now'> & { readonly localNowMs: number },
): Pick<FreezeFacts, 'newest' | 'sizes' | 'arrivals'> {
  const isOpen = (cause: Freeze['cause']) => open.some((freeze) => freeze.cause === cause);
  const newest = freezeEvidence.newestJudged(series.vault, series.name);
  return {
    newest:
      newest === null
        ? null
        : {
            id: newest.id,
            name: describeArchive(newest),
            failure: failureOf(newest.state === 'stored', newest.isDamaged),
          },
    sizes: sizesOf(freezeEvidence, series, { isOpen: isOpen('sizes'), nowMs: localNowMs }),
    arrivals: arrivalsOf(freezeEvidence, series, {
      isOpen: isOpen('bulk'),
      releasedThroughId: releases.find(({ cause }) => cause === 'bulk')?.throughId ?? 0,
      nowMs: now.trusted ? now.nowMs : null,
    }),
  };
}

function failureOf(isStored: boolean, isDamaged: boolean): string | null {
  if (!isStored) return 'failed verification';
  return isDamaged ? 'is damaged on the disk' : null;
}

function listingOf(catalog: Catalog, vault: string): ListingFinding {
  switch (catalog.fact(listingFact(vault)) ?? 'whole') {
    case 'whole':
      return { state: 'whole' };
    case 'shrunk':
      // Its trouble was told of when it began.
      return { state: 'shrunk', event: catalog.freezeEvidence.problemEvent(vault) ?? 0 };
    default:
      return { state: 'unknown' };
  }
}

/** A vault that was emptied leaves a hundred thousand orphans: they are counted by the database. */
function collectDoubts({ doubts, archives }: Catalog, expiries: VaultExpiries) {
  const counts: Record<DoubtCause, DoubtCount[]> = {
    conflict: doubts.count('conflict', expiries),
    suspect: doubts.count('suspect', expiries),
    orphan: doubts.count('orphan', expiries),
  };
  return (cause: DoubtCause, { vault, name }: SeriesConfig): Doubts | null => {
    const own = counts[cause].find((one) => one.vault === vault && one.series === name);
    if (own === undefined) return null;
    const latest = own.freshId === null ? null : archives.byId(own.freshId);
    return { count: own.count, fresh: latest === null ? null : { count: own.fresh, latest: describeArchive(latest) } };
  };
}
