import {
  ATTENTION_CAUSES,
  type AttentionCause,
  type AttentionMatter,
  attentionItems,
  type VaultExpiries,
} from '../../core/attention.ts';
import type { Catalog } from './catalog.ts';

/** So many archives of one cause are named; the rest are counted. */
const NAMED = 5;

/**
 * What needs the owner, a matter for each cause, the most urgent first. Each is counted and its newest are named on its own, so that no number of one
 * hides another; in memory there is only what is named.
 */
export function collectMatters(catalog: Catalog, expiries: VaultExpiries): AttentionMatter[] {
  // A pass may be publishing meanwhile: the names are of those that were counted.
  return catalog.snapshot(() => ATTENTION_CAUSES.flatMap((cause) => matterOf(catalog, cause, expiries) ?? []));
}

function matterOf({ attention }: Catalog, cause: AttentionCause, expiries: VaultExpiries): AttentionMatter | null {
  const counts = attention.countFor(cause, expiries);
  if (counts.length === 0) return null;
  const newest = attention.newestFor(cause, expiries, { limit: NAMED });
  const examples = (['present', 'gone'] as const).flatMap((part) =>
    attention.newestFor(cause, expiries, { limit: 1, part }),
  );
  return {
    cause,
    count: counts.reduce((sum, { count }) => sum + count, 0),
    newest: attentionItems(newest, expiries).filter((item) => item.cause === cause),
    examples: examples.sort((a, b) => b.id - a.id),
    series: counts,
  };
}
