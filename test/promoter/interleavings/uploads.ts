import { createHash } from 'node:crypto';
import type { PromoterServer, PromoterSettings } from '../../../src/core/promoter-settings.ts';
import type { Seeded } from '../../support/seeded.ts';
import { faceAt } from './places.ts';

/** What somebody is going to put into the inbox. */
export interface UploadPlan {
  readonly key: string;
  readonly body: Buffer;
  /** The name in the vault that the rules mean for an upload of this time; null where there is no rule for the key. */
  readonly nameAt: ((epochMs: number) => string) | null;
  /** Neither empty, nor too small, nor too large. */
  readonly hasGoodSize: boolean;
}

const MIN_BYTES = 10;
const MAX_BYTES = 4000;
const SERVERS = ['web1', 'web10', 'a/web1'];

export function settingsFor(timezone: string, buckets: { inbox: string; vault: string }): PromoterSettings {
  const sizes = { minSizeBytes: MIN_BYTES, maxSizeBytes: MAX_BYTES };
  const servers = SERVERS.map((name): PromoterServer => {
    const rules = [
      { upload: 'backup.tar.gz.gpg', becomes: '{date}.tar.gz.gpg', ...sizes },
      { upload: 'sql.gz.gpg', becomes: '{date}.{hour}.sql.gz.gpg', ...sizes },
      { upload: 'dump-{name}.gz', becomes: 'dumps/{date}.{hour}.{name}.gz', ...sizes },
    ];
    return { name: name.replaceAll('/', '-'), prefix: `${name}/`, rules };
  });
  return { ...buckets, timezone, servers };
}

/** Keys without a rule. A server that takes keys for paths would change those of the second list. */
const UNKNOWN = [
  ...[
    'backup.tar.gz.gpg',
    'nobody/backup.tar.gz.gpg',
    'web1sql.gz.gpg',
    'web1/x/backup.tar.gz.gpg',
    'web1/Backup.tar.gz.gpg',
  ],
  ...[
    'web1/sql.gz.gpg ',
    'web1/sql.gz.gpg\n',
    'web1/sql.gz.gpg\u202e',
    'web1/%73ql.gz.gpg',
    'web1/2026-10-25.tar.gz.gpg',
  ],
  ...[
    'web1/2026-10-25.02b.sql.gz.gpg',
    'web1/dump-a+b.gz',
    'web1/dump-.gz',
    'web1/dumps/x.gz',
    'web1/{date}.tar.gz.gpg',
  ],
  `web1/dump-${'x'.repeat(101)}.gz`,
];
const UNKNOWN_PATHS = [
  'web1/../web10/backup.tar.gz.gpg',
  'web1//backup.tar.gz.gpg',
  'web1/./sql.gz.gpg',
  '/web1/sql.gz.gpg',
  'web1/',
];
/** Words of the uploader's own; some try to read as times. */
const WORDS = ['shop', 'Shop', 'shop', '2026-10-25.02b', '2026-03-29.02.shop', '..', 'x'.repeat(100)];

export function planUpload(seeded: Seeded, timezone: string, options: { keysArePaths: boolean }): UploadPlan {
  const kind = seeded.int(1, 20);
  if (kind > 17) {
    const keys = options.keysArePaths ? UNKNOWN : [...UNKNOWN, ...UNKNOWN_PATHS];
    return {
      key: seeded.pick(keys),
      body: content(seeded, seeded.int(MIN_BYTES, 200)),
      nameAt: null,
      hasGoodSize: true,
    };
  }
  // Half of all go to one server: uploads that meet are what is looked for.
  const prefix = `${seeded.chance(0.5) ? 'web1' : seeded.pick(SERVERS)}/`;
  const { body, hasGoodSize } = sized(seeded);
  const face = (epochMs: number) => faceAt(epochMs, timezone);
  if (kind <= 8) {
    const nameAt = (epochMs: number) => `${prefix}${face(epochMs).date}.tar.gz.gpg`;
    return { key: `${prefix}backup.tar.gz.gpg`, body, hasGoodSize, nameAt };
  }
  const dateAndHour = (epochMs: number) => `${face(epochMs).date}.${face(epochMs).hour}`;
  if (kind <= 15) {
    return { key: `${prefix}sql.gz.gpg`, body, hasGoodSize, nameAt: (at) => `${prefix}${dateAndHour(at)}.sql.gz.gpg` };
  }
  const word = seeded.pick(WORDS);
  return {
    key: `${prefix}dump-${word}.gz`,
    body,
    hasGoodSize,
    nameAt: (at) => `${prefix}dumps/${dateAndHour(at)}.${word}.gz`,
  };
}

function sized(seeded: Seeded): { body: Buffer; hasGoodSize: boolean } {
  if (seeded.chance(0.85)) return { body: content(seeded, seeded.int(MIN_BYTES, MAX_BYTES)), hasGoodSize: true };
  return { body: content(seeded, seeded.pick([0, MIN_BYTES - 1, MAX_BYTES + 1])), hasGoodSize: false };
}

/** No two are the same, short ones (that are never promoted) apart. */
function content(seeded: Seeded, sizeBytes: number): Buffer {
  const unique = createHash('sha512').update(`${seeded.next()}${seeded.next()}`).digest();
  return Buffer.alloc(sizeBytes, unique);
}
