import { type AttentionCause, vaultExpiries } from '../core/attention.ts';
import type { Config, SeriesConfig } from '../core/config/config.ts';
import type { Actor } from '../core/event-names.ts';
import { type Doubts, evaluateFreezes, type FreezeFacts, type ListingFinding } from '../core/keep/evaluate-freezes.ts';
import type { Freeze } from '../core/keep/freeze.ts';
import type { TrustedNow } from '../core/trusted-now.ts';
import type { ArchiveRow } from '../store/catalog/archive-row.ts';
import type { Catalog } from '../store/catalog/catalog.ts';
import { attentionPages } from '../store/catalog/collect-attention.ts';
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
    const doubts = collectDoubts(catalog, config);
    let begun = 0;
    let ended = 0;
    let extended = 0;
    for (const series of config.series) {
      const isOwn = (one: { vault: string; series: string }) =>
        one.vault === series.vault && one.series === series.name;
      const facts = {
        ...{ series: series.name, vault: series.vault, timezone: config.timezone, localNowMs, now },
        ...{ expectEveryMs: series.expectEveryMs, sizeFactor: series.sizeFactor },
        open: open.filter(isOwn),
        releases: releases.filter(isOwn),
        conflicts: doubts.of(series, 'conflict'),
        suspects: doubts.of(series, 'suspect'),
        orphans: doubts.of(series, 'orphan'),
        listing: listingOf(catalog, series.vault, localNowMs),
      };
      const { begin, end, extend } = evaluateFreezes({ ...facts, ...evidenceOf(catalog, series, facts) });
      for (const { cause, reason } of begin) {
        holdSeries(catalog, { vault: series.vault, series: series.name, cause, reason }, { actor, nowMs: localNowMs });
      }
      for (const { id, reason } of extend) {
        const freeze = open.find((one) => one.id === id);
        if (freeze !== undefined) extendFreeze(catalog, freeze, { reason }, { actor, nowMs: localNowMs });
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
  { open, releases, localNowMs, now }: Pick<FreezeFacts, 'open' | 'releases' | 'localNowMs' | 'now'>,
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

function listingOf(catalog: Catalog, vault: string, nowMs: number): ListingFinding {
  switch (catalog.fact(listingFact(vault)) ?? 'whole') {
    case 'whole':
      return { state: 'whole' };
    case 'shrunk':
      return { state: 'shrunk', sinceMs: catalog.freezeEvidence.problemSinceMs(vault) ?? nowMs };
    default:
      return { state: 'unknown' };
  }
}

type DoubtCause = Extract<AttentionCause, 'conflict' | 'suspect' | 'orphan'>;

const SINCE: Record<DoubtCause, (row: ArchiveRow) => number | null> = {
  conflict: (row) => row.conflictAtMs,
  suspect: (row) => row.storedAtMs,
  orphan: (row) => row.goneAtMs,
};

/** A vault that was emptied leaves a hundred thousand orphans: of each only its time is held. */
function collectDoubts(catalog: Catalog, config: Pick<Config, 'vaults'>) {
  const found = new Map<string, { latest: ArchiveRow; latestMs: number; newestId: number; sinceMs: number[] }>();
  const nameOf = (vault: string, series: string, cause: DoubtCause) => JSON.stringify([vault, series, cause]);
  for (const page of attentionPages(catalog, vaultExpiries(config.vaults))) {
    for (const { cause, archive } of page) {
      if (archive.series === null || !isDoubtCause(cause)) continue;
      const name = nameOf(archive.vault, archive.series, cause);
      const sinceMs = SINCE[cause](archive) ?? archive.firstSeenAtMs;
      const known = found.get(name);
      if (known === undefined) {
        found.set(name, { latest: archive, latestMs: sinceMs, newestId: archive.id, sinceMs: [sinceMs] });
      } else {
        known.newestId = Math.max(known.newestId, archive.id);
        known.sinceMs.push(sinceMs);
        if (sinceMs > known.latestMs) Object.assign(known, { latest: archive, latestMs: sinceMs });
      }
    }
  }
  return {
    of(series: SeriesConfig, cause: DoubtCause): Doubts | null {
      const own = found.get(nameOf(series.vault, series.name, cause));
      if (own === undefined) return null;
      return { latest: describeArchive(own.latest), newestId: own.newestId, sinceMs: own.sinceMs };
    },
  };
}

function isDoubtCause(cause: AttentionCause): cause is DoubtCause {
  return Object.hasOwn(SINCE, cause);
}
