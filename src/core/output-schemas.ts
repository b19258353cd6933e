import * as z from 'zod';
import { adoptDocument, adoptionSchema, rebuildDocument, texts } from './adoption-schema.ts';
import { ARCHIVE_STATES, PROOFS } from './archive.ts';
import { ATTENTION_CAUSES } from './attention.ts';
import { cloudCheckDocument, cloudPoliciesDocument } from './cloud-documents.ts';
import { NAMED_AT_MOST } from './first-of-many.ts';
import { pruneDocument } from './prune-document.ts';
import { bytes, count, mistake, named, problem, sha256, time, v } from './schema-parts.ts';
import { attention, freeze, statusDocument } from './status-document.ts';

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
  reason: z.string().nullable().meta({ description: 'Why it is held, unavailable or damaged, or was removed.' }),
  sizeBytes: bytes,
  lastModified: time.meta({ description: "The vault's clock." }),
  sha256: sha256.nullable(),
  proof: z.enum(PROOFS).nullable().meta({ description: 'How it was proven against the vault, strongest first.' }),
  storedAt: time.nullable(),
  verifiedAt: time.nullable().meta({ description: 'When its file was last hashed and found right.' }),
  damagedAt: time.nullable(),
  goneAt: time.nullable().meta({ description: 'When it was first missing from the vault.' }),
  goneAcknowledgedAt: time.nullable(),
  conflictAt: time.nullable().meta({ description: 'When its key was found with other content than was known.' }),
  conflictAcknowledgedAt: time.nullable(),
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
      quarantined: count.meta({ description: 'How many of them left a bad file in quarantine.' }),
      failures: z
        .array(problem.extend({ key: z.string() }))
        .meta({ description: 'Of each step (listing, repairs, downloads) the first thousand.' }),
      problem: problem.nullable(),
      clockOffsetMs: z.number().nullable(),
    }),
  ),
  stopped: problem.nullable(),
});

/** Of a hundred thousand only the first are named; a number beside them says how many there are. */
const firstOf = <T extends z.ZodType>(one: T, words = '') =>
  z.array(one).meta({
    description: `${words}${words === '' ? '' : ' '}The first ${NAMED_AT_MOST} at most; the count says how many.`,
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
    texts,
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
        texts,
      })
      .nullable()
      .meta({ description: 'The daily look for missing and shortened files; null when it was not due.' }),
    adoption: adoptionSchema.nullable().meta({ description: 'What an unfinished rebuild or adopt had left to do.' }),
    afterwards: problem.nullable(),
    attention: z.array(attention),
  }),
  adopt: adoptDocument,
  rebuild: rebuildDocument,
  status: statusDocument,
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
    damagedCount: count,
    damaged: firstOf(
      named.extend({
        path: z.string().nullable(),
        kind: z.enum(['missing', 'not-a-file', 'unreadable', 'wrong-size', 'wrong-content']),
        why: z.string(),
      }),
    ),
    repair: z
      .object({
        counts: z.object({ repaired: count, recovered: count, lost: count }),
        repaired: firstOf(
          named.extend({
            source: z.string().meta({ description: 'Where the right bytes came from.' }),
            quarantined: z
              .string()
              .nullable()
              .meta({ description: "The bad file's name in .pullmirror/quarantine; null: there was none." }),
          }),
        ),
        recovered: firstOf(named, 'Right again by themselves.'),
        lost: firstOf(named, 'The vault no longer has them, nor does anything on the disk.'),
        failures: z.array(problem.extend({ key: z.string() })),
        stopped: z.array(problem).meta({ description: 'What ended the repair of a vault early.' }),
      })
      .nullable()
      .meta({ description: 'null without --repair.' }),
  }),
  resolve: z.object({
    v,
    resolvedCount: count,
    resolved: firstOf(
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
    openCount: count,
    open: firstOf(named.extend({ cause: z.enum(ATTENTION_CAUSES), why: z.string() })),
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
        at: time.nullable().meta({ description: 'null: damaged, see `unreadable`.' }),
        actor: z.string(),
        event: z.string(),
        vault: z.string().nullable(),
        key: z.string().nullable(),
        archiveId: z.int().nullable(),
        detail: z.record(z.string(), z.unknown()),
        unreadable: z
          .string()
          .nullable()
          .meta({ description: 'What of this row of the catalog is damaged; null: nothing.' }),
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
  'cloud-check': cloudCheckDocument,
  'cloud-policies': cloudPoliciesDocument,
} as const;

export type ArchiveJson = z.output<typeof archive>;
export type ProblemJson = z.output<typeof problem>;
export type PassJson = z.output<typeof pass>;
export type PinJson = z.output<typeof pin>;

/** The JSON Schema of one document, as published in docs/schemas. */
export function outputJsonSchema(name: keyof typeof OUTPUT_SCHEMAS): object {
  return {
    title: `pullmirror ${name.replace('-', ' ')} --json`,
    ...z.toJSONSchema(OUTPUT_SCHEMAS[name], { io: 'input' }),
  };
}
