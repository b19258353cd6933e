import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import t, { type Test } from 'tap';
import type { PassReport } from '../../src/core/pass-report.ts';
import type { SeedObject } from '../../src/demo/s3-server/seed-objects.ts';
import type { ArchiveRow } from '../../src/store/catalog/archive-row.ts';
import { parseOutput, runProgram } from '../support/command-fixture.ts';
import { hostileKey } from '../support/hostile-keys.ts';
import { BUCKET, configText, createMirrorFixture, type MirrorFixture, VAULT } from '../support/mirror-fixture.ts';

/** Another one finds other things; this one is fixed so that a failure can be looked at. */
const SEED = 20_261_121;
const MAX_KEY_BYTES = 1024;
/** From the deepest folder of the store so many `..` still end inside the directory that is compared. */
const DEPTH = 12;
/** An absolute key that is taken by its word lands here. */
const ABSOLUTE = '/pullmirror-hostile-key';

/** What the generator might not hit upon. */
const PICKED = [
  ...[
    '../up',
    '../../up',
    '../../../../../../../../up',
    'a/../../../up',
    'x/..',
    '..',
    '.',
    './a',
    'a/.',
    'a/./b',
    './',
    '../',
  ],
  ...[ABSOLUTE, `/${ABSOLUTE}`, '/', '//', '///', '/a', 'a//', 'a//b', 'trailing/', 'trailing', 'trailing//'],
  ...['.pullmirror/store.json', '.pullmirror/catalog.db', '.pullmirror', '.pullmirror/', `../.pullmirror/partial/x`],
  ...['SHA256SUMS', 'SHA256SUMS/x', 'SHA256SUMS%new', 'sha256sums', '-', '--help', 'lost+found', 'lost+found/x'],
  ...['file', 'file/under', 'file/under/it', 'file%d', 'file%d/under', 'file%f', 'file/', 'file//'],
  ...[
    '%',
    '%%',
    '%2',
    '%2F',
    '%2f',
    '%25',
    '%252F',
    '%zz',
    '%00',
    'a%2Fb',
    'a+b',
    'a b',
    'a%20b',
    'a%v-0123abcd',
    'a%v-0123abcd-2',
  ],
  ...[
    'new\nline',
    'new\\nline',
    '\\',
    '\\n',
    'back\\slash',
    'cr\rlf\r\n',
    'tab\t',
    'a\u0000b',
    '\u0000',
    '\u001b]0;title\u0007',
  ],
  ...['caf\u00e9', 'cafe\u0301', '\u212b', '\u00c5', 'A\u030a', 'case', 'CASE', 'Case', '\u0130', 'i\u0307'],
  ...[
    '$(touch x)',
    '`touch x`',
    '; rm -rf ~',
    "'; --",
    '"',
    '| tee x',
    '> x',
    '*',
    '?',
    '~',
    '~root',
    '$IFS',
    '!!',
    '&',
    '#',
    'a#b',
    'a?b=c',
  ],
  ...[
    '?versionId=null',
    '?uploads',
    'a&b',
    'a;b',
    'a:b',
    'a=b',
    'a,b',
    '@',
    'x-amz-meta',
    '<Key>',
    '</Key>',
    '&amp;',
    ']]>',
  ],
  ...[
    'n'.repeat(255),
    'n'.repeat(256),
    'n'.repeat(1024),
    'n'.repeat(1023),
    `${'d/'.repeat(511)}xx`,
    '/'.repeat(1024),
    '../'.repeat(341),
  ],
  ...[
    '\u0001'.repeat(1024),
    '%'.repeat(1024),
    '\u00e9'.repeat(512),
    '\u{1F600}'.repeat(256),
    `${'n'.repeat(254)}/${'n'.repeat(254)}`,
  ],
];

/** No UTF-8: a stray byte, half a character, an overlong `../`, half a surrogate pair, a character beyond the last. */
const NO_TEXT = ['ff', '612f80', '61c328', 'c0aec0ae2f7570', 'eda080', 'f4908080'].map((hex) =>
  Buffer.from(hex, 'hex'),
);

const textOf = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Distinct keys as S3 would store them: UTF-8 of at most 1,024 bytes. */
function hostileKeys(count: number): string[] {
  const generated = fc.sample(hostileKey, { numRuns: 3 * count, seed: SEED });
  // A key, its folder, and what lies below it: each a file somewhere, and a folder somewhere else.
  const related = generated.slice(0, count / 10).flatMap((key) => [dirname(key), `${key}/below`, `${key}/`]);
  const keys = new Set<string>();
  for (const key of [...PICKED, ...related, ...generated]) {
    const bytes = Buffer.from(key);
    if (bytes.length > 0 && bytes.length <= MAX_KEY_BYTES) keys.add(textOf.decode(bytes));
    if (keys.size === count) break;
  }
  if (keys.size < count) throw new Error(`only ${keys.size} keys`);
  return [...keys];
}

const sha256 = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');
const bodyOf = (key: string, version = 1): string => `version ${version} of ${JSON.stringify(key)}`;

/** A vault whose store lies deep below `outer`, so that whatever climbs out of it is seen there. */
async function createDeepFixture(t: Test, versioned: boolean): Promise<{ outer: string; fixture: MirrorFixture }> {
  const outer = mkdtempSync(join(tmpdir(), 'pullmirror-hostile-'));
  const root = join(outer, ...Array.from({ length: DEPTH }, (_, n) => String(n)));
  mkdirSync(root, { recursive: true });
  const fixture = await createMirrorFixture({ versioned, root });
  t.teardown(async () => {
    await fixture.close();
    rmSync(outer, { recursive: true });
  });
  return { outer, fixture };
}

/** Everything below `dir` with what would show a write, except the folder of the vault. */
function surroundings(outer: string, fixture: MirrorFixture): string[] {
  const left = [fixture.open.store.vaultDir(VAULT), join(fixture.dir, 's3')];
  // The catalog is written, and SQLite keeps files beside it.
  const changing = /\/\.pullmirror\/(catalog\.db(-wal|-shm)?|partial)$|\/store$/;
  const seen: string[] = [];
  const walk = (path: string): void => {
    if (left.includes(path)) return;
    const facts = lstatSync(path);
    seen.push(changing.test(path) ? path : `${path} ${facts.mode} ${facts.size} ${facts.mtimeMs}`);
    if (facts.isDirectory()) for (const name of readdirSync(path).sort()) walk(join(path, name));
  };
  walk(outer);
  return seen;
}

/** Path below the vault's folder, and what a stat says, of every file there. Names are bytes: not all filesystems of a disk hold only text. */
function filesOf(fixture: MirrorFixture): Map<string, string> {
  const files = new Map<string, string>();
  const walk = (folder: string, below: string): void => {
    for (const name of readdirSync(folder, { encoding: 'buffer' })) {
      const path = `${below}${name.toString('latin1')}`;
      const absolute = Buffer.concat([Buffer.from(`${folder}/`), name]);
      const facts = lstatSync(absolute);
      if (facts.isDirectory()) walk(absolute.toString(), `${path}/`);
      else files.set(path, `${facts.isFile()} ${facts.ino} ${facts.nlink} ${facts.size} ${facts.mtimeMs}`);
    }
  };
  walk(fixture.open.store.vaultDir(VAULT), '');
  return files;
}

const asBytes = (text: string): string => Buffer.from(text).toString('latin1');

function storedRows(fixture: MirrorFixture): ArchiveRow[] {
  const rows: ArchiveRow[] = [];
  for (let page = rows; ; rows.push(...page)) {
    page = fixture.catalog.archives.page({ vault: VAULT, storedOnly: true }, rows.at(-1) ?? null, 1000);
    if (page.length === 0) return rows;
  }
}

/** All that the pass promises of one set of objects, after it. */
function assertMirrored(
  t: Test,
  fixture: MirrorFixture,
  report: PassReport,
  bodies: ReadonlyMap<string, string[]>,
): void {
  const [vault] = report.vaults;
  t.equal(report.stopped, null);
  t.equal(vault?.problem, null);
  const versions = [...bodies.values()].reduce((sum, own) => sum + own.length, 0);
  t.strictSame(
    vault?.failures.map(({ key, code }) => [key, code]).sort(),
    NO_TEXT.map((bytes) => [percentEncoded(bytes), 'VAULT_KEY_UNREADABLE']).sort(),
    'what is no text is named, and nothing else failed',
  );
  const rows = storedRows(fixture);
  t.equal(rows.length, versions);
  const wrong: string[] = [];
  const found = new Map<string, string[]>();
  for (const { key, path, sha256: recorded } of rows) {
    const content = readFileSync(fixture.open.store.resolve(VAULT, path ?? ''), 'utf8');
    if (recorded !== sha256(content)) wrong.push(`${JSON.stringify(key)} at ${JSON.stringify(path)}`);
    found.set(key, [...(found.get(key) ?? []), content].sort());
  }
  t.strictSame(wrong, []);
  const missing = [...bodies].filter(([key, own]) => JSON.stringify(found.get(key)) !== JSON.stringify(own));
  t.strictSame(missing, [], 'every key has the contents of the vault');
  const files = filesOf(fixture);
  t.strictSame(
    [...files.keys()].sort(),
    ['SHA256SUMS', ...rows.map(({ path }) => asBytes(path ?? ''))].sort(),
    'a file for each archive, and no others',
  );
  t.equal(new Set([...files.values()]).size, files.size, 'no two are the same file');
  t.ok(
    [...files.values()].every((facts) => facts.startsWith('true ')),
    'plain files, no links',
  );
}

/** As a failure names a key that cannot be written as text. */
function percentEncoded(bytes: Uint8Array): string {
  return [...bytes]
    .map((byte) =>
      /[A-Za-z0-9\-._*/]/.test(String.fromCharCode(byte))
        ? String.fromCharCode(byte)
        : `%${byte.toString(16).toUpperCase()}`,
    )
    .join('');
}

async function assertSumsPass(t: Test, fixture: MirrorFixture, archives: number): Promise<void> {
  const { stdout, stderr } = await promisify(execFile)('sha256sum', ['--check', '--strict', 'SHA256SUMS'], {
    cwd: fixture.open.store.vaultDir(VAULT),
    env: { ...process.env, LC_ALL: 'C.UTF-8' },
    maxBuffer: 64 * 1024 * 1024,
  });
  t.equal(stderr, '', 'sha256sum understood every line');
  t.equal(stdout.match(/: OK$/gm)?.length, archives);
}

/** The keys that `list` names, as a program reads them. */
async function listedKeys(fixture: MirrorFixture): Promise<string[]> {
  const config = join(fixture.dir, 'config.yaml');
  writeFileSync(config, configText(fixture.dir, fixture.server.url, ''));
  const { status, stdout, stderr } = await runProgram(['--config', config, 'list', '--json'], {});
  rmSync(config);
  if (status !== 0) throw new Error(stderr);
  return parseOutput('list', stdout).archives.map(({ key }) => key);
}

const seeds = (bodies: ReadonlyMap<string, readonly string[]>): SeedObject[] => [
  ...[...bodies].flatMap(([key, own]) => own.map((body) => ({ key, body }))),
  ...NO_TEXT.map((key) => ({ key, body: 'no text' })),
];

t.test(`500 hostile keys, seed ${SEED}`, async (t) => {
  const { outer, fixture } = await createDeepFixture(t, false);
  const bodies = new Map(hostileKeys(500).map((key) => [key, [bodyOf(key)]]));
  fixture.server.seed(BUCKET, [...seeds(bodies), { key: 'only-a-folder/', body: '' }]);
  t.comment(`seed ${SEED}, ${bodies.size} keys`);
  const before = surroundings(outer, fixture);

  assertMirrored(t, fixture, await fixture.pass(), bodies);
  t.strictSame(surroundings(outer, fixture), before, 'nothing was written beside the folder of the vault');
  t.notOk(existsSync(ABSOLUTE));
  await assertSumsPass(t, fixture, bodies.size);
  t.strictSame((await listedKeys(fixture)).sort(), [...bodies.keys()].sort(), '`list` gives every key back');

  const files = filesOf(fixture);
  const changes = fixture.catalog.changeCount();
  const again = await fixture.pass();
  t.match(again, { stopped: null, vaults: [{ problem: null, downloaded: 0, newArchives: 0, adopted: 0 }] });
  t.equal(again.vaults[0]?.failures.length, NO_TEXT.length);
  t.strictSame(filesOf(fixture), files, 'the second pass changes no file');
  t.equal(fixture.catalog.changeCount(), changes, 'and no row');
});

t.test('hostile keys with two versions each', async (t) => {
  const { outer, fixture } = await createDeepFixture(t, true);
  const bodies = new Map(hostileKeys(150).map((key) => [key, [bodyOf(key), bodyOf(key, 2)]]));
  fixture.server.seed(BUCKET, seeds(bodies));
  const before = surroundings(outer, fixture);

  assertMirrored(t, fixture, await fixture.pass(), bodies);
  t.strictSame(surroundings(outer, fixture), before);
  await assertSumsPass(t, fixture, 2 * bodies.size);
  const files = filesOf(fixture);
  t.match(await fixture.pass(), { vaults: [{ downloaded: 0, newArchives: 0, adopted: 0 }] });
  t.strictSame(filesOf(fixture), files);
});
