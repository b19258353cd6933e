import { printableJson } from '../core/printable.ts';
import { formatUtc } from '../core/zoned-time.ts';
import { DECISION_LEVELS, type Decision } from './decision.ts';
import type { SweepReport } from './sweep-report.ts';

/** One thing worth a line. */
export type LogEntry =
  | { readonly event: 'decision'; readonly during: 'event' | 'sweep'; readonly decision: Decision }
  | { readonly event: 'sweep'; readonly inbox: string; readonly report: SweepReport }
  /** What could not be done, and will be tried again: by the next delivery of the event, or the next sweep. */
  | {
      readonly event: 'failed';
      readonly key: string | null;
      readonly versionId: string | null;
      readonly error: unknown;
    }
  /** A copy that was given up but whose parts could not be removed; the vault's lifecycle rule does. */
  | { readonly event: 'abort-failed'; readonly vaultKey: string; readonly error: unknown }
  /** A message that is none of ours, or that nobody can read. */
  | { readonly event: 'not-understood'; readonly why: string };

export type PromoterLog = (entry: LogEntry) => void;

/** Writes each entry as one line of JSON, and the sweep's in CloudWatch's embedded metric format, which becomes metrics by itself. */
export function createDecisionLog(options: { write: (line: string) => void; now: () => number }): PromoterLog {
  return (entry) => options.write(printableJson({ time: formatUtc(options.now()), ...fieldsOf(entry, options.now()) }));
}

function fieldsOf(entry: LogEntry, nowMs: number): object {
  switch (entry.event) {
    case 'decision': {
      const { uploadedAtMs, ...decision } = entry.decision;
      return {
        level: DECISION_LEVELS[decision.kind],
        event: 'decision',
        during: entry.during,
        ...decision,
        uploadedAt: formatUtc(uploadedAtMs),
      };
    }
    case 'sweep':
      return { level: 'info', event: 'sweep', ...sweepFields(entry.inbox, entry.report, nowMs) };
    case 'not-understood':
      return { level: 'warn', ...entry };
    case 'abort-failed':
      return { level: 'warn', event: entry.event, vaultKey: entry.vaultKey, error: words(entry.error) };
    case 'failed':
      return { level: 'error', ...entry, error: words(entry.error) };
  }
}

/** CloudWatch user guide, "Specification: Embedded metric format". Once for all promoters of an account, once for each by its inbox. */
function sweepFields(inbox: string, report: SweepReport, nowMs: number): object {
  const { oldestLeftAtMs, ...rest } = report;
  const metrics = {
    _aws: {
      Timestamp: nowMs,
      CloudWatchMetrics: [
        {
          Namespace: 'pullmirror',
          Dimensions: [[], ['Inbox']],
          Metrics: [{ Name: 'LeftInInbox', Unit: 'Count' }, { Name: 'OldestLeftHours' }],
        },
      ],
    },
  };
  return {
    // 0 of a sweep that has not seen everything would be taken for "all is well": no value, and its lack is an alarm.
    ...(report.complete || report.left > 0 ? metrics : {}),
    Inbox: inbox,
    LeftInInbox: report.left,
    OldestLeftHours: oldestLeftAtMs === null ? 0 : Math.max(0, Math.round((nowMs - oldestLeftAtMs) / 36_000) / 100),
    ...rest,
    oldestLeftAt: oldestLeftAtMs === null ? null : formatUtc(oldestLeftAtMs),
  };
}

function words(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
