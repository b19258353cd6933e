import type { AttentionRow } from '../../src/core/attention.ts';
import { DAY_MS } from '../../src/core/duration.ts';

/** A stored archive that needs nobody, but for what is said. */
export function attentionRow(change: Partial<AttentionRow> = {}): AttentionRow {
  return {
    id: 1,
    vault: 'web',
    key: 'web1/a.gpg',
    series: 'files',
    state: 'stored',
    reason: null,
    lastModifiedMs: 100 * DAY_MS,
    damagedAtMs: null,
    goneAtMs: null,
    goneAcknowledgedAtMs: null,
    conflictAtMs: null,
    conflictAcknowledgedAtMs: null,
    suspect: null,
    ...change,
  };
}
