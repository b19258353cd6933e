import t from 'tap';
import { openStoreForWriting } from '../../src/store/open-store.ts';
import { createCommandFixture, DAY, parseOutput } from '../support/command-fixture.ts';

const fixture = createCommandFixture();
t.teardown(() => fixture.remove());

const now = Date.now();
fixture.store({ key: 'web1/2026-11-20.tar.gz.gpg', content: 'a', series: 'files', lastModifiedMs: now - DAY / 2 });
const statusJson = async () => {
  const { status, stdout } = await fixture.run(['status', '--json']);
  return { exit: status, ...parseOutput('status', stdout) };
};

t.test('the owner freezes a series while a pass holds the store: shown, and no alarm', async (t) => {
  const pass = openStoreForWriting({ path: fixture.storeDir, expectedStoreId: null, nowMs: now });
  t.teardown(() => pass.close());
  const { status, stdout, stderr } = await fixture.run(['freeze', 'files', '--reason', 'moving house', '--json']);
  t.equal(status, 0, stderr);
  t.match(parseOutput('freeze', stdout).begun, [{ series: 'files', cause: 'owner', why: 'moving house' }]);
  const report = await statusJson();
  t.match(report, { exit: 0, verdict: 'good', attention: [] });
  t.match(report.series.find(({ series }) => series === 'files')?.frozen, [{ cause: 'owner', why: 'moving house' }]);
  t.match((await fixture.run(['status'])).stdout, /\nfiles: FROZEN \(owner\) since .*: moving house\n/);
});

t.test('frozen once more: what has come since is held, for the new reason', async (t) => {
  const [later] = fixture.store({
    key: 'web1/2026-11-21.tar.gz.gpg',
    content: 'b',
    series: 'files',
    lastModifiedMs: now - DAY / 3,
  });
  const { status, stdout } = await fixture.run(['freeze', 'files', '--reason', 'other words']);
  t.equal(status, 0);
  t.match(
    stdout,
    /^files was frozen already; .*\n {2}files: owner, since .*: other words; ends with `pullmirror release files`\n$/,
  );
  fixture.edit(({ freezes, history }) => {
    t.match(freezes.open(), [{ throughId: later?.id, reason: 'other words' }]);
    t.match(history.newest({ event: 'series' }, 1), [{ actor: 'owner', event: 'series.freeze-extended' }]);
  });
});

t.test('wrong usage', async (t) => {
  const refused: [args: string[], words: RegExp][] = [
    [['freeze', 'files'], /--reason is missing/],
    [
      ['freeze', 'flies', '--reason', 'x'],
      /no series is called flies\n.*Did you mean files\? Configured are: files, sql\./,
    ],
    [['release', 'files', '--all'], /exclude each other/],
  ];
  const answers = await Promise.all(refused.map(([args]) => fixture.run(args)));
  answers.forEach(({ status, stderr }, index) => {
    t.equal(status, 2);
    t.match(stderr, refused[index]?.[1]);
  });
});

t.test('odd sizes and bulk need a look, once each; what follows from an archive is told there', async (t) => {
  fixture.edit((catalog) => {
    const begin = (cause: 'sizes' | 'conflict' | 'failed') =>
      catalog.freezes.begin({ vault: 'web', series: 'files', cause, reason: `because of ${cause}` }, now);
    for (const cause of ['sizes', 'conflict', 'failed'] as const) begin(cause);
    const [row] = catalog.archives.ofKey('web', 'web1/2026-11-20.tar.gz.gpg');
    catalog.archives.recordDamaged(row?.id ?? 0, now);
  });
  const report = await statusJson();
  t.equal(report.exit, 3);
  t.match(report.attention, [
    { cause: 'damaged', count: 1, frozen: [{ cause: 'failed' }] },
    { cause: 'frozen', count: 1, archives: [], frozen: [{ series: 'files', cause: 'sizes' }] },
  ]);
  const { stdout } = await fixture.run(['status']);
  t.match(stdout, /^Needs you: .*1 damaged; 1 frozen;/);
  t.match(stdout, /DAMAGED on the disk: 1\n.*\n {2}until then nothing is removed of files\n/);
  t.match(
    stdout,
    /FROZEN, nothing of these series is removed: 1\n {2}files: because of sizes\n {2}next: .*release files --cause sizes/,
  );
});

t.test('released: one cause, all, and what is not frozen', async (t) => {
  const one = await fixture.run(['release', 'files', '--cause', 'sizes', '--reason', 'new photos', '--json']);
  t.match(parseOutput('release', one.stdout), { released: [{ cause: 'sizes' }], frozen: [{}, {}, {}] });
  t.match(
    (await fixture.run(['release', 'files', '--cause', 'sizes'])).stderr,
    /files is not frozen for the cause sizes/,
  );
  t.match(
    (await fixture.run(['release'])).stdout,
    /^Frozen, .*\n {2}files: owner, .*\n {2}files: conflict, .*\n {2}files: failed, /,
  );
  const all = await fixture.run(['release', '--all']);
  t.equal(all.status, 0);
  t.match(all.stdout, /^files: released \(it was frozen: owner\)\nfiles: released \(it was frozen: conflict\)\n/);
  const [again, list, history] = await Promise.all([
    fixture.run(['release', '--all']),
    fixture.run(['release']),
    fixture.run(['history', '--event', 'series', '--json']),
  ]);
  t.match(again, { status: 1, stderr: /no series is frozen/ });
  t.equal(list.stdout, 'Nothing is frozen.\n');
  const { events } = parseOutput('history', history.stdout);
  t.match(events.at(-1), {
    actor: 'owner',
    event: 'series.frozen',
    vault: 'web',
    detail: { series: 'files', reason: 'moving house' },
  });
  t.match(events.at(-3), {
    actor: 'owner',
    event: 'series.released',
    detail: { cause: 'sizes', because: 'the owner released it: new photos', reason: 'because of sizes' },
  });
});
