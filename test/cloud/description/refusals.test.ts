import t from 'tap';
import { parseUploadSide } from '../../../src/cloud/description/parse-upload-side.ts';
import { isAppError } from '../../../src/core/errors.ts';
import { mistakesOf, uploadSideText } from '../../support/upload-side-text.ts';

const server = (more: object) => ({ servers: [{ name: 'web1', ...more }] });
const promote = (...rules: object[]) => server({ promote: rules });
const DAILY = { upload: 'a.tar', becomes: '{date}.tar' };

t.test('all mistakes at once, each with line and column, in the order of the file', async (t) => {
  const text = `
regin: eu-central-1
region: eu-centrall-1
timezone: Europe/Berln
inbox: Example_Inbox
vault: example-vault
servers:
  - name: web1
    prefix: a/
  - name: WEB1
    prefix: a/b/
    mayDelet: true
lifecycle: { archive: { class: GLACIER, after: 10d }, expire: 20d }
mirrors: [{ name: pi }]
`;
  try {
    parseUploadSide({ text, file: '/home/you/upload-side.yaml' });
    t.fail('accepted');
  } catch (error) {
    t.ok(isAppError(error, 'CONFIG_INVALID'));
    t.match(error, { hint: /config\/upload-side\.example\.yaml/, kind: { exit: 78 } });
    t.same((error as Error).message.split('\n'), [
      '/home/you/upload-side.yaml:2:1: regin: unknown key; the nearest known one is "region"',
      '/home/you/upload-side.yaml:3:9: region: "eu-centrall-1" is not an AWS region; the nearest one is eu-central-1',
      '/home/you/upload-side.yaml:4:11: timezone: "Europe/Berln" is not a timezone; the nearest one is Europe/Berlin',
      '/home/you/upload-side.yaml:5:8: inbox: "Example_Inbox" is not a bucket name: capital letters are not allowed',
      '/home/you/upload-side.yaml:10:11: servers[1].name: "WEB1" is the name of servers[0] already (case does not count)',
      '/home/you/upload-side.yaml:11:13: servers[1].prefix: "a/b/" lies inside "a/", the folder of servers[0]; one key could then write into the other’s backups',
      '/home/you/upload-side.yaml:12:5: servers[1].mayDelet: unknown key; the nearest known one is "mayDelete"',
      '/home/you/upload-side.yaml:13:48: lifecycle.archive.after: 10d outruns the mirror pi, which may be away 14 days: what lies in GLACIER cannot be pulled; archive later, or to GLACIER_IR',
      '/home/you/upload-side.yaml:13:63: lifecycle.expire: 20d is before the lock ends (lock.days: 30); expire no earlier than 30d',
    ]);
  }
});

t.test('a file without anything in it, and one with a secret', async (t) => {
  t.match(mistakesOf(''), [/is empty; region, timezone, inbox, vault and servers are needed/]);
  t.same(mistakesOf('{}').length, 5, 'everything that is needed is missing');
  const secret = mistakesOf(uploadSideText({ secretAccessKey: 'wJalrXUtnFEMI' })).join('\n');
  t.match(secret, /never keys in this file/);
  t.notMatch(secret, 'wJalrXUtnFEMI');
});

t.test('sections whose every line is commented out are left out', async (t) => {
  t.same(mistakesOf(uploadSideText({ mirrors: null, lock: null, lifecycle: null })), []);
  t.match(mistakesOf(uploadSideText({ servers: null })), [/servers: has no value/]);
});

const REFUSED: [string, object, RegExp][] = [
  ['one bucket for both', { vault: 'example-inbox' }, /^vault: "example-inbox" is the inbox already/],
  ...['ab', 'a'.repeat(64), '-ab', 'ab-', 'a..b', '10.0.0.1', 'xn--abc', 'abc-s3alias', 'a_b', 's3://abc', 'a/b'].map(
    (vault): [string, object, RegExp] => [`vault ${vault}`, { vault }, /^vault: .* is not a bucket name: /],
  ),
  ...['eu-central', 'eu-central-11', 'Frankfurt', 'eu central 1', ''].map((region): [string, object, RegExp] => [
    `region ${region}`,
    { region },
    /^region: .* is not an AWS region; the nearest one is [a-z]+-[a-z]+-\d$/,
  ]),
  ['a name too long for IAM', { name: 'a'.repeat(21) }, /^name: .* 1 to 20/],
  ['a name with a space', server({ name: 'web 1' }), /^servers\[0\]\.name: .* is not a name/],
  ['no servers', { servers: [] }, /^servers: needs at least one entry/],
  ['a server twice', { servers: [{ name: 'a' }, { name: 'A', prefix: 'b/' }] }, /^servers\[1\]\.name: .* already/],
  ['a mirror twice', { mirrors: [{ name: 'a' }, { name: 'a' }] }, /^mirrors\[1\]\.name: .* already/],
  [
    'one folder for two',
    { servers: [{ name: 'a' }, { name: 'b', prefix: 'a/' }] },
    /the folder of servers\[0\] already/,
  ],
  [
    'a folder around another',
    {
      servers: [
        { name: 'a', prefix: 'x/y/' },
        { name: 'b', prefix: 'x/' },
      ],
    },
    /^servers\[1\]\.prefix: "x\/y\/" lies inside "x\/", this one/,
  ],
  ['an upload that is nowhere named', promote({ becomes: '{date}.tar' }), /upload: is missing/],
  ['a fixed name', promote({ upload: 'a.tar', becomes: 'a.tar' }), /becomes: "a\.tar" has no \{date\}/],
  ['a minute', promote({ upload: 'a', becomes: '{date}.{hour}.{minute}' }), /\{minute\} means nothing in the name of/],
  ['an hour without a day', promote({ upload: 'a', becomes: '{hour}' }), /\{hour\} means nothing without \{date\}/],
  ['a day in the upload', promote({ upload: '{date}.tar', becomes: '{date}.tar' }), /upload: \{date\} means nothing/],
  ['a misspelt token', promote({ upload: 'a', becomes: '{dat}.tar' }), /nearest token is \{date\}/],
  ['an open brace', promote({ upload: 'a{', becomes: '{date}' }), /contains "\{"/],
  ['a star', promote({ upload: '*.gpg', becomes: '{date}' }), /has a "\*"; \{name\}/],
  ['two tokens in a row', promote({ upload: '{name}{part}', becomes: '{date}-{name}-{part}' }), /something between/],
  ['a token from nowhere', promote({ upload: 'a', becomes: '{date}.{name}' }), /has \{name\}, which `upload`/],
  ['a token that is lost', promote({ upload: 'a.{part}', becomes: '{date}' }), /lacks \{part\}: .* only the first/],
  ['a leading slash', promote({ upload: '/a', becomes: '{date}' }), /begins with "\/"/],
  ['a folder as upload', promote({ upload: 'a/', becomes: '{date}' }), /empty part/],
  ['nothing but small', promote({ ...DAILY, minSize: '2MB', maxSize: '1MB' }), /below minSize .*nothing would ever/],
  ['uploads of nothing', promote({ ...DAILY, minSize: 0 }), /empty upload is never promoted/],
  ['more than an object', promote({ ...DAILY, maxSize: '51TB' }), /more than S3 takes/],
  ['a size of text', promote({ ...DAILY, maxSize: 'large' }), /is not a size/],
  [
    'the same name twice',
    promote(DAILY, { upload: 'b.tar', becomes: '{date}.tar' }),
    /is what promote\[0\] makes, too/,
  ],
  [
    'names that a hacked server could take in advance',
    promote(
      { upload: 'sql.gpg', becomes: '{date}.{hour}.sql.gpg' },
      { upload: '{name}.gpg', becomes: '{date}.{name}.gpg' },
    ),
    /promote\[1\]\.becomes: can be the same name as "\{date\}\.\{hour\}\.sql\.gpg".* could take its names in advance/,
  ],
  [
    'a rule that never decides',
    promote(
      { upload: '{name}.gpg', becomes: '{date}.any.{name}.gpg' },
      { upload: 'sql.gpg', becomes: '{date}.{hour}.sql' },
    ),
    /promote\[1\]\.upload: never decides/,
  ],
  [
    'names that keep the uploads out',
    server({ names: ['*.gpg'], promote: [DAILY] }),
    /upload: "a\.tar" is not among `names` \(\*\.gpg\)/,
  ],
  ['names with a variable', server({ names: ['$' + '{aws:username}'] }), /names\[0\]: .*wildcard or a variable/],
  ['names of nothing', server({ names: [''] }), /names\[0\]: is empty/],
  ['absence of hours', { mirrors: [{ name: 'pi', mayBeAway: '36h' }] }, /whole days/],
  ['an absence without unit', { mirrors: [{ name: 'pi', mayBeAway: 14 }] }, /must be a number of days such as 30d/],
  ['an inbox that empties before the sweep', { lifecycle: { inboxExpire: '1d' } }, /the least is 3d/],
  [
    'expiry before the lock ends',
    { lock: { days: 40 }, lifecycle: { expire: '39d' } },
    /expire: 39d is before the lock/,
  ],
  [
    'expiry that outruns the mirror',
    { lock: { days: 1 }, mirrors: [{ name: 'pi', mayBeAway: '40d' }, { name: 'x' }], lifecycle: { expire: '40d' } },
    /expire: 40d outruns the mirror pi, which may be away 40 days/,
  ],
  [
    'expiry before archiving',
    { lifecycle: { archive: { class: 'GLACIER_IR', after: '60d' }, expire: '60d' } },
    /must be later than lifecycle\.archive\.after/,
  ],
  [
    'an archive class that outruns the mirror',
    { mirrors: [{ name: 'pi' }], lifecycle: { archive: { class: 'DEEP_ARCHIVE', after: '14d' } } },
    /after: 14d outruns the mirror pi/,
  ],
  [
    'IA too early',
    { lifecycle: { archive: { class: 'STANDARD_IA', after: '29d' } } },
    /nothing to STANDARD_IA before 30/,
  ],
  ['an unknown class', { lifecycle: { archive: { class: 'ICE', after: '29d' } } }, /must be STANDARD_IA or GLACIER_IR/],
  ['half a lifecycle', { lifecycle: { archive: { class: 'GLACIER' } } }, /archive\.after: is missing/],
  ['a lock of words', { lock: { days: '30d' } }, /lock\.days: must be a(?: whole)? number/],
  ['an address that turns a terminal around', { notifyEmail: 'a\u202e@b.c' }, /beyond ASCII/],
  ['an address that is none', { notifyEmail: 'you' }, /is not an e-mail address/],
  [
    'compliance without a look at its price',
    { lock: { mode: 'compliance' }, lifecycle: { expire: '97d' }, ...promote({ ...DAILY, maxSize: '10GiB' }) },
    /^lock\.mode: compliance: nobody can delete .* At most 23 USD a month .*write maxMonthlyCost: 23 /,
  ],
  [
    'compliance whose price has no end',
    { lock: { mode: 'compliance', maxMonthlyCost: 1e6 } },
    /maxMonthlyCost: cannot be promised a maximum cost: without lifecycle\.expire/,
  ],
  [
    'compliance with names of the server’s own',
    {
      lock: { mode: 'compliance', maxMonthlyCost: 1e6 },
      lifecycle: { expire: '97d' },
      ...promote({ upload: '{name}', becomes: '{date}.{name}' }),
    },
    /maxMonthlyCost: cannot be promised a maximum cost: .* choose names/,
  ],
  [
    'more than the owner wants to pay',
    { lock: { maxMonthlyCost: 22.99 }, lifecycle: { expire: '97d' }, ...promote({ ...DAILY, maxSize: '10GiB' }) },
    /maxMonthlyCost: 22\.99 USD is less than the vault can cost: 23 USD/,
  ],
];

t.test('what contradicts itself is refused, in one place', async (t) => {
  for (const [what, more, words] of REFUSED) {
    const found = mistakesOf(uploadSideText({ ...more }));
    t.ok(
      found.some((line) => words.test(line)),
      what,
      { found, words: words.source },
    );
    t.equal(found.length, 1, `${what}: one mistake`, { found });
  }
});

t.test('what is just inside is accepted', async (t) => {
  for (const more of [
    { lock: { days: 40 }, lifecycle: { expire: '40d' } },
    { lock: { days: 1 }, mirrors: [{ name: 'pi' }], lifecycle: { expire: '15d' } },
    { mirrors: [{ name: 'pi' }], lifecycle: { archive: { class: 'DEEP_ARCHIVE', after: '15d' } } },
    { lifecycle: { archive: { class: 'GLACIER', after: '0d' } } },
    { lifecycle: { archive: { class: 'STANDARD_IA', after: '30d' } } },
    {
      lock: { mode: 'compliance', maxMonthlyCost: 23 },
      lifecycle: { expire: '97d' },
      ...promote({ ...DAILY, maxSize: '10GiB' }),
    },
    { servers: [{ name: 'a' }, { name: 'b', prefix: 'ab/' }, { name: 'c', prefix: 'customers/c/' }] },
    promote(
      { upload: 'in/sql.gz', becomes: '{date}/sql.{hour}.gz' },
      { upload: '{name}.{part}', becomes: 'a/{name}/{date}.{part}' },
    ),
    server({ names: ['backup.*', '?ql.gz.gpg'] }),
    { region: 'ap-southeast-9' },
    { region: 'us-gov-west-1' },
  ]) {
    t.same(mistakesOf(uploadSideText(more)), [], JSON.stringify(more));
  }
});
