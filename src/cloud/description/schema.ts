import * as z from 'zod';
import { emailAddress, timezone } from '../../core/config/scalars.ts';
import { reading, text } from '../../core/config/text-value.ts';
import { DAY_MS, DURATION_PATTERN, formatExactDuration, parseDuration } from '../../core/duration.ts';
import { type Parsed, parsed, problem } from '../../core/parsed.ts';
import { parseSize, SIZE_PATTERN } from '../../core/size.ts';
import {
  BUCKET_PATTERN,
  OWN_NAME_PATTERN,
  PERSON_NAME_PATTERN,
  REGION_PATTERN,
  readBucketName,
  readOwnName,
  readPersonName,
  readRegion,
} from './aws-names.ts';
import {
  PREFIX_PATTERN,
  readNameWildcard,
  readPrefix,
  readUploadName,
  readVaultName,
  WILDCARD_PATTERN,
} from './upload-names.ts';

/** The description of the left half: every setting, what it means, its default. The example explains them at length. */

/** The rules of the article that the promoter comes from. */
export const DEFAULT_RULES = [
  { upload: 'backup.tar.gz.gpg', becomes: '{date}.tar.gz.gpg' },
  { upload: 'sql.gz.gpg', becomes: '{date}.{hour}.sql.gz.gpg' },
] as const;

/** S3's largest object (S3 user guide, "Amazon S3 multipart upload limits"). */
const MAX_OBJECT_BYTES = 50 * 1000 ** 4;
/** What the promoter's daily sweep still names by its time; sooner must nothing vanish. */
const LEAST_INBOX_DAYS = 3;
/** 100 years: S3's longest default retention (S3 API, DefaultRetention). */
const MAX_DAYS = 36_500;

const days = (description: string, leastDays: number) =>
  text(
    (written): Parsed<number> => {
      const read = parseDuration(written);
      if (!read.ok) return read;
      if (read.value % DAY_MS !== 0)
        return problem(`"${written}" is not a number of whole days, and S3 counts in those`);
      const least = leastDays * DAY_MS;
      if (read.value < least) return problem(`"${written}" is too short; the least is ${formatExactDuration(least)}`);
      return parsed(read.value / DAY_MS);
    },
    { description, pattern: DURATION_PATTERN },
    'must be a number of days such as 30d',
  );

const size = (description: string) =>
  z
    .union([z.string(), z.number()], { error: 'must be a size such as 20GB' })
    .transform(
      reading((written: string | number) => {
        const read = parseSize(written);
        if (!read.ok) return read;
        if (read.value < 1) return problem('is nothing; an empty upload is never promoted');
        return read.value <= MAX_OBJECT_BYTES
          ? read
          : problem(`"${written}" is more than S3 takes in one object (50 TB)`);
      }),
    )
    .meta({ description, pattern: SIZE_PATTERN });

export const ruleShape = {
  upload: text(readUploadName, {
    description: 'Name of the upload below the prefix. {name} and {part} stand for what the server may choose.',
  }),
  becomes: text(readVaultName, {
    description:
      'Name in the vault below the same prefix: with {date}, perhaps {hour}, and what `upload` lets the server choose.',
  }),
  minSize: size('A smaller upload is left in the inbox and reported.').prefault('1B'),
  maxSize: size('A larger upload is left in the inbox and reported.').prefault('20GB'),
};

const rule = z.strictObject(ruleShape).meta({ description: 'One kind of upload.' });

export const serverShape = {
  name: text(readPersonName, {
    description: 'Name of the server; part of its IAM user’s name.',
    pattern: PERSON_NAME_PATTERN,
  }),
  prefix: text(readPrefix, {
    description: 'Its folder in both buckets, in no other’s folder. Default: its name.',
    pattern: PREFIX_PATTERN,
  }).optional(),
  names: z
    .array(text(readNameWildcard, { description: 'Part of file names, with * and ?.', pattern: WILDCARD_PATTERN }))
    .prefault([])
    .meta({ description: 'Its key may upload only names like these. Default: any name in its folder.' }),
};

const server = z
  .strictObject({
    ...serverShape,
    promote: z
      .array(rule)
      .min(1)
      .prefault([...DEFAULT_RULES])
      .meta({ description: 'Which uploads go into the vault, and under which name; the first that fits decides.' }),
    mayList: z.boolean().default(false).meta({ description: 'Its key may list what is in its folder of the inbox.' }),
    mayDelete: z.boolean().default(false).meta({
      description: 'Its key may list and delete in its folder of the inbox. Dangerous: a hacked server has that key.',
    }),
    ownerAcl: z.boolean().default(false).meta({
      description: 'Its program sends the ACL bucket-owner-full-control with each upload, as Akeeba Backup does.',
    }),
  })
  .meta({ description: 'One web server.' });

export const mirrorShape = {
  name: text(readPersonName, {
    description: 'Name of the mirror; part of its IAM user’s name.',
    pattern: PERSON_NAME_PATTERN,
  }),
  mayBeAway: days('How long it may be away before the vault may lose what it has not pulled.', 1).prefault('14d'),
};

export const lockShape = {
  mode: z.enum(['governance', 'compliance']).default('governance').meta({
    description: 'governance: an administrator can lift the lock. compliance: nobody can, and it is paid to its end.',
  }),
  days: z
    .int()
    .min(1)
    .max(MAX_DAYS)
    .default(30)
    .meta({ description: 'Nothing in the vault can be deleted for so many days.' }),
  maxMonthlyCost: z.number().min(0).optional().meta({
    description:
      'US dollars a month that the vault may cost at most; the calculated maximum must fit. Compliance needs it.',
  }),
};

export const archiveShape = {
  class: z.enum(['STANDARD_IA', 'GLACIER_IR', 'GLACIER', 'DEEP_ARCHIVE']).meta({
    description: 'The cheaper storage class. GLACIER and DEEP_ARCHIVE cannot be read without restoring first.',
  }),
  after: days('Age at which archives go there.', 0),
};

export const lifecycleShape = {
  inboxExpire: days('What is left in the inbox is removed after this time.', LEAST_INBOX_DAYS).prefault('30d'),
  archive: z
    .strictObject(archiveShape)
    .optional()
    .meta({ description: 'Moves older archives to a cheaper storage class.' }),
  expire: days('Archives leave the vault at this age. Default: never.', 1).optional(),
};

export const topShape = {
  name: text(readOwnName, {
    description: 'What the names of groups, users, policies, the function and the stack begin with.',
    pattern: OWN_NAME_PATTERN,
  }).prefault('pullmirror'),
  inbox: text(readBucketName, { description: 'The bucket that servers write to.', pattern: BUCKET_PATTERN }),
  vault: text(readBucketName, { description: 'The bucket that only the promoter writes to.', pattern: BUCKET_PATTERN }),
};

export const descriptionSchema = z
  .strictObject({
    name: topShape.name,
    region: text(readRegion, { description: 'The AWS region of both buckets.', pattern: REGION_PATTERN }),
    timezone: timezone('The timezone of the names in the vault, an IANA name: that of your servers.'),
    inbox: topShape.inbox,
    vault: topShape.vault,
    servers: z.array(server).min(1).meta({ description: 'The web servers that upload.' }),
    mirrors: z
      .array(z.strictObject(mirrorShape).meta({ description: 'One mirror.' }))
      .prefault([])
      .meta({ description: 'The mirrors that pull the vault.' }),
    lock: z.strictObject(lockShape).prefault({}).meta({ description: 'The lock on everything in the vault.' }),
    lifecycle: z.strictObject(lifecycleShape).prefault({}).meta({ description: 'What ages, and how.' }),
    notifyEmail: emailAddress('Alarms are mailed to this address.')
      .refine((address) => /^[\x21-\x7e]+$/.test(address), 'has characters beyond ASCII, which SNS does not mail to')
      .optional(),
  })
  .meta({ title: 'pullmirror: description of the upload side' });

/** The file after the schema: defaults filled in, every value read. */
export type CheckedDescription = z.output<typeof descriptionSchema>;
