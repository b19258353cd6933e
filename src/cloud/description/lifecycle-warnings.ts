import { longestAbsence, mustBeRestored } from './lifecycle-checks.ts';
import { maximumMonthlyCost } from './maximum-monthly-cost.ts';
import { MINIMUM_DAYS, SMALLEST_TRANSITION_BYTES, STORAGE_PRICES } from './storage-prices.ts';
import type { LifecycleDescription, UploadSide } from './upload-side.ts';
import type { Warning } from './warning.ts';

/** A mirror that comes back needs some days to pull what has piled up. */
const CATCHING_UP_DAYS = 7;
/** Leftovers are reported daily; a person wants a week to look. */
const TIME_TO_LOOK_DAYS = 7;

/** What the lock and the lifecycle cost, in money and in the mirror's time. */
export function lifecycleWarnings(side: UploadSide): Warning[] {
  const { lock, lifecycle } = side;
  const away = longestAbsence(side.mirrors.map(({ name, mayBeAwayDays }) => ({ name, days: mayBeAwayDays })));
  return [
    ...complianceWarnings(side),
    ...(away === null ? [] : absenceWarnings(away, side)),
    ...(lifecycle.archive === null ? [] : archiveWarnings(lifecycle.archive, side)),
    ...inboxWarnings(lifecycle),
    ...(lifecycle.expireDays === null
      ? [
          {
            code: 'never-expires' as const,
            path: ['lifecycle', 'expire'],
            message: `The vault keeps everything for ever, and costs more each month. Without expire a hacked server can fill it for as long as nobody looks; the lock ends after ${lock.days} days, the deleting is then yours.`,
          },
        ]
      : []),
  ];
}

function complianceWarnings(side: UploadSide): Warning[] {
  const { lock } = side;
  if (lock.mode !== 'COMPLIANCE') return [];
  const cost = maximumMonthlyCost(side);
  const bill = cost.bounded
    ? `at most ${cost.usd} USD a month (${STORAGE_PRICES.caveat})`
    : `without a limit: ${cost.why}`;
  return [
    {
      code: 'compliance',
      path: ['lock', 'mode'],
      message: `Nobody, AWS and you included, can delete an archive before its ${lock.days} days are over. What a hacked server fills the vault with is paid until then: ${bill}.`,
    },
  ];
}

function absenceWarnings(
  away: { readonly name: string; readonly days: number },
  { lock, lifecycle }: UploadSide,
): Warning[] {
  const { archive, expireDays } = lifecycle;
  const found: Warning[] = [];
  const near = away.days + CATCHING_UP_DAYS;
  if (expireDays !== null && expireDays < near) {
    found.push({
      code: 'expire-near-absence',
      path: ['lifecycle', 'expire'],
      message: `The mirror ${away.name} may be away ${away.days} days and then has only ${expireDays - away.days} to pull what has piled up; ${near}d or more is safer.`,
    });
  }
  if (archive !== null && mustBeRestored(archive.storageClass) && archive.afterDays < near) {
    found.push({
      code: 'archive-near-absence',
      path: ['lifecycle', 'archive', 'after'],
      message: `The mirror ${away.name} may be away ${away.days} days and then has only ${archive.afterDays - away.days} to pull what has piled up before ${archive.storageClass} closes over it; ${near}d or more is safer.`,
    });
  }
  if (lock.days < away.days) {
    found.push({
      code: 'lock-before-mirror',
      path: ['lock', 'days'],
      message: `The lock ends after ${lock.days} days, and the mirror ${away.name} may be away ${away.days}: in between an archive can be deleted that has no copy at home.`,
    });
  }
  return found;
}

function archiveWarnings(
  archive: NonNullable<LifecycleDescription['archive']>,
  { servers, lifecycle }: UploadSide,
): Warning[] {
  const { storageClass, afterDays } = archive;
  const { expireDays } = lifecycle;
  const found: Warning[] = [];
  if (mustBeRestored(storageClass)) {
    found.push({
      code: 'archive-must-be-restored',
      path: ['lifecycle', 'archive', 'class'],
      message: `After ${afterDays} days an archive can be read only hours after somebody has paid for its restoration: a new or mended mirror cannot pull it. GLACIER_IR costs little more and can be read at once.`,
    });
  }
  const minimum = MINIMUM_DAYS[storageClass];
  if (expireDays !== null && expireDays - afterDays < minimum) {
    found.push({
      code: 'archive-minimum-days',
      path: ['lifecycle', 'expire'],
      message: `Archives lie only ${expireDays - afterDays} days in ${storageClass}, and AWS bills at least ${minimum}: from ${afterDays + minimum}d on expire costs nothing more; leaving them in STANDARD may be cheaper.`,
    });
  }
  if (servers.some(({ rules }) => rules.some(({ minSizeBytes }) => minSizeBytes < SMALLEST_TRANSITION_BYTES))) {
    found.push({
      code: 'archive-small-objects',
      path: ['lifecycle', 'archive'],
      message:
        'Archives below 128 KiB stay in STANDARD: S3 does not move small ones, since that costs more than it saves.',
    });
  }
  return found;
}

function inboxWarnings({ inboxExpireDays }: LifecycleDescription): Warning[] {
  if (inboxExpireDays >= TIME_TO_LOOK_DAYS) return [];
  return [
    {
      code: 'inbox-expires-soon',
      path: ['lifecycle', 'inboxExpire'],
      message: `What the promoter leaves is gone after ${inboxExpireDays} days: little time to find out why a backup was not promoted.`,
    },
  ];
}
