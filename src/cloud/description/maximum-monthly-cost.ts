import type { PromotionRule } from '../../core/promoter-settings.ts';
import { STORAGE_PRICES } from './storage-prices.ts';
import { tokensOf } from './upload-names.ts';
import type { LifecycleDescription } from './upload-side.ts';

/** What decides how much the vault can ever hold. */
export interface GrowthBounds {
  readonly servers: readonly { readonly rules: readonly Pick<PromotionRule, 'becomes' | 'maxSizeBytes'>[] }[];
  readonly lifecycle: Pick<LifecycleDescription, 'archive' | 'expireDays'>;
}

export type MaximumMonthlyCost =
  | { readonly bounded: true; readonly usd: number; readonly storedBytes: number; readonly keptDays: number }
  | { readonly bounded: false; readonly why: string };

const GB = 1024 ** 3;
/** The hour that one day a year repeats is the one that another day skips. */
const HOURS_A_DAY = 24;
/** Lifecycle counts to the next midnight UTC; in a versioned bucket it first hides, and removes a day and the next midnight later. */
const LIFECYCLE_LAG_DAYS = 3;

/**
 * What the vault can cost a month if the owner of every server's key does his worst: the promoter takes one archive for each name, of at most
 * `maxSize`, and lifecycle removes it. Storage only. The inbox has no such bound: see the warnings.
 */
export function maximumMonthlyCost({ servers, lifecycle }: GrowthBounds): MaximumMonthlyCost {
  const rules = servers.flatMap((server) => server.rules);
  const open = rules.find(({ becomes }) => hasOpenName(becomes));
  if (open !== undefined) {
    return { bounded: false, why: `"${open.becomes}" lets a server choose names, as many as it likes` };
  }
  const { archive, expireDays } = lifecycle;
  if (expireDays === null)
    return { bounded: false, why: 'without lifecycle.expire the vault keeps everything for ever' };
  const bytesADay = rules.reduce((sum, rule) => sum + rule.maxSizeBytes * archivesADay(rule.becomes), 0);
  const keptDays = expireDays + LIFECYCLE_LAG_DAYS;
  const standardDays = archive === null ? keptDays : Math.min(archive.afterDays + 1, keptDays);
  const { perGbMonthUsd } = STORAGE_PRICES;
  const archivedPrice = archive === null ? 0 : perGbMonthUsd[archive.storageClass];
  const usd = (bytesADay / GB) * (standardDays * perGbMonthUsd.STANDARD + (keptDays - standardDays) * archivedPrice);
  return { bounded: true, usd: Math.ceil(usd * 100) / 100, storedBytes: bytesADay * keptDays, keptDays };
}

/** Whether a server can make any number of names in the vault with a rule. */
export function hasOpenName(becomes: string): boolean {
  return tokensOf(becomes).some((token) => token === '{name}' || token === '{part}');
}

function archivesADay(becomes: string): number {
  return becomes.includes('{hour}') ? HOURS_A_DAY : 1;
}
