import * as z from 'zod';
import { ATTENTION_CAUSES } from './attention.ts';
import { FREEZE_CAUSES } from './keep/freeze.ts';
import { bytes, count, named, problem, time, v } from './schema-parts.ts';

export const freeze = z.object({
  vault: z.string(),
  series: z.string(),
  cause: z.enum(FREEZE_CAUSES),
  since: time,
  why: z.string().meta({ description: 'What looks wrong, and what ends the freeze.' }),
});

export const attention = z.object({
  cause: z.enum([...ATTENTION_CAUSES, 'frozen', 'crowded']),
  count,
  next: z.string(),
  archives: z.array(named.extend({ why: z.string() })).meta({ description: 'The newest of them.' }),
  frozen: z.array(freeze).meta({
    description:
      'Series of which nothing is removed because of this; of the cause `frozen` these are what it is about.',
  }),
});

const statusSeries = z.object({
  series: z.string().nullable().meta({ description: 'null: archives that no series matches.' }),
  vault: z.string(),
  freshness: z.enum(['fresh', 'overdue', 'empty', 'unknown']),
  why: z.string(),
  newest: time.nullable().meta({
    description:
      'The newest archive on the disk that counts: undamaged, not suspect (until acknowledged), and, acknowledged or not, neither the replacement of an older one nor dated in the future.',
  }),
  expectedBy: time.nullable(),
  stored: count.nullable().meta({ description: 'null here and below: the catalog could not be read.' }),
  storedBytes: bytes.nullable(),
  wanted: count.nullable(),
  wantedBytes: bytes.nullable(),
  held: count.nullable(),
  unavailable: count.nullable(),
  oldestVerified: time.nullable(),
  overdueForScrub: count.nullable().meta({
    description:
      'Archives last hashed more than one and a half times `retention.scrubEvery` ago, or at a time that has not come yet: whether they are right is not known any more.',
  }),
  unwanted: count
    .nullable()
    .meta({ description: 'Listed, and not downloaded: the keep rules would remove them at once.' }),
  pinned: count.nullable(),
  announced: z
    .object({ count, bytes, firstDue: time.meta({ description: 'When the first of them may be removed.' }) })
    .nullable()
    .meta({ description: 'Removals that the keep rules have announced.' }),
  frozen: z
    .array(freeze)
    .meta({ description: "Why nothing of the series is removed, the owner's own freeze among it." }),
});

/** What `status --json` prints. */
export const statusDocument = z.object({
  v,
  at: time,
  verdict: z.enum(['good', 'temporary', 'needs-owner']),
  summary: z.string(),
  clockProblem: problem.nullable().meta({
    description:
      "Why this machine's clock is in doubt: something has happened at a time that is later than now. Ages mean nothing then.",
  }),
  unfinished: problem.nullable().meta({
    description: 'A `rebuild` or `adopt` that has to go on: archives may be on the disk that are not counted here.',
  }),
  copyProblem: problem.nullable().meta({
    description:
      'Why the copy of the catalog in the state directory is older than the catalog, or cannot be renewed; null: neither.',
  }),
  store: z.object({
    path: z.string(),
    state: z.enum(['good', 'read-only', 'missing', 'wrong', 'unusable']),
    storeId: z.string().nullable(),
    filesystem: z.string().nullable(),
    totalBytes: bytes.nullable(),
    freeBytes: bytes.nullable(),
    minFreeBytes: bytes.nullable(),
    waiting: z
      .object({ archives: count, bytes })
      .nullable()
      .meta({ description: 'What waits for room on a full disk; null: nothing does.' }),
    problem: problem.nullable(),
  }),
  series: z.array(statusSeries),
  attention: z.array(attention),
  lastPass: z
    .object({
      startedAt: time,
      endedAt: time,
      stopped: problem.nullable(),
      vaults: z.array(
        z.object({
          vault: z.string(),
          lastGoodPassAt: time.nullable(),
          lastFullListingAt: time.nullable(),
          problem: problem.nullable(),
        }),
      ),
    })
    .nullable(),
  stalePasses: z
    .object({ vaults: z.array(z.string()), since: time, next: z.string() })
    .nullable()
    .meta({ description: 'Vaults without a pass free of problems for more than a day.' }),
  stateProblem: z
    .string()
    .nullable()
    .meta({ description: 'Why what this machine remembers of its passes (state.json) could not be read.' }),
  remembered: z
    .array(z.object({ text: z.string(), since: time }))
    .meta({ description: 'What was open when the disk was last here; empty while the disk is here.' }),
  quarantine: z.object({ files: count, bytes }),
});

export type FreezeJson = z.output<typeof freeze>;
export type AttentionJson = z.output<typeof attention>;
export type StatusSeriesJson = z.output<typeof statusSeries>;
export type StatusJson = z.output<typeof statusDocument>;
export type LastPassJson = NonNullable<StatusJson['lastPass']>;
