import * as z from 'zod';
import { adoptDocument, adoptionSchema, rebuildDocument } from './adoption-schema.ts';
import { ARCHIVE_STATES, PROOFS } from './archive.ts';
import { ATTENTION_CAUSES } from './attention.ts';
import { FREEZE_CAUSES } from './keep/freeze.ts';
import { pruneDocument } from './prune-document.ts';
import { bytes, count, named, problem, sha256, texts, time, v } from './schema-parts.ts';

// What `--json` prints, command by command: published in docs/schemas and kept current by a test. Numbers of bytes are numbers, times are
// RFC 3339 in UTC. New fields may come; what is here stays as long as `v` is 1.

const archive = z.object({
  id: z.int().meta({ description: 'What --archive takes.' }),
  vault: z.string(),
  key: z.string(),
  path: z
    .string()
    .nullable()
    .meta({ description: 'Below the folder of the vault in the store; null when not stored.' }),
  versionId: z.string().nullable(),
  series: z.string().nullable(),
  state: z.enum(ARCHIVE_STATES),
  reason: z.string().nullable().meta({ description: 'Why it is held or unavailable.' }),
  sizeBytes: bytes,
  lastModified: time.meta({ description: "The vault's clock." }),
  sha256: sha256.nullable(),
  proof: z.enum(PROOFS).nullable().meta({ description: 'How it was proven against the vault, strongest first.' }),
  storedAt: time.nullable(),
  verifiedAt: time.nullable().meta({ description: 'When its file was last hashed and found right.' }),
  damagedAt: time.nullable(),
  goneAt: time.nullable().meta({ description: 'When it was first missing from the vault.' }),
  conflictAt: time.nullable(),
  suspect: z.string().nullable(),
  pinned: z
    .object({ reason: z.string(), pinnedAt: time, until: time.nullable() })
    .nullable()
    .meta({ description: 'until null: for good.' }),
  announced: z
    .object({ since: time, due: time.meta({ description: 'From then on it may be removed.' }) })
    .nullable()
    .meta({ description: 'Its removal is announced.' }),
});

const pin = named.extend({
  state: z.enum(ARCHIVE_STATES),
  reason: z.string(),
  pinnedAt: time,
  until: time.nullable().meta({ description: 'null: for good.' }),
});

const pass = z.object({
  startedAt: time,
  endedAt: time,
  vaults: z.array(
    z.object({
      vault: z.string(),
      requests: count,
      listing: z.enum(['full', 'ordinary', 'failed']),
      listed: count,
      newArchives: count,
      downloaded: count,
      downloadedBytes: bytes,
      adopted: count,
      repaired: count.meta({ description: 'Damaged archives that are right again.' }),
      failures: z.array(problem.extend({ key: z.string() })),
      problem: problem.nullable(),
      clockOffsetMs: z.number().nullable(),
    }),
  ),
  stopped: problem.nullable(),
});

const freeze = z.object({
  vault: z.string(),
  series: z.string(),
  cause: z.enum(FREEZE_CAUSES),
  since: time,
  why: z.string().meta({ description: 'What looks wrong, and what ends the freeze.' }),
});

const attention = z.object({
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
  newest: time.nullable(),
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
      'Archives last hashed more than one and a half times `retention.scrubEvery` ago: whether they are right is not known any more.',
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

const status = z.object({
  v,
  at: time,
  verdict: z.enum(['good', 'temporary', 'needs-owner']),
  summary: z.string(),
  store: z.object({
    path: z.string(),
    state: z.enum(['good', 'read-only', 'missing', 'wrong', 'unusable']),
    storeId: z.string().nullable(),
    filesystem: z.string().nullable(),
    totalBytes: bytes.nullable(),
    freeBytes: bytes.nullable(),
    minFreeBytes: bytes.nullable(),
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

const mistake = z.object({ line: count, column: count, path: z.string(), message: z.string() });
const warning = mistake.extend({ code: z.string() });

const policyDocument = z.object({
  Version: z.literal('2012-10-17'),
  Statement: z.array(
    z.object({
      Sid: z.string(),
      Effect: z.enum(['Allow', 'Deny']),
      Principal: z.union([z.literal('*'), z.object({ AWS: texts })]).optional(),
      Action: texts.optional(),
      NotAction: texts.optional(),
      Resource: texts,
      Condition: z.record(z.string(), z.record(z.string(), texts)).optional(),
    }),
  ),
});

const doctorCheck = z.object({
  check: z.string(),
  state: z.enum(['ok', 'warn', 'bad', 'unknown']),
  words: z.string(),
  next: z.string().nullable(),
});

/** Every document that `--json` prints, by the command that prints it; `error` takes its place when the command fails. */
export const OUTPUT_SCHEMAS = {
  error: z.object({ v, error: problem }),
  init: z.object({
    v,
    created: z.boolean(),
    path: z.string(),
    storeId: z.string(),
    filesystemUuid: z.string().nullable(),
    createdAt: time,
  }),
  sync: z.object({
    v,
    ...pass.shape,
    swapped: z.boolean().meta({ description: 'Another store than last time is mounted: everything was listed anew.' }),
    selfCheck: z
      .object({
        checked: count,
        damaged: count,
        names: z.array(z.string()),
        strange: z.array(z.string()).meta({ description: 'Names in `.pullmirror` that are none of ours.' }),
      })
      .nullable()
      .meta({ description: 'The daily look for missing and shortened files; null when it was not due.' }),
    adoption: adoptionSchema.nullable().meta({ description: 'What an unfinished rebuild or adopt had left to do.' }),
    afterwards: problem.nullable(),
    attention: z.array(attention),
  }),
  adopt: adoptDocument,
  rebuild: rebuildDocument,
  status,
  list: z.object({ v, archives: z.array(archive) }),
  restore: z.object({
    v,
    ...named.shape,
    lastModified: time,
    sizeBytes: bytes,
    sha256,
    destination: z.string(),
    warnings: z.array(z.string()).meta({
      description: 'What to know before relying on it: conflict, suspect, gone from the vault, newer ones damaged.',
    }),
  }),
  verify: z.object({
    v,
    checked: count,
    checkedBytes: bytes,
    recovered: count,
    unknownFiles: z
      .object({ count, names: z.array(z.string()) })
      .nullable()
      .meta({
        description:
          'Files in the folders of the vaults that the catalog does not know; null when only some archives were verified.',
      }),
    damaged: z.array(
      named.extend({
        path: z.string().nullable(),
        kind: z.enum(['missing', 'not-a-file', 'unreadable', 'wrong-size', 'wrong-content']),
        why: z.string(),
      }),
    ),
    repair: z
      .object({
        repaired: z.array(
          named.extend({
            source: z.string().meta({ description: 'Where the right bytes came from.' }),
            quarantined: z
              .string()
              .nullable()
              .meta({ description: "The bad file's name in .pullmirror/quarantine; null: there was none." }),
          }),
        ),
        recovered: z.array(named).meta({ description: 'Right again by themselves.' }),
        lost: z.array(named).meta({ description: 'The vault no longer has them, nor does anything on the disk.' }),
        failures: z.array(problem.extend({ key: z.string() })),
        stopped: z.array(problem).meta({ description: 'What ended the repair of a vault early.' }),
      })
      .nullable()
      .meta({ description: 'null without --repair.' }),
  }),
  resolve: z.object({
    v,
    resolved: z.array(
      named.extend({
        resolution: z.enum([
          'accepted',
          'dropped',
          'given-up',
          'recovered',
          'conflict-acknowledged',
          'orphan-acknowledged',
          'suspect-acknowledged',
        ]),
      }),
    ),
    open: z.array(named.extend({ cause: z.enum(ATTENTION_CAUSES), why: z.string() })),
    quarantine: z
      .array(
        z.object({
          name: z.string(),
          state: z.enum(['kept', 'removed']),
          origin: z.enum(['download', 'store']).meta({ description: 'store: it lay in the place of an archive.' }),
          sizeBytes: bytes.nullable().meta({ description: 'null: only the reason was kept.' }),
          vault: z.string().nullable().meta({ description: 'null here and below: the reason is lost.' }),
          key: z.string().nullable(),
          at: time.nullable(),
          why: z.string().nullable(),
          expected: z.string().nullable(),
          actual: z.string().nullable(),
          sha256: sha256.nullable(),
        }),
      )
      .meta({ description: 'With --quarantine: what failed verification.' }),
  }),
  pin: z.object({ v, pinned: z.array(pin) }),
  unpin: z.object({ v, unpinned: z.array(pin).meta({ description: 'What it was pinned for until now.' }) }),
  freeze: z.object({
    v,
    begun: z.array(freeze),
    extended: z.array(freeze).meta({ description: 'Frozen before; they hold what has come since as well.' }),
    frozen: z.array(freeze).meta({ description: 'All that holds now.' }),
  }),
  release: z.object({
    v,
    released: z.array(freeze),
    frozen: z.array(freeze).meta({ description: 'What still holds.' }),
  }),
  prune: pruneDocument,
  history: z.object({
    v,
    events: z.array(
      z.object({
        id: z.int(),
        at: time,
        actor: z.string(),
        event: z.string(),
        vault: z.string().nullable(),
        key: z.string().nullable(),
        archiveId: z.int().nullable(),
        detail: z.record(z.string(), z.unknown()),
      }),
    ),
  }),
  doctor: z.object({ v, at: time, checks: z.array(doctorCheck) }),
  'config-check': z.object({
    v,
    file: z.string(),
    valid: z.boolean(),
    mistakes: z.array(mistake),
  }),
  'cloud-check': z.object({
    v,
    file: z.string(),
    valid: z.boolean(),
    mistakes: z.array(mistake),
    warnings: z.array(warning),
    maximumMonthlyCost: z
      .object({
        usd: z.number().nullable().meta({ description: 'Of storage in the vault; null: there is no maximum.' }),
        storedBytes: bytes.nullable(),
        keptDays: count.nullable(),
        why: z.string().nullable().meta({ description: 'Why there is no maximum.' }),
      })
      .nullable(),
  }),
  'cloud-policies': z.object({
    v,
    file: z.string(),
    for: z.enum(['aws', 'radosgw', 'minio']),
    policies: z.array(
      z.object({
        name: z.string(),
        kind: z.enum(['base', 'writer-level', 'writer-folder', 'mirror', 'promoter', 'inbox-bucket', 'vault-bucket']),
        carrier: z.enum(['group', 'user', 'role', 'bucket']),
        forWhom: texts.meta({ description: 'Names of those who carry it.' }),
        description: z.string(),
        document: policyDocument,
      }),
    ),
    files: z
      .array(z.object({ path: z.string(), state: z.enum(['written', 'unchanged']) }))
      .nullable()
      .meta({ description: 'What --out wrote; null without it.' }),
    warnings: z.array(warning),
  }),
} as const;

export type ArchiveJson = z.output<typeof archive>;
export type ProblemJson = z.output<typeof problem>;
export type LastPassJson = NonNullable<z.output<typeof status>['lastPass']>;
export type PassJson = z.output<typeof pass>;
export type PinJson = z.output<typeof pin>;
export type FreezeJson = z.output<typeof freeze>;
export type AttentionJson = z.output<typeof attention>;
export type StatusSeriesJson = z.output<typeof statusSeries>;
export type StatusJson = z.output<typeof status>;
export type DoctorCheckJson = z.output<typeof doctorCheck>;

/** The JSON Schema of one document, as published in docs/schemas. */
export function outputJsonSchema(name: keyof typeof OUTPUT_SCHEMAS): object {
  return {
    title: `pullmirror ${name.replace('-', ' ')} --json`,
    ...z.toJSONSchema(OUTPUT_SCHEMAS[name], { io: 'input' }),
  };
}
