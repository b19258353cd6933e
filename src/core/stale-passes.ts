import { DAY_MS } from './duration.ts';
import { isFullFor } from './full-disk.ts';
import type { MirrorState } from './mirror-state.ts';

/** Vaults that no pass has mirrored without a problem for too long. */
export interface StalePasses {
  readonly vaults: readonly string[];
  /** The end of the newest good pass over any of them: milliseconds since 1970 UTC. */
  readonly sinceMs: number;
  readonly next: string;
}

/** Passes run many times a day: this long without a good one is no accident any more, whatever the series are expected to bring. */
const STALE_AFTER_MS = DAY_MS;

/**
 * Which of the configured vaults had their last good pass too long ago, or null. One that never had a good pass is judged by its problem alone.
 *
 * @param neverSinceMs since when a pass could have run, where none ever has: milliseconds since 1970 UTC
 */
export function findStalePasses(
  vaults: readonly string[],
  state: Pick<MirrorState, 'vaults' | 'lastPass'>,
  nowMs: number,
  neverSinceMs: number | null = null,
): StalePasses | null {
  const isStale = (atMs: number) => nowMs - atMs > STALE_AFTER_MS;
  const stale = vaults.flatMap((vault) => {
    const atMs = state.vaults[vault]?.lastGoodPassAt ?? neverSinceMs;
    // A vault that is listed and served is not one that nobody looks at, though the disk is full.
    const isFull = isFullFor(state, vault) && !isStale(state.vaults[vault]?.lastPassAt ?? 0);
    return atMs !== null && !isFull && isStale(atMs) ? [{ vault, atMs }] : [];
  });
  if (stale.length === 0) return null;
  const passesRun = state.lastPass !== null && !isStale(state.lastPass.endedAt);
  return {
    vaults: stale.map(({ vault }) => vault),
    sinceMs: Math.max(...stale.map(({ atMs }) => atMs)),
    next: passesRun
      ? 'Passes run and meet a problem each time: `journalctl -u pullmirror` shows which.'
      : 'See whether passes run at all: `systemctl status pullmirror.timer`. `pullmirror sync` runs one now.',
  };
}
