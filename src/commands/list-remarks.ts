import { isExplainedByExpiry, type VaultExpiries } from '../core/attention.ts';
import { formatLocal } from '../core/zoned-time.ts';
import type { ArchiveRow } from '../store/catalog/archive-row.ts';
import type { Pin } from '../store/catalog/pin-table.ts';

export interface RemarkContext {
  readonly expiries: VaultExpiries;
  readonly announceMs: number;
  readonly timezone: string;
  readonly nowMs: number;
}

/** What sets an archive apart from any other in a list, a few words each: what is wrong with it, what keeps it, what is about to happen. */
export function listRemarks(row: ArchiveRow, pin: Pin | null, context: RemarkContext): string[] {
  const { announceMs, timezone } = context;
  const words = doubts(row, context.expiries);
  if (row.state === 'unwanted') words.push('not wanted by the keep rules');
  else if (row.state !== 'stored' && row.reason !== null) words.push(row.reason);
  if (pin !== null) words.push(pinWords(pin, context));
  if (row.announcedAtMs !== null && row.state === 'stored') {
    words.push(`to be removed from ${formatLocal(row.announcedAtMs + announceMs, timezone)} on`);
  }
  return words;
}

function doubts(row: ArchiveRow, expiries: VaultExpiries): string[] {
  const words: string[] = [];
  // `resolve` and `status` tell the rest of it, such as hashes.
  if (row.damagedAtMs !== null && row.state === 'stored') words.push(row.reason?.split(':')[0] ?? 'damaged');
  if (row.conflictAtMs !== null) {
    words.push(`CONFLICT: its key was known with other content${noted(row.conflictAcknowledgedAtMs)}`);
  }
  if (row.suspect !== null) words.push('SUSPECT: not what its uploader said');
  // Of what is not here it is no news: it will be forgotten, or is a tombstone.
  if (row.goneAtMs !== null && row.state === 'stored') {
    if (isExplainedByExpiry(row, expiries)) words.push('expired in the vault');
    else words.push(`GONE from the vault${noted(row.goneAcknowledgedAtMs)}`);
  }
  return words;
}

function noted(acknowledgedAtMs: number | null): string {
  return acknowledgedAtMs === null ? '' : ' (acknowledged)';
}

function pinWords({ reason, expiresAtMs }: Pin, { timezone, nowMs }: RemarkContext): string {
  if (expiresAtMs === null) return `pinned: ${reason}`;
  const until = formatLocal(expiresAtMs, timezone);
  return expiresAtMs <= nowMs
    ? `pinned until ${until}, which is over; the next prune takes the pin off: ${reason}`
    : `pinned until ${until}: ${reason}`;
}
