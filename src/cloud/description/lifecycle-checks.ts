import type { Finding, KeyPath } from '../../core/config/mistake.ts';
import { maximumMonthlyCost } from './maximum-monthly-cost.ts';
import type { Outline } from './outline.ts';
import { STORAGE_PRICES } from './storage-prices.ts';

/** S3 moves nothing to STANDARD_IA before (S3 user guide, "Lifecycle transitions: constraints"). */
const LEAST_DAYS_BEFORE_IA = 30;

/** A lock, a lifecycle and mirrors that work against each other, and a bill that nobody can stop. */
export function lifecycleChecks(outline: Outline): Finding[] {
  return [...expiryChecks(outline), ...archiveChecks(outline), ...costChecks(outline)];
}

/** The mirror that may be away longest, or null without one. */
export function longestAbsence<M extends { readonly name: string | null; readonly days: number }>(
  mirrors: readonly M[],
): M | null {
  return mirrors.reduce<M | null>(
    (longest, one) => (longest === null || one.days > longest.days ? one : longest),
    null,
  );
}

function expiryChecks({ lifecycle, lock, mirrors }: Outline): Finding[] {
  const { expire, archive } = lifecycle;
  if (typeof expire !== 'number') return [];
  const found: Finding[] = [];
  const path = ['lifecycle', 'expire'];
  if (lock.days !== null && expire < lock.days) {
    found.push(
      finding(
        path,
        `${expire}d is before the lock ends (lock.days: ${lock.days}); expire no earlier than ${lock.days}d`,
      ),
    );
  }
  const away = absenceOf(mirrors);
  if (away !== null && expire <= away.days) {
    found.push(
      finding(
        path,
        `${expire}d outruns the mirror ${away.name}, which may be away ${away.days} days: archives would be gone before it has pulled them`,
      ),
    );
  }
  const after = archive?.after ?? null;
  if (after !== null && expire <= after) {
    found.push(
      finding(path, `${expire}d must be later than lifecycle.archive.after (${after}d); S3 refuses anything else`),
    );
  }
  return found;
}

function archiveChecks({ lifecycle: { archive }, mirrors }: Outline): Finding[] {
  if (archive === undefined || archive.class === null || archive.after === null) return [];
  const path = ['lifecycle', 'archive', 'after'];
  const found: Finding[] = [];
  if (archive.class === 'STANDARD_IA' && archive.after < LEAST_DAYS_BEFORE_IA) {
    found.push(
      finding(
        path,
        `${archive.after}d is too early: S3 moves nothing to STANDARD_IA before ${LEAST_DAYS_BEFORE_IA} days`,
      ),
    );
  }
  const away = absenceOf(mirrors);
  if (mustBeRestored(archive.class) && away !== null && archive.after <= away.days) {
    found.push(
      finding(
        path,
        `${archive.after}d outruns the mirror ${away.name}, which may be away ${away.days} days: what lies in ${archive.class} cannot be pulled; archive later, or to GLACIER_IR`,
      ),
    );
  }
  return found;
}

/** Classes whose objects are not readable until somebody has them restored, for money (S3 API, GetObject: InvalidObjectState). */
export function mustBeRestored(storageClass: string): boolean {
  return storageClass === 'GLACIER' || storageClass === 'DEEP_ARCHIVE';
}

function costChecks({ lock, lifecycle, servers }: Outline): Finding[] {
  const { archive, expire } = lifecycle;
  const limit = lock.maxMonthlyCost;
  const compliance = lock.mode === 'compliance';
  if (limit === null || expire === null || archive?.after === null || archive?.class === null) return [];
  if (limit === undefined && !compliance) return [];
  const bounds = servers.map(({ rules }) =>
    rules.flatMap(({ becomes, maxSize }) =>
      becomes === null || maxSize === null ? [] : [{ becomes, maxSizeBytes: maxSize }],
    ),
  );
  if (servers.some(({ rules }, index) => rules.length === 0 || rules.length !== bounds[index]?.length)) return [];
  const cost = maximumMonthlyCost({
    servers: bounds.map((rules) => ({ rules })),
    lifecycle: {
      archive: archive === undefined ? null : { storageClass: archive.class, afterDays: archive.after },
      expireDays: expire ?? null,
    },
  });
  const path = ['lock', limit === undefined ? 'mode' : 'maxMonthlyCost'];
  if (!cost.bounded) return [finding(path, `cannot be promised a maximum cost: ${cost.why}`)];
  const { usd } = cost;
  if (limit === undefined) {
    return [
      finding(
        path,
        `compliance: nobody can delete what a hacked server fills the vault with, and it is paid to the end of the lock. At most ${usd} USD a month (${STORAGE_PRICES.caveat}). If that is acceptable, write maxMonthlyCost: ${usd} beside it`,
      ),
    ];
  }
  if (limit >= usd) return [];
  return [
    finding(
      path,
      `${limit} USD is less than the vault can cost: ${usd} USD a month (${STORAGE_PRICES.caveat}); smaller maxSize or an earlier lifecycle.expire lower it`,
    ),
  ];
}

function absenceOf(mirrors: Outline['mirrors']) {
  return longestAbsence(
    mirrors.flatMap(({ name, mayBeAway }) => (mayBeAway === null ? [] : [{ name: name ?? '', days: mayBeAway }])),
  );
}

function finding(path: KeyPath, message: string): Finding {
  return { path, at: 'value', message };
}
