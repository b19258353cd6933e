import type { KeepConfig } from '../config/config.ts';
import { formatExactDuration } from '../duration.ts';
import { KEEP_RULES, type KeepReason, type Opinion } from './keep-entry.ts';

const OPINION_WORDS: Readonly<Record<Opinion, string>> = { time: '', name: ', by the date in its name' };

/** Why an archive is kept, in words: `daily: newest of 2026-11-20, 3rd of 14`. */
export function describeReason(reason: KeepReason): string {
  switch (reason.kind) {
    case 'rule': {
      const { rule, nth, count, bucket, opinion } = reason;
      const place = `${ordinal(nth)} of ${count}`;
      return `${rule}: ${bucket === null ? `${place} newest` : `newest of ${bucket}, ${place}`}${OPINION_WORDS[opinion]}`;
    }
    case 'within':
      return `within ${formatExactDuration(reason.withinMs)} of the newest archive${OPINION_WORDS[reason.opinion]}`;
    case 'flood':
      return `kept against floods: ${floodWords(reason)}${OPINION_WORDS[reason.opinion]}`;
    case 'newest':
      return 'the newest verified archive of its series';
    case 'latest':
      return 'nothing of its series is later, though it counts as no backup of its time';
    case 'pinned':
      return 'pinned';
    case 'frozen':
      return 'held by a freeze of its series';
    case 'doubtful':
      return 'damaged or suspect, so no rule removes it';
    case 'blocked':
      return 'listed, but it cannot be had now';
    case 'set':
      return 'another part of its set is kept';
    case 'incomplete':
      return 'its set is not complete here, so no rule removes it';
    case 'no-rules':
      return 'its series has no keep rules';
  }
}

/** All reasons of an archive, in words. What both opinions say with the same words is said once; of the name it is said only where the name alone keeps. */
export function describeReasons(reasons: readonly KeepReason[]): string[] {
  const byTime = new Set(reasons.filter((reason) => !isByName(reason)).map(describeReason));
  const own = reasons.filter(
    (reason) => !(isByName(reason) && byTime.has(describeReason({ ...reason, opinion: 'time' }))),
  );
  return own.map(describeReason);
}

function isByName(reason: KeepReason): reason is Extract<KeepReason, { opinion: Opinion }> {
  return 'opinion' in reason && reason.opinion === 'name';
}

/** Why an archive is removed: `no rule keeps it: last 7, daily 14 have newer ones; not within 30d of the newest archive`. */
export function describeRemoval(keep: KeepConfig): string {
  const counts = KEEP_RULES.flatMap((rule) => (keep[rule] > 0 ? [`${rule} ${keep[rule]}`] : []));
  const words: string[] = [];
  if (counts.length > 0) words.push(`${counts.join(', ')} ${counts.length === 1 ? 'has' : 'have'} newer ones`);
  if (keep.withinMs !== null) words.push(`not within ${formatExactDuration(keep.withinMs)} of the newest archive`);
  return `no rule keeps it: ${words.join('; ')}`;
}

function floodWords({ rule, which, bucket, windowMs }: Extract<KeepReason, { kind: 'flood' }>): string {
  const window = `the ${formatExactDuration(windowMs)} that ${rule} stands for`;
  switch (which) {
    case 'any':
      return `in ${window}`;
    case 'newest':
      return `newest of ${bucket}, in ${window}`;
    case 'end':
      return `one of the first at the end of ${bucket}, in ${window}`;
  }
}

/** 1st, 2nd, 3rd, 4th, 11th, 21st. */
function ordinal(value: number): string {
  const teen = value % 100 >= 11 && value % 100 <= 13;
  const ending = teen ? undefined : ['th', 'st', 'nd', 'rd'][value % 10];
  return `${value}${ending ?? 'th'}`;
}
