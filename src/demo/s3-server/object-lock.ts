import type { Retention } from './object-version.ts';
import { S3Error } from './s3-error.ts';
import { childText, parseXml, type XmlElement, type XmlFields } from './xml.ts';

const DAY_MS = 86_400_000;
const MODES = ['GOVERNANCE', 'COMPLIANCE'] as const;

export interface DefaultRetention {
  readonly mode: Retention['mode'];
  readonly unit: 'Days' | 'Years';
  readonly count: number;
}

/** The retention that a new version gets from its bucket. A year is 365 days, as in S3. */
export function defaultRetention(rule: DefaultRetention | null, writtenMs: number): Retention | null {
  if (rule === null) return null;
  return { mode: rule.mode, untilMs: writtenMs + rule.count * (rule.unit === 'Years' ? 365 : 1) * DAY_MS };
}

/** Refuses to remove a version whose retention still runs; only GOVERNANCE can be bypassed, by who asks for it and may. */
export function requireRemovable(retention: Retention | null, nowMs: number, bypassGovernance: boolean): void {
  if (retention === null || retention.untilMs <= nowMs) return;
  if (retention.mode === 'GOVERNANCE' && bypassGovernance) return;
  throw new S3Error('AccessDenied', { message: 'Access Denied because object protected by object lock.' });
}

/** Refuses a retention that would weaken the running one. */
export function requireStronger(
  current: Retention | null,
  next: Retention | null,
  nowMs: number,
  bypassGovernance: boolean,
): void {
  if (current === null || current.untilMs <= nowMs) return;
  const weaker =
    next === null || next.untilMs < current.untilMs || (current.mode === 'COMPLIANCE' && next.mode !== 'COMPLIANCE');
  if (weaker) requireRemovable(current, nowMs, bypassGovernance);
}

/** `x-amz-object-lock-mode` and `-retain-until-date` of a write: both or neither. */
export function retentionOfHeaders(headers: ReadonlyMap<string, string>, nowMs: number): Retention | null {
  const mode = headers.get('x-amz-object-lock-mode');
  const until = headers.get('x-amz-object-lock-retain-until-date');
  if (mode === undefined && until === undefined) return null;
  if (mode === undefined || until === undefined) {
    throw new S3Error('InvalidArgument', {
      message: 'x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied',
    });
  }
  return retention(mode, until, nowMs);
}

/** The body of PutObjectRetention; an empty one takes the retention away. */
export function parseRetention(body: string, nowMs: number): Retention | null {
  const root = parseXml(body, 'Retention');
  const mode = childText(root, 'Mode');
  const until = childText(root, 'RetainUntilDate');
  if (mode === undefined && until === undefined) return null;
  if (mode === undefined || until === undefined) throw new S3Error('MalformedXML');
  return retention(mode, until, nowMs);
}

/** The body of PutObjectLockConfiguration: the default rule, or null when there is none. */
export function parseLockConfiguration(body: string): DefaultRetention | null {
  const root = parseXml(body, 'ObjectLockConfiguration');
  if (childText(root, 'ObjectLockEnabled') !== 'Enabled') throw new S3Error('MalformedXML');
  const rule = child(root, 'Rule');
  if (rule === undefined) return null;
  const preset = child(rule, 'DefaultRetention');
  const mode = MODES.find((known) => preset !== undefined && childText(preset, 'Mode') === known);
  if (preset === undefined || mode === undefined) throw new S3Error('MalformedXML');
  const days = childText(preset, 'Days');
  const years = childText(preset, 'Years');
  if ((days === undefined) === (years === undefined)) throw new S3Error('MalformedXML');
  const count = Number(days ?? years);
  if (!Number.isInteger(count) || count < 1 || count > (days === undefined ? 100 : 36_500)) {
    throw new S3Error('InvalidArgument', { message: 'Default retention period must be a positive integer value.' });
  }
  return { mode, unit: days === undefined ? 'Years' : 'Days', count };
}

export function lockConfigurationFields(rule: DefaultRetention | null): XmlFields {
  return {
    ObjectLockEnabled: 'Enabled',
    Rule: rule === null ? null : { DefaultRetention: { Mode: rule.mode, [rule.unit]: rule.count } },
  };
}

function retention(modeText: string, untilText: string, nowMs: number): Retention {
  const mode = MODES.find((known) => known === modeText);
  const untilMs = Date.parse(untilText);
  if (mode === undefined || Number.isNaN(untilMs)) {
    throw new S3Error('InvalidArgument', { message: 'Unknown WORM mode or retain until date.' });
  }
  if (untilMs <= nowMs) {
    throw new S3Error('InvalidArgument', { message: 'The retain until date must be in the future!' });
  }
  return { mode, untilMs };
}

function child(element: XmlElement, name: string): XmlElement | undefined {
  return element.children.find((candidate) => candidate.name === name);
}
