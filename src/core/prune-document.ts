import * as z from 'zod';
import { bytes, count, named, problem, texts, time, v } from './schema-parts.ts';

/** Why something that was due stays. */
const STAYS_FOR = ['pinned', 'frozen', 'damaged', 'refused', 'changed', 'set'] as const;

const ofSeries = named.extend({ series: z.string(), lastModified: time, sizeBytes: bytes });
const pruneExplanation = ofSeries.extend({
  decision: z.enum(['kept', 'remove', 'wanted', 'not-wanted']),
  reasons: texts,
});
const prunePlanned = ofSeries.extend({
  reason: z.string().meta({ description: 'Why it is to be removed.' }),
  announcedAt: time,
  dueAt: time.meta({ description: 'It is not removed before.' }),
  state: z.enum(['announced', 'waiting', 'due', 'removed', 'stays']).meta({
    description:
      'announced: now. waiting: announced before. due: would be removed, but for `why` or --dry-run. stays: was due, see `why`.',
  }),
  why: z.string().nullable(),
  staysFor: z.enum(STAYS_FOR).nullable().meta({
    description:
      'Of what `stays`. refused: by the disk, and the exit status is 1. damaged: its file is not what was verified. set: another part of its set stays.',
  }),
});
const pruneSeries = z.object({
  series: z.string(),
  vault: z.string(),
  hasRules: z.boolean().meta({ description: 'false: nothing of it is ever removed.' }),
  stored: count.meta({ description: 'Before anything was removed.' }),
  storedBytes: bytes,
  kept: count,
  keptBy: z
    .record(z.string(), count)
    .meta({ description: 'How many each rule or other reason keeps; many have several.' }),
  withdrawn: count.meta({ description: 'Announced before, and kept again.' }),
  heldByFreeze: count.meta({ description: 'Kept by nothing but a freeze.' }),
  heldByPin: count.meta({ description: 'Kept by nothing but a pin, on it or on another part of its set.' }),
  blocked: z.string().nullable().meta({ description: 'Why nothing of it is removed now.' }),
});

/** What `prune --json` prints. */
export const pruneDocument = z.object({
  v,
  archives: z.array(pruneExplanation).nullable().meta({ description: 'With --explain or --dry-run.' }),
  planned: z.array(prunePlanned),
  at: time,
  dryRun: z.boolean(),
  clock: z.object({ trusted: z.boolean(), why: z.string().nullable() }),
  series: z.array(pruneSeries),
  removed: count,
  removedBytes: bytes,
  outside: z.object({ archives: count, bytes }).meta({ description: 'On the disk and of no series: never removed.' }),
  expiredPins: count,
  stopped: problem.nullable(),
  unfinished: problem.nullable().meta({ description: 'A `rebuild` or `adopt` that has to go on.' }),
  afterwards: problem.nullable(),
});

export type PruneExplanationJson = z.output<typeof pruneExplanation>;
export type PrunePlannedJson = z.output<typeof prunePlanned>;
export type PruneSeriesJson = z.output<typeof pruneSeries>;
