import * as z from 'zod';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../duration.ts';
import { SHORT_FORM } from './json-schema-of.ts';
import {
  absolutePath,
  bucket,
  cron,
  dailyWindow,
  duration,
  emailAddress,
  hostName,
  keyPrefix,
  listenAddress,
  matchPattern,
  name,
  plainText,
  rate,
  sizeLimit,
  timezone,
  url,
  vaultName,
} from './scalars.ts';

/** The whole configuration file: every setting, its description and its default. The example file explains them at length. */

const MAX_COUNT = 100_000;
export const DEFAULT_STATE_DIR = '/var/lib/pullmirror';
const HTTP = ['https:', 'http:'];

const count = (description: string) => z.int().min(0).max(MAX_COUNT).default(0).meta({ description });

const store = z
  .strictObject({
    path: absolutePath('Directory of the store: the mount point of the USB disk.'),
    minFree: sizeLimit('Room on the disk that is never eaten: a size (20GB) or a share (5%).').prefault('5%'),
    whenFull: z.enum(['pause', 'thin']).default('pause').meta({
      description: 'pause: download nothing more and say so. thin: let the oldest go first, announced.',
    }),
    floor: z.int().min(1).max(MAX_COUNT).default(7).meta({
      description: 'With whenFull: thin, so many of the newest archives of each series are never let go.',
    }),
  })
  .meta({ description: 'The disk.' });

const credentials = z
  .strictObject({
    profile: plainText('Profile in the AWS credentials and config files.').optional(),
    file: absolutePath('File in the AWS shared-credentials format, instead of the usual ones.').optional(),
  })
  .refine(({ profile, file }) => profile !== undefined || file !== undefined, 'needs a profile or a file')
  .meta({
    description: "Where the mirror's read-only key is; never the key itself. Without it: the AWS SDK's own chain.",
  });

const vault = z
  .strictObject({
    name: vaultName('Name of the vault, and of its folder in the store.'),
    bucket: bucket('The vault bucket.'),
    region: plainText('Region of the bucket.').prefault('us-east-1'),
    prefix: keyPrefix('Mirror only keys that begin with this.').prefault(''),
    endpoint: url('URL of an S3-compatible server; leave it out for AWS.', HTTP).optional(),
    forcePathStyle: z.boolean().optional().meta({
      description: 'Ask for endpoint/bucket instead of bucket.endpoint. Default: true with an endpoint, false without.',
    }),
    credentials: credentials.optional(),
    expiresAfter: duration("The vault's own lifecycle removes archives after this age.", { minMs: DAY_MS }).optional(),
  })
  .meta({ description: 'One vault bucket.' });

const timetable = z
  .record(z.string(), rate('The limit within this daily window.'))
  .prefault({})
  .meta({ description: 'Limits for daily windows in the owner\'s timezone, such as "01:00-06:00": unlimited.' });

const downloads = z
  .strictObject({
    concurrency: z.int().min(1).max(32).default(3).meta({ description: 'Archives downloaded at a time.' }),
    ranges: z.int().min(1).max(16).default(4).meta({ description: 'Ranges of one large archive at a time.' }),
    limit: rate('Bandwidth of all downloads together: 8MB/s, or unlimited.').prefault('unlimited'),
    timetable,
    idleTimeout: duration('A connection that is silent for so long is given up and begun anew.', {
      minMs: SECOND_MS,
      maxMs: HOUR_MS,
    }).prefault('30s'),
  })
  .meta({ description: 'How archives are pulled.' });

const keep = z
  .strictObject({
    last: count('Keep the newest N.'),
    hourly: count('Keep the newest of each of the last N hours that have one.'),
    daily: count('Keep the newest of each of the last N days that have one.'),
    weekly: count('Keep the newest of each of the last N weeks that have one.'),
    monthly: count('Keep the newest of each of the last N months that have one.'),
    yearly: count('Keep the newest of each of the last N years that have one.'),
    within: duration('Keep everything this long before the newest archive.', { minMs: MINUTE_MS }).optional(),
  })
  .refine(
    ({ within, ...counts }) => within !== undefined || Object.values(counts).some((number) => number > 0),
    'keeps nothing at all; leave `keep` out to keep everything, or set a rule above 0',
  )
  .meta({ description: 'What is kept, the union of all rules; the rest is pruned after announcement.' });

const series = z
  .strictObject({
    name: name('Name of the series.'),
    vault: z.string().meta({ description: 'Name of its vault.' }),
    match: matchPattern(
      'The whole key, with {date}, {hour}, {minute}, {name}, {part}, * within a folder and ** across folders. First match wins.',
    ),
    expectEvery: duration('A new archive is due this often; its absence is an alarm.', { minMs: MINUTE_MS }).optional(),
    keep: keep.optional(),
    versions: z.boolean().default(false).meta({
      description: 'The same key every time, in a versioned vault: each new version is a backup.',
    }),
    sizeFactor: z.number().min(1.5).max(1000).default(4).meta({
      description:
        'An archive so many times larger than usual is held; one so many times larger or smaller freezes retention.',
    }),
  })
  .meta({ description: 'Successive backups of the same thing.' });

const retention = z
  .strictObject({
    announce: duration('A removal stays announced this long before it happens.', { minMs: HOUR_MS }).prefault('24h'),
    scrubEvery: duration('Every file is read and hashed again at least this often.', { minMs: DAY_MS }).prefault('30d'),
    scrubWindow: dailyWindow("Daily window for that, in the owner's timezone.").prefault('02:00-06:00'),
  })
  .meta({ description: 'Pruning and scrubbing.' });

const status = z
  .strictObject({
    listen: listenAddress('Address and port of the status page.').prefault('127.0.0.1:8420'),
    hosts: z.array(hostName('A host name.')).prefault([]).meta({
      description: 'Host names under which the page is called, such as raspberrypi.local; others are refused.',
    }),
    passwordFile: absolutePath('File that holds the password of the page.').optional(),
    tokenFile: absolutePath('File that holds the token for the JSON API and the metrics.').optional(),
    login: z.enum(['on', 'off']).default('on').meta({
      description: 'off: no login, status only, and only on a loopback address.',
    }),
  })
  .meta({ description: 'The status page.' });

const urlChannel = (about: string) =>
  z.strictObject({
    url: url(`${about} URL.`, HTTP),
    tokenFile: absolutePath('File that holds a bearer token.').optional(),
  });

const alerts = z
  .strictObject({
    ntfy: urlChannel('ntfy topic')
      .optional()
      .meta({ description: 'Push messages through ntfy.', shortForm: SHORT_FORM }),
    webhook: urlChannel('Webhook').optional().meta({ description: 'POST each alert as JSON.', shortForm: SHORT_FORM }),
    healthchecks: z
      .strictObject({ url: url('Ping URL.', HTTP) })
      .optional()
      .meta({ description: 'Ping a Healthchecks-style service after each good pass.', shortForm: SHORT_FORM }),
    email: z
      .strictObject({
        smtp: url('Mail server: smtp://host:587 or smtps://host:465.', ['smtp:', 'smtps:']),
        from: emailAddress('Sender.'),
        to: z.array(emailAddress('A recipient.')).min(1).meta({ description: 'Recipients.' }),
        user: plainText('User name at the mail server.').optional(),
        passwordFile: absolutePath('File that holds the password of that user.').optional(),
      })
      .refine(
        ({ user, passwordFile }) => (user === undefined) === (passwordFile === undefined),
        'user and passwordFile belong together',
      )
      .optional()
      .meta({ description: 'Send mail.' }),
  })
  .meta({ description: 'Who is told when something is wrong.' });

export const configSchema = z
  .strictObject({
    timezone: timezone("The owner's timezone, an IANA name. Default: that of this machine.").optional(),
    store,
    state: absolutePath("State directory on the machine's own card.").prefault(DEFAULT_STATE_DIR),
    vaults: z.array(vault).min(1).meta({ description: 'The vault buckets to mirror.' }),
    schedule: cron('When to look for new archives: cron, minute hour day month weekday.').prefault('*/15 * * * *'),
    downloads: downloads.prefault({}),
    series: z.array(series).prefault([]).meta({ description: 'What belongs together; the first match wins.' }),
    retention: retention.prefault({}),
    status: status.prefault({}),
    alerts: alerts.prefault({}),
  })
  .meta({ title: 'pullmirror configuration' });

/** The file after the schema: defaults filled in, every value read. */
export type CheckedFile = z.output<typeof configSchema>;
