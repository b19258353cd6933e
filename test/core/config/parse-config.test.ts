import t from 'tap';
import { checkConfig, parseConfig } from '../../../src/core/config/parse-config.ts';
import { isAppError } from '../../../src/core/errors.ts';
import { printable } from '../../../src/core/printable.ts';

const MINIMAL = 'store: { path: /srv/archive }\nvaults:\n  - { name: web, bucket: example-vault }\n';
const minimal = (more = '') => checkConfig({ text: MINIMAL + more, file: 'c.yaml' });

/** Mistakes as `line:column path: message`. */
function mistakes(text: string): readonly string[] {
  const check = checkConfig({ text, file: 'c.yaml' });
  return check.ok
    ? []
    : check.mistakes.map(({ line, column, path, message }) => printable(`${line}:${column} ${path}: ${message}`));
}

t.test('vaults and store.path alone make a working configuration', async (t) => {
  const config = parseConfig({ text: MINIMAL, file: 'c.yaml', machineTimezone: 'Europe/Berlin' });
  t.match(config, {
    file: 'c.yaml',
    timezone: 'Europe/Berlin',
    store: { path: '/srv/archive', minFree: { kind: 'percent', percent: 5 }, whenFull: 'pause' },
    stateDir: '/var/lib/pullmirror',
    vaults: [
      { name: 'web', bucket: 'example-vault', region: 'us-east-1', prefix: '', endpoint: null, forcePathStyle: false },
    ],
    schedule: '*/15 * * * *',
    downloads: { concurrency: 3, ranges: 4, limitBytesPerSecond: null, timetable: [], idleTimeoutMs: 30_000 },
    series: [],
    retention: { announceMs: 86_400_000, scrubEveryMs: 30 * 86_400_000, scrubWindow: { text: '02:00-06:00' } },
    status: { listen: { host: '127.0.0.1', port: 8420, loopback: true }, hosts: [], login: 'on', passwordFile: null },
    alerts: { ntfy: null, webhook: null, healthchecks: null, email: null },
  });
  t.equal(config.vaults[0]?.credentials.kind, 'chain');
  t.equal(config.vaults[0]?.expiresAfterMs, null);
});

t.test('every setting arrives with its value read', async (t) => {
  const config = parseConfig({
    file: 'c.yaml',
    text: `
timezone: Asia/Kolkata
store: { path: /srv//archive/, minFree: 20GB, whenFull: thin }
state: /var/lib/elsewhere
vaults:
  - { name: web, bucket: b.1, region: eu-central-1, prefix: web1/, endpoint: "https://s3.example/", credentials: { profile: mirror }, expiresAfter: 400d }
  - { name: two, bucket: b-2, endpoint: "http://10.0.0.1:9000", forcePathStyle: false, credentials: { file: /etc/key } }
schedule: "7 * * * *"
downloads: { concurrency: 1, ranges: 2, limit: 8MB/s, timetable: { 22:00-06:00: unlimited }, idleTimeout: 2m }
series:
  - { name: s, vault: web, match: "web1/{date}.tar", expectEvery: 1d, keep: { last: 7, within: 30d }, versions: true }
  - { name: r, vault: two, match: "**" }
retention: { announce: 2d, scrubEvery: 60d, scrubWindow: "23:00-24:00" }
status: { listen: "[::1]:80", hosts: [Pi.local], passwordFile: /etc/p, tokenFile: /etc/t, login: off }
alerts:
  ntfy: https://ntfy.sh/topic
  webhook: { url: https://example.com/hook, tokenFile: /etc/w }
  healthchecks: https://hc.example/1
  email: { smtp: smtps://mail.example:465, from: a@b.c, to: d@e.f, user: a, passwordFile: /etc/m }
`,
  });
  t.match(config, {
    timezone: 'Asia/Kolkata',
    store: { path: '/srv/archive', minFree: { kind: 'bytes', bytes: 20e9, text: '20GB' }, whenFull: 'thin' },
    stateDir: '/var/lib/elsewhere',
    vaults: [
      {
        endpoint: 'https://s3.example',
        forcePathStyle: true,
        credentials: { kind: 'profile', profile: 'mirror' },
        expiresAfterMs: 400 * 86_400_000,
      },
      {
        endpoint: 'http://10.0.0.1:9000',
        forcePathStyle: false,
        credentials: { kind: 'file', file: '/etc/key', profile: 'default' },
      },
    ],
    downloads: {
      limitBytesPerSecond: 8e6,
      timetable: [{ window: { startMinute: 1320, endMinute: 360 }, limitBytesPerSecond: null }],
      idleTimeoutMs: 120_000,
    },
    series: [
      {
        match: { literalPrefix: 'web1/' },
        expectEveryMs: 86_400_000,
        keep: { last: 7, daily: 0, withinMs: 30 * 86_400_000 },
        versions: true,
      },
      { expectEveryMs: null, keep: null, versions: false },
    ],
    retention: { announceMs: 2 * 86_400_000 },
    status: { listen: { text: '[::1]:80', host: '::1', port: 80, loopback: true }, hosts: ['pi.local'], login: 'off' },
    alerts: {
      ntfy: { url: 'https://ntfy.sh/topic', tokenFile: null },
      webhook: { tokenFile: '/etc/w' },
      healthchecks: { url: 'https://hc.example/1' },
      email: { to: ['d@e.f'], user: 'a' },
    },
  });
});

t.test('all mistakes at once, each with its place, in the order of the file', async (t) => {
  const text = `
timezone: UTC
stor: 1
store: { path: srv, minfree: 5% }
vaults:
  - name: web
    bukket: x
series:
  - { name: a, vault: wob, match: "{dat}" }
retention:
  announce: 24
timezone: UTC
`;
  t.same(mistakes(text), [
    '3:1 stor: unknown key; the nearest known one is "store"',
    '4:16 store.path: "srv" is not an absolute path; it must begin with "/"',
    '4:21 store.minfree: unknown key; the nearest known one is "minFree"',
    '6:5 vaults[0].bucket: is missing',
    '7:5 vaults[0].bukket: unknown key; the nearest known one is "bucket"',
    '9:23 series[0].vault: no vault is called "wob"; the nearest one is "web"',
    '9:35 series[0].match: {dat} is not known; the nearest token is {date}',
    '11:13 retention.announce: must be a duration such as 24h or 30d',
    '12:1 timezone: this key occurs twice; the earlier one would be lost',
  ]);
});

t.test('the error names file, line and column', async (t) => {
  try {
    parseConfig({ text: `${MINIMAL}shedule: "* * * * *"\nstatsu: {}\n`, file: '/etc/pullmirror/config.yaml' });
    t.fail('accepted');
  } catch (error) {
    t.ok(isAppError(error, 'CONFIG_INVALID'));
    t.match(error, {
      message:
        '/etc/pullmirror/config.yaml:4:1: shedule: unknown key; the nearest known one is "schedule"\n' +
        '/etc/pullmirror/config.yaml:5:1: statsu: unknown key; the nearest known one is "status"',
    });
  }
});

t.test('a message is one line, whatever the file holds', async (t) => {
  const text = MINIMAL.replace('name: web', 'name: "a\\n\\e[31m"');
  t.throws(() => parseConfig({ text, file: 'c.yaml' }), {
    message: /^c\.yaml:3:13: vaults\[0\]\.name: "a\\x0a\\x1b\[31m" is not a name[^\n]*$/,
  });
});

t.test('unknown keys', async (t) => {
  const nearest: [string, RegExp][] = [
    ['min_free: 5%', /known as store\.minFree/],
    ['downloads: { Concurrency: 3 }', /"concurrency"/],
    ['downloads: { limits: 8MB/s }', /"limit"/],
    ['alerts: { mail: x }', /"email"/],
    ['alerts: { ntfy: { urll: "https://x.y" } }', /"url"/],
    ['retention: { keep: 3 }', /known as series\.keep/],
    ['zzz: 1', /nearest known one is/],
  ];
  for (const [text, words] of nearest)
    t.match(
      mistakes(MINIMAL + text).find((line) => line.includes('unknown key')),
      words,
      text,
    );
});

t.test('what is not YAML', async (t) => {
  const cases: [string, RegExp][] = [
    ['schedule: */15 * * * *', /^4:16 : not YAML: .*quotes/],
    ['schedule: *fifteen', /^4:11 : refers to something that is not there; .*quotes/],
    ['series: [{ name: a, match: {date}.tar }]', /^4:\d+ : not YAML: .*quotes/],
    ['status:\n\tlisten: x', /^5:1 : a tab/],
    ['status: "x', /not YAML/],
    ['---\na: 1', /^4:1 : .*second document/],
    ['schedule: !secret x', /^4:11 /],
  ];
  for (const [text, words] of cases) t.match(mistakes(MINIMAL + text)[0], words, text);
  t.equal(mistakes(`${MINIMAL}schedule: */15 * * * *`).length, 1, 'one slip, one mistake');
  for (const text of ['', '# nothing\n', '---\n'])
    t.match(mistakes(text), [/is empty; store\.path and vaults are needed/]);
  t.match(mistakes('just words'), [/must be a group of settings, not text/]);
  t.match(mistakes('- a\n'), [/not a list/]);
});

t.test('sections whose every line is commented out are left out', async (t) => {
  t.ok(minimal('series:\nalerts:\nstatus:\ndownloads:\nretention:\n').ok);
  t.match(mistakes('store:\nvaults:\n'), [/1:1 store: has no value/, /2:1 vaults: has no value/]);
  t.match(mistakes(`${MINIMAL}schedule:\n`), [/4:1 schedule: has no value/]);
});

t.test('anchors are YAML too', async (t) => {
  const text = `${MINIMAL}series:
  - { name: a, vault: web, match: "a/{date}", keep: &keep { last: 0 } }
  - { name: b, vault: web, match: "b/{date}", keep: *keep }`;
  t.match(mistakes(text), [/5:\d+ series\[0\]\.keep: keeps nothing/, /6:\d+ series\[1\]\.keep: keeps nothing/]);
  t.ok(checkConfig({ text: text.replace('last: 0', 'last: 1'), file: 'c' }).ok);
});

t.test('secrets are refused and never repeated', async (t) => {
  const secret = 'wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY';
  const keyId = 'AKIAIOSFODNN7EXAMPLE';
  const vault = (more: string) =>
    `store: { path: /srv/archive }\nvaults:\n  - { name: web, bucket: example-vault, ${more} }\n`;
  const cases = [
    vault(`access_key: ${secret}`),
    vault(`secret: ${secret}`),
    vault(`accessKeyId: ${keyId}`),
    vault(`credentials: { aws_secret_access_key: ${secret} }`),
    vault(`credentials: { profile: ${keyId} }`),
    vault(`credentials: ${keyId}`),
    vault(`endpoint: "https://user:${secret}@s3.example"`),
    vault(`other: { nested: [{ secretKey: ${secret} }] }`),
    `${MINIMAL}alerts: { email: { smtp: "smtp://m.example:25", from: a@b.c, to: d@e.f, password: ${secret} } }`,
    `${MINIMAL}alerts: { ntfy: { url: "https://ntfy.sh/x", token: ${secret} } }`,
  ];
  for (const text of cases) {
    const found = mistakes(text).join('\n');
    t.match(found, /never keys in this file/, text);
    t.notMatch(found, secret);
    t.notMatch(found, keyId);
  }
  t.notMatch(mistakes(`${MINIMAL}schedule: "x\nsecret: ${secret}`).join('\n'), secret, 'not by a syntax error either');
  t.notMatch(mistakes(`${MINIMAL}secret: "${secret}\\q"`).join('\n'), secret);
});

t.test('values that make no sense are refused', async (t) => {
  const vault = (more: string) =>
    `store: { path: /srv/archive }\nvaults:\n  - { name: web, bucket: example-vault, ${more} }\n`;
  const named = (name: string) =>
    `store: { path: /srv/archive }\nvaults:\n  - { name: ${JSON.stringify(name)}, bucket: example-vault }\n`;
  const cases: [string, RegExp][] = [
    ...['.pullmirror', 'readme.txt', 'RESTORE.SH', 'index.html', 'Lost+Found'].map((name): [string, RegExp] => [
      named(name),
      /vaults\[0\]\.name: .*(kept for|is not a name)/,
    ]),
    ...['', 'a/b', '..', '-a', 'ä', 'a b', 'x'.repeat(64), 'a\n'].map((name): [string, RegExp] => [
      named(name),
      /vaults\[0\]\.name: .*is not a name/,
    ]),
    [vault('prefix: /web1'), /vaults\[0\]\.prefix: begins with/],
    [vault('endpoint: s3.example'), /vaults\[0\]\.endpoint: is not a URL/],
    [vault('endpoint: "ftp://s3.example"'), /vaults\[0\]\.endpoint: is not a URL/],
    [vault('credentials: {}'), /needs a profile or a file/],
    [vault('credentials: { file: ~/.aws/credentials }'), /"~"/],
    [vault('expiresAfter: 400'), /duration/],
    [MINIMAL.replace('example-vault', 's3://example-vault'), /vaults\[0\]\.bucket: .*without s3/],
    ['store: { path: /srv/archive }\nvaults: []\n', /vaults: needs at least one entry/],
    [`${MINIMAL}timezone: Europe/Berln`, /nearest one is Europe\/Berlin/],
    [`${MINIMAL}timezone: +01:00`, /not a timezone/],
    [`${MINIMAL}schedule: "* * *"`, /schedule: .*cron/],
    [`${MINIMAL}schedule: "61 * * * *"`, /schedule: .*cron/],
    [`${MINIMAL}schedule: 15`, /schedule: must be a cron/],
    [`${MINIMAL}downloads: { concurrency: 0 }`, /at least 1/],
    [`${MINIMAL}downloads: { ranges: 1.5 }`, /whole number/],
    [`${MINIMAL}downloads: { limit: 8Mbit/s }`, /bits/],
    [`${MINIMAL}downloads: { timetable: { "1:00-6:00": unlimited } }`, /4:27 .*daily window/],
    [`${MINIMAL}downloads: { timetable: { "01:00-06:00": unlimited, "05:00-07:00": 1MB/s } }`, /overlaps 01:00-06:00/],
    [`${MINIMAL}downloads: { timetable: { "22:00-06:00": unlimited, "05:59-07:00": 1MB/s } }`, /overlaps/],
    [`${MINIMAL}downloads: { idleTimeout: 0s }`, /least is 1s/],
    [`${MINIMAL}downloads: { idleTimeout: 2h }`, /most is 1h/],
    [`${MINIMAL}retention: { announce: 10m }`, /least is 1h/],
    [`${MINIMAL}retention: { scrubWindow: "02:00-02:00" }`, /same minute/],
    [`${MINIMAL}status: { listen: 8420 }`, /must be text/],
    [`${MINIMAL}status: { listen: "pi:8420" }`, /address to listen on/],
    [`${MINIMAL}status: { listen: "127.0.0.1:99999" }`, /address to listen on/],
    [`${MINIMAL}status: { hosts: ["http://pi"] }`, /not a host name/],
    [`${MINIMAL}status: { login: false }`, /must be on or off/],
    [`${MINIMAL}status: { login: off, listen: "0.0.0.0:8420" }`, /status\.login: off is allowed only/],
    [`${MINIMAL}alerts: { email: { smtp: "smtp://m", from: a@b.c, to: d@e.f, user: u } }`, /belong together/],
    [`${MINIMAL}alerts: { email: { smtp: "smtp://m", from: "a@b.c\\nBcc: x@y.z", to: d@e.f } }`, /not an e-mail/],
    [`${MINIMAL}state: /srv/archive/state`, /state: lies inside the store/],
    [`${MINIMAL}state: /srv//archive/`, /store\.path: is the state directory too/],
    [MINIMAL.replace('/srv/archive', '/var/lib/pullmirror/store'), /store\.path: lies inside the state directory/],
    [MINIMAL.replace('/srv/archive', '/'), /root of the whole system/],
    [MINIMAL.replace('/srv/archive', '/srv/../etc'), /"\.\."/],
    [MINIMAL.replace('/srv/archive', '~/archive'), /not expanded/],
    [`${MINIMAL}  - { name: WEB, bucket: other }`, /vaults\[1\]\.name: .*vaults\[0\] already/],
  ];
  for (const [text, words] of cases) t.match(mistakes(text).join('\n'), words, words.source);
});

t.test('series are compared with vaults and with each other', async (t) => {
  const base =
    'store: { path: /srv/archive }\nvaults:\n  - { name: web, bucket: example-vault, prefix: web1/ }\nseries:\n';
  const one = (more: string) => `${base}  - { name: a, vault: web, match: "web1/{date}", ${more} }\n`;
  const cases: [string, RegExp][] = [
    [one('keep: { last: 0, daily: 0 }'), /series\[0\]\.keep: keeps nothing/],
    [one('keep: {}'), /series\[0\]\.keep: keeps nothing/],
    [one('keep: { last: -1 }'), /at least 0/],
    [one('expectEvery: 5s'), /least is 1m/],
    [`${one('')}  - { name: A, vault: web, match: "web1/x" }`, /series\[1\]\.name: .*series\[0\] already/],
    [`${one('')}  - { name: b, vault: web, match: "web1/{date}" }`, /series\[1\]\.match: never matches: series\[0\]/],
    [`${base}  - { name: a, vault: web, match: "web2/{date}" }`, /never matches: .*below "web1\/"/],
    [`${base}  - { name: a, vault: web, match: "web" }`, /never matches/],
    [`${base}  - { name: a, vault: web, match: "web1/a.{part}", versions: true }`, /series\[0\]\.versions: .*as sets/],
    [`${base}  - { name: a, vault: web, match: {date} }`, /series\[0\]\.match: must be text in quotes/],
    [`${base}  - { name: a, match: "web1/{date}" }`, /series\[0\]\.vault: is missing/],
  ];
  for (const [text, words] of cases) t.match(mistakes(text).join('\n'), words, words.source);
  t.equal(
    mistakes(one('keep: { dayly: 3 }')).length,
    1,
    'a misspelt rule is one mistake, not also a group without rules',
  );
  t.ok(checkConfig({ text: `${base}  - { name: a, vault: web, match: "*/{date}" }`, file: 'c' }).ok);
});
