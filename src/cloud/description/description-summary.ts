import type { SummaryLine } from '../../core/config/summary.ts';
import { formatBytes } from '../../core/size.ts';
import { maximumMonthlyCost } from './maximum-monthly-cost.ts';
import { STORAGE_PRICES } from './storage-prices.ts';
import type { LifecycleDescription, ServerDescription, UploadSide, WriterLevel } from './upload-side.ts';

const LEVEL_WORDS: Readonly<Record<WriterLevel, string>> = {
  strict: 'may only upload',
  list: 'may upload and list',
  delete: 'may upload, list and delete',
};

/** The description in force, defaults filled in, a line for each fact: what `pullmirror cloud check` shows. */
export function descriptionSummary(side: UploadSide): readonly SummaryLine[] {
  const { mirrors, lock, lifecycle } = side;
  return [
    { label: 'name', value: side.name },
    { label: 'region', value: side.region },
    { label: 'timezone', value: side.timezone },
    { label: 'inbox', value: `${side.inbox}, leftovers removed after ${lifecycle.inboxExpireDays} days` },
    {
      label: 'vault',
      value: `${side.vault}, locked for ${lock.days} days (${lock.mode.toLowerCase()}), ${ageWords(lifecycle)}`,
    },
    ...side.servers.flatMap(serverLines),
    ...mirrors.map(({ name, mayBeAwayDays }) => ({
      label: `mirror ${name}`,
      value: `may be away ${mayBeAwayDays} days`,
    })),
    { label: 'alarms', value: side.notifyEmail ?? 'nobody is told' },
    { label: 'maximum cost', value: costWords(side) },
  ];
}

function ageWords({ archive, expireDays }: LifecycleDescription): string {
  const expiry = expireDays === null ? 'kept for ever' : `removed after ${expireDays} days`;
  return archive === null ? expiry : `to ${archive.storageClass} after ${archive.afterDays} days, ${expiry}`;
}

function serverLines({ name, prefix, level, names, rules, mayKeepOwnerAcl }: ServerDescription) {
  const only = names.length === 0 ? '' : ` ${names.join(', ')}`;
  const acl = mayKeepOwnerAcl ? ', with the ACL of its owner' : '';
  return [
    { label: `server ${name}`, value: `${LEVEL_WORDS[level]}${only} below ${prefix}${acl}` },
    ...rules.map(({ upload, becomes, minSizeBytes, maxSizeBytes }) => ({
      label: '',
      value: `${upload} becomes ${becomes}, ${formatBytes(minSizeBytes)} to ${formatBytes(maxSizeBytes)}`,
    })),
  ];
}

function costWords(side: UploadSide): string {
  const cost = maximumMonthlyCost(side);
  if (!cost.bounded) return `none: ${cost.why}`;
  return `${cost.usd} USD a month if hacked servers fill the vault (${formatBytes(cost.storedBytes)}; ${STORAGE_PRICES.caveat}). The inbox has no maximum`;
}
