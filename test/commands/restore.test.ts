import { createHash } from 'node:crypto';
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { createCommandFixture, DAY, parseOutput } from '../support/command-fixture.ts';

const fixture = createCommandFixture();
t.teardown(() => fixture.remove());
const t0 = Date.parse('2026-11-18T03:00:00Z');

const [old, mid, newest] = fixture.store(
  { key: 'web1/2026-11-18.tar.gz.gpg', content: 'eighteen', series: 'files', lastModifiedMs: t0 },
  { key: 'web1/2026-11-19.tar.gz.gpg', content: 'nineteen', series: 'files', lastModifiedMs: t0 + DAY },
  { key: 'web1/2026-11-20.tar.gz.gpg', content: 'twenty', series: 'files', lastModifiedMs: t0 + 2 * DAY },
);
const [v1, v2] = fixture.store(
  { key: 'web2/db.gpg', content: 'first', versionId: 'v1', lastModifiedMs: t0 },
  { key: 'web2/db.gpg', content: 'second', versionId: 'v2', lastModifiedMs: t0 + DAY, path: 'web2/db.gpg%v2' },
);
const [damaged] = fixture.store({ key: 'web3/2026-11-20.tar.gz.gpg', content: 'x'.repeat(3_000_000) });
const big = Buffer.alloc(3_500_000, 'pullmirror');
fixture.store({ key: 'web4/big.gpg', content: big });
if (
  old === undefined ||
  mid === undefined ||
  newest === undefined ||
  v1 === undefined ||
  v2 === undefined ||
  damaged === undefined
)
  throw new Error('the fixture is incomplete');

const leftovers = () => readdirSync(fixture.dir).filter((name) => name.startsWith('.pullmirror'));

t.test('the newest of a series, to the current directory, with its time', async (t) => {
  const { status, stdout, stderr } = await fixture.run(['restore', '--series', 'files', '--latest']);
  t.equal(status, 0, stderr);
  const file = join(fixture.dir, '2026-11-20.tar.gz.gpg');
  t.equal(readFileSync(file, 'utf8'), 'twenty');
  t.equal(statSync(file).mtimeMs, t0 + 2 * DAY);
  t.match(stdout, /right when read and right when read back/);
  t.same(leftovers(), []);
});

t.test('never over a file untold, and with --force atomically', async (t) => {
  const file = join(fixture.dir, 'mine.gpg');
  writeFileSync(file, 'precious');
  const first = await fixture.run(['restore', newest.key, '--to', file]);
  t.equal(first.status, 1);
  t.match(first.stderr, /mine\.gpg exists already/);
  t.match(first.stderr, /next: .*--force/);
  t.equal(readFileSync(file, 'utf8'), 'precious');
  const forced = await fixture.run(['restore', newest.key, '--to', file, '--force', '--json']);
  t.equal(forced.status, 0, forced.stderr);
  t.match(parseOutput('restore', forced.stdout), {
    key: newest.key,
    sizeBytes: 6,
    destination: file,
    sha256: newest.sha256,
    warnings: [],
  });
  t.equal(readFileSync(file, 'utf8'), 'twenty');
  t.same(leftovers(), []);
});

t.test('what is meant by a name, a time, a version', async (t) => {
  const content = async (...args: string[]) => (await fixture.run(['restore', '--stdout', ...args])).stdout;
  const answers = await Promise.all([
    content('2026-11-19.tar.gz.gpg'),
    content('--series', 'files', '--at', '2026-11-19'),
    content('--series', 'files', '--at', '2026-11-19T02:59:59Z'),
    content('web2/db.gpg'),
    content('db.gpg', '--at', '2026-11-18'),
    content('--archive', String(v1.id)),
    content(join(fixture.storeDir, 'web/web2/db.gpg%v2')),
  ]);
  t.same(answers, ['nineteen', 'nineteen', 'eighteen', 'second', 'first', 'first', 'second']);
});

t.test('a name that fits several names them', async (t) => {
  const { status, stderr } = await fixture.run(['restore', 'tar.gz.gpg']);
  t.equal(status, 1);
  t.match(stderr, /could be any of: web\/web1\/2026-11-18/);
});

t.test('a damaged file is never given back', async (t) => {
  for (const [row, ruin] of [
    [damaged, (file: string) => truncateSync(file, 1000)],
    [newest, (file: string) => writeFileSync(file, 'tWenty')],
  ] as const) {
    const file = fixture.fileOf(row);
    chmodSync(file, 0o640);
    ruin(file);
    const to = join(fixture.dir, 'never');
    const [answer, streamed] = await Promise.all([
      fixture.run(['restore', row.key, '--to', to, '--json']),
      fixture.run(['restore', row.key, '--stdout']),
    ]);
    t.equal(answer.status, 3);
    const { error } = parseOutput('error', answer.stdout);
    t.equal(error.code, 'ARCHIVE_DAMAGED');
    t.notOk(existsSync(to));
    t.equal(streamed.status, 3);
    t.equal(streamed.stdout, '', 'checked before a byte is given out');
    if (row === newest)
      t.match(error.hint, new RegExp(`2026-11-19.tar.gz.gpg \\(archive ${mid.id}\\)`), 'names another one');
  }
  t.same(leftovers(), []);
});

t.test('--latest passes over what is known to be damaged, and says so', async (t) => {
  fixture.edit((catalog) => catalog.archives.recordDamaged(newest.id, Date.now()));
  const { status, stdout, stderr } = await fixture.run(['restore', '--series', 'files', '--latest', '--stdout']);
  t.equal(status, 0, stderr);
  t.equal(stdout, 'nineteen');
  t.match(stderr, /2026-11-20\.tar\.gz\.gpg \(archive \d+\) is newer, but it is damaged/);
});

t.test('more than one piece goes through a pipe whole', async (t) => {
  const { stdout } = await fixture.run(['restore', 'big.gpg', '--stdout']);
  t.ok(stdout === big.toString());
  const cut = await fixture.run(['restore', 'big.gpg', '--stdout'], {
    meanwhile: (child) => child.stdout?.once('data', () => child.stdout?.destroy()),
  });
  t.equal(cut.status, 1, 'a reader that leaves has not got the archive');
  t.notMatch(cut.stderr, /INTERNAL|EPIPE/);
});

t.test('what cannot be: no archive, no destination, inside the store, no wish', async (t) => {
  const answers = await Promise.all([
    fixture.run(['restore', 'nothing-like-it']),
    fixture.run(['restore', old.key, '--to', '/nonexistent/x']),
    fixture.run(['restore', old.key, '--to', join(fixture.storeDir, 'web')]),
    fixture.run(['restore']),
    fixture.run(['restore', '--series', 'flies', '--latest']),
    fixture.run(['restore', old.key, '--stdout', '--to', '/tmp']),
  ]);
  t.same(
    answers.map(({ status }) => status),
    [1, 1, 1, 2, 2, 2],
  );
  t.match(answers[2]?.stderr, /inside the store/);
  t.match(answers[4]?.stderr, /Configured are: files, sql/);
});

t.test('while a pass holds the store', async (t) => {
  const { openStoreForWriting } = await import('../../src/store/open-store.ts');
  const opened = openStoreForWriting({ path: fixture.storeDir, expectedStoreId: null, nowMs: Date.now() });
  t.teardown(() => opened.close());
  t.equal((await fixture.run(['restore', old.key, '--stdout'])).stdout, 'eighteen');
});

t.test('an archive in conflict is given back with a warning that names the other', async (t) => {
  const key = 'web5/2026-11-20.tar.gz.gpg';
  const [genuine] = fixture.store({ key, content: 'genuine', versionId: 'v1', lastModifiedMs: t0 });
  const body = { key, sizeBytes: 6, etag: 'x', storageClass: 'STANDARD' };
  const listed = { ...body, versionId: 'v2', lastModifiedMs: t0 + DAY };
  const forged = fixture.edit(({ archives }) => {
    const id = archives.insert('web', { listed, series: null, state: 'wanted', reason: null, conflict: true }, t0);
    const sha256 = createHash('sha256').update('forged').digest('hex');
    archives.recordStored(
      { id, path: `${key}%v-2`, sha256, proof: 'etag-md5', suspect: null, clearsConflict: false, isConflict: false },
      t0,
    );
    return id;
  });
  writeFileSync(join(fixture.storeDir, 'web', `${key}%v-2`), 'forged');
  const { status, stderr } = await fixture.run(['restore', key, '--to', join(fixture.dir, 'newest-of-two')]);
  t.equal(status, 0, stderr);
  t.match(
    stderr,
    `(archive ${forged}) is in conflict: its key was known with other content; that is kept, too: --archive ${genuine?.id}`,
  );
  const json = await fixture.run(['restore', key, '--to', join(fixture.dir, 'once-more'), '--json']);
  t.match(parseOutput('restore', json.stdout).warnings, [/is in conflict: .* --archive \d+$/]);
  const other = await fixture.run(['restore', '--archive', `${genuine?.id}`, '--to', join(fixture.dir, 'the-other')]);
  t.equal(other.status, 0, other.stderr);
  t.notMatch(other.stderr, /conflict/);
  t.equal(readFileSync(join(fixture.dir, 'the-other'), 'utf8'), 'genuine');
});

t.test('what left the vault is given back with a warning, for programs too', async (t) => {
  const [gone] = fixture.store({ key: 'web6/gone.gpg', content: 'gone', lastModifiedMs: t0 });
  fixture.edit(({ archives }) => archives.markGone(gone?.id ?? 0, t0 + DAY));
  const to = join(fixture.dir, 'gone');
  const { status, stdout, stderr } = await fixture.run(['restore', 'web6/gone.gpg', '--to', to, '--json']);
  t.equal(status, 0, stderr);
  t.match(parseOutput('restore', stdout).warnings, [/gone\.gpg \(archive \d+\): it left the vault, and no expiry/]);
  t.match(stderr, /^pullmirror: careful, .* it left the vault/);
});

t.test(
  '--latest gives what `status` calls the newest: no replacement of an older one, acknowledged or not',
  async (t) => {
    const series = 'sql';
    const [genuine] = fixture.store({ key: 'web7/2026-11-19.sql', content: 'genuine', series, lastModifiedMs: t0 });
    const [junk] = fixture.store({
      ...{
        key: 'web7/2026-11-12.sql',
        path: 'web7/2026-11-12.sql%v2',
        content: 'junk',
        series,
        lastModifiedMs: t0 + DAY,
      },
      conflict: true,
    });
    const [late] = fixture.store({
      key: 'web7/2026-11-18.sql',
      content: 'late',
      series,
      seenAtMs: t0,
      lastModifiedMs: Date.now() + 999 * DAY,
    });
    if (!genuine || !junk || !late) throw new Error('the fixture is incomplete');
    for (const acknowledged of [false, true]) {
      if (acknowledged) fixture.edit(({ attention }) => attention.acknowledgeConflict(junk.id, t0 + DAY));
      const latest = await fixture.run(['restore', '--series', series, '--latest', '--stdout']);
      t.equal(latest.stdout, 'genuine', latest.stderr);
      t.match(latest.stderr, `(archive ${junk.id}) is newer, but it replaced an older one under the same key`);
      t.match(
        latest.stderr,
        new RegExp(`\\(archive ${late.id}\\) is newer, but the vault dates it 20.*, which had not come`),
      );
      const then = await fixture.run([
        'restore',
        '--series',
        series,
        '--at',
        new Date(t0 + 2 * DAY).toISOString(),
        '--stdout',
      ]);
      t.equal(then.stdout, 'genuine');
      const named = await fixture.run(['restore', '--archive', `${junk.id}`, '--stdout']);
      t.match(
        [named.stdout, named.stderr],
        ['junk', /careful, .* is in conflict: its key was known with other content/],
      );
    }
    t.match(parseOutput('status', (await fixture.run(['status', '--json'])).stdout).series, [
      {},
      { series, newest: new Date(t0).toISOString().replace('.000', '') },
    ]);
    fixture.edit(({ archives }) => archives.recordDamaged(genuine.id, t0));
    const none = await fixture.run(['restore', '--series', series, '--latest', '--stdout']);
    t.match([none.status, none.stdout], [1, '']);
    t.match(
      none.stderr,
      new RegExp(`counts as a backup of its time; the newest is .* \\(archive ${late.id}\\), but the vault`),
    );
    t.match(none.stderr, `next: If that one is meant, name it: \`pullmirror restore --archive ${late.id}\``);
  },
);
