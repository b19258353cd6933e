import t from 'tap';
import { checkUploadSide } from '../../../src/cloud/description/parse-upload-side.ts';
import { WARNING_CODES, type WarningCode } from '../../../src/cloud/description/warning.ts';
import { warnings } from '../../../src/cloud/description/warnings.ts';
import { formatPath } from '../../../src/core/config/mistake.ts';
import { uploadSideOf, uploadSideText } from '../../support/upload-side-text.ts';

const MIRROR = { mirrors: [{ name: 'pi' }] };
/** Nothing to warn of. */
const CALM = { ...MIRROR, lifecycle: { expire: '400d' }, notifyEmail: 'you@example.org' };
const server = (more: object) => ({ servers: [{ name: 'web1', ...more }] });

/** A description with one danger; what is said of it, and where. */
const DANGERS: readonly (readonly [WarningCode, object, string, readonly RegExp[]])[] = [
  ['unknown-region', { region: 'ap-southeast-9' }, 'region', [/did you mean ap-southeast-\d/]],
  ['bucket-with-dot', { inbox: 'my.inbox' }, 'inbox', [/certificate/, /Hyphens/]],
  [
    'may-list',
    server({ mayList: true }),
    'servers[0].mayList',
    [/web1 sees names, sizes and times/, /vault stays hidden/],
  ],
  [
    'may-delete',
    server({ mayDelete: true }),
    'servers[0].mayDelete',
    [/only where the backups are copied home every day/, /versioned: a deletion only hides/, /vault is out of reach/],
  ],
  ['owner-acl', server({ ownerAcl: true }), 'servers[0].ownerAcl', [/one ACL/]],
  [
    'any-number-of-names',
    server({ promote: [{ upload: '{name}.gpg', becomes: '{date}.{name}.gpg', maxSize: '5GB' }] }),
    'servers[0].promote[0].becomes',
    [/any number of archives, each of up to 5\.0 GB/],
  ],
  [
    'one-a-day',
    server({ promote: [{ upload: 'mysql.gz', becomes: '{date}.gz' }] }),
    'servers[0].promote[0].becomes',
    [/Only the first "mysql\.gz" of a day is kept/],
  ],
  [
    'slow-promotion',
    server({ promote: [{ upload: 'a', becomes: '{date}', maxSize: '201GB' }] }),
    'servers[0].promote[0].maxSize',
    [/201 GB may be more than .* 900 s/],
  ],
  [
    'compliance',
    { lock: { mode: 'compliance', maxMonthlyCost: 1e6 } },
    'lock.mode',
    [/Nobody, AWS and you included/, /at most [\d.]+ USD a month \(at the prices of us-east-1/],
  ],
  ['lock-before-mirror', { lock: { days: 13 } }, 'lock.days', [/ends after 13 days.* pi may be away 14/]],
  [
    'inbox-expires-soon',
    { lifecycle: { inboxExpire: '6d', expire: '400d' } },
    'lifecycle.inboxExpire',
    [/after 6 days/],
  ],
  [
    'expire-near-absence',
    { lock: { days: 14 }, lifecycle: { expire: '20d' } },
    'lifecycle.expire',
    [/has only 6 to pull/, /21d or more/],
  ],
  [
    'archive-near-absence',
    { lifecycle: { archive: { class: 'GLACIER', after: '15d' }, expire: '400d' } },
    'lifecycle.archive.after',
    [/has only 1 to pull/, /GLACIER closes/],
  ],
  [
    'archive-must-be-restored',
    { lifecycle: { archive: { class: 'DEEP_ARCHIVE', after: '60d' }, expire: '400d' } },
    'lifecycle.archive.class',
    [/paid for its restoration/, /GLACIER_IR/],
  ],
  [
    'archive-minimum-days',
    { lifecycle: { archive: { class: 'GLACIER_IR', after: '60d' }, expire: '149d' } },
    'lifecycle.expire',
    [/only 89 days in GLACIER_IR, and AWS bills at least 90: from 150d/],
  ],
  [
    'archive-small-objects',
    { lifecycle: { archive: { class: 'GLACIER_IR', after: '60d' }, expire: '150d' } },
    'lifecycle.archive',
    [/below 128 KiB stay/],
  ],
  ['never-expires', { lifecycle: {} }, 'lifecycle.expire', [/for ever/, /lock ends after 30 days/]],
  ['no-mirrors', { mirrors: [] }, 'mirrors', [/one AWS account/]],
  ['no-notify-email', { notifyEmail: undefined }, 'notifyEmail', [/Nobody is told/]],
];

t.test('every danger is answered in plain words, at its setting', async (t) => {
  t.same(
    DANGERS.map(([code]) => code),
    WARNING_CODES,
  );
  t.same(warnings(uploadSideOf(CALM)), []);
  for (const [code, more, path, words] of DANGERS) {
    const said = warnings(uploadSideOf({ ...CALM, ...more })).find((warning) => warning.code === code);
    t.equal(said && formatPath(said.path), path, code);
    for (const word of words) t.match(said?.message, word, code);
    t.match(said?.message, /^[A-Z"“\d][^\n]*[.?]$/, `${code}: sentences`);
  }
});

t.test('just outside of danger nothing is said', async (t) => {
  const silent: readonly (readonly [WarningCode, object])[] = [
    ['archive-minimum-days', { lifecycle: { archive: { class: 'GLACIER_IR', after: '60d' }, expire: '150d' } }],
    ['archive-minimum-days', { lifecycle: { archive: { class: 'DEEP_ARCHIVE', after: '60d' } } }],
    ['archive-near-absence', { lifecycle: { archive: { class: 'GLACIER', after: '21d' } } }],
    ['archive-near-absence', { lifecycle: { archive: { class: 'GLACIER_IR', after: '1d' } } }],
    ['expire-near-absence', { lock: { days: 14 }, lifecycle: { expire: '21d' } }],
    ['lock-before-mirror', { lock: { days: 14 } }],
    ['may-list', server({ mayDelete: true })],
    ['one-a-day', server({ promote: [{ upload: 'mysql.gz', becomes: '{date}.{hour}.gz' }] })],
    [
      'archive-small-objects',
      {
        ...server({ promote: [{ upload: 'a', becomes: '{date}', minSize: '128KiB' }] }),
        lifecycle: { archive: { class: 'GLACIER_IR', after: '60d' } },
      },
    ],
  ];
  for (const [code, more] of silent) {
    const said = warnings(uploadSideOf({ ...CALM, ...more })).map((warning) => warning.code);
    t.notOk(said.includes(code), `${code}: ${JSON.stringify(more)}`);
  }
});

t.test('a warning has its place in the file', async (t) => {
  const text = `${uploadSideText(MIRROR).slice(0, -1)},\n"lifecycle": {},\n"notifyEmail": "a@b.c"}`;
  const check = checkUploadSide({ text, file: 'x.yaml' });
  t.match(check, { ok: true, warnings: [{ code: 'never-expires', line: 2, column: 14, path: 'lifecycle.expire' }] });
});
