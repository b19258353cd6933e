import t from 'tap';
import { createCommandFixture, DAY, parseOutput } from '../support/command-fixture.ts';

const fixture = createCommandFixture();
t.teardown(() => fixture.remove());

const now = Date.now();
const [old, going, pinned] = fixture
  .store(
    ...[90, 3, 2, 1].map((days) => ({
      key: `web1/${days}.gpg`,
      content: `${days}`,
      series: 'files',
      lastModifiedMs: now - days * DAY,
    })),
  )
  .map(({ id }) => id) as [number, number, number];
fixture.edit((catalog) => {
  const { retention, pins, archives, history } = catalog;
  retention.announce(going, now - DAY / 2);
  pins.pin({ archiveId: pinned, pinnedAtMs: now, reason: 'tax audit', expiresAtMs: now + 300 * DAY });
  const listed = {
    key: 'web1/old.gpg',
    versionId: null,
    etag: 'e',
    sizeBytes: 9,
    lastModifiedMs: 1,
    storageClass: null,
  };
  retention.markUnwanted(
    archives.insert('web', { listed, series: 'files', state: 'wanted', reason: null, conflict: false }, 1),
  );
  const about = { vault: 'web', key: 'web1/2.gpg', archiveId: pinned };
  history.append({ actor: 'owner', event: 'archive.pinned', ...about, detail: { reason: 'tax audit' } }, now - 5 * DAY);
  history.append(
    { actor: 'prune', event: 'series.frozen', vault: 'web', detail: { series: 'sql', cause: 'sizes', reason: 'odd' } },
    now - 3 * DAY,
  );
  history.append({ actor: 'sync', event: 'archive.stored', vault: 'web', key: 'web1/3.gpg', archiveId: going }, now);
});

t.test('list: pins, announced removals, what is not wanted, and how long ago each was hashed', async (t) => {
  const { stdout } = await fixture.run(['list', '--all']);
  t.match(stdout, /NOT FOR 3 months +web\/web1\/90\.gpg\n/);
  t.match(stdout, /3 days ago +web\/web1\/3\.gpg {2}\(to be removed from 20\d\d-\d\d-\d\d \d\d:\d\d on\)\n/);
  t.match(stdout, /(48 h|2 days) ago +web\/web1\/2\.gpg {2}\(pinned until 20\S+ \S+: tax audit\)\n/);
  t.match(stdout, /unwanted .* - +web\/web1\/old\.gpg {2}\(not wanted by the keep rules\)\n/);
  t.notMatch((await fixture.run(['list'])).stdout, /old\.gpg/);
});

t.test('list: what is in conflict, suspect, gone or waiting, and why; and the same for programs', async (t) => {
  const own = createCommandFixture();
  t.teardown(() => own.remove());
  const file = { key: 'web1/x', content: 'x', lastModifiedMs: now - DAY };
  const rows = own.store(
    { ...file, conflict: true, path: 'web1/x%v-2', versionId: '2' },
    { ...file, key: 'web1/s', suspect: 'the uploader said sha256 0, the vault holds 1' },
    { ...file, key: 'web1/gone' },
    { ...file, key: 'web1/noted', conflict: true },
    { ...file, key: 'web1/over' },
  );
  const [, , gone = 0, noted = 0, over = 0] = rows.map(({ id }) => id);
  own.edit(({ archives, attention, pins }) => {
    for (const id of [gone, noted]) archives.markGone(id, now);
    attention.acknowledgeGone(noted, now);
    attention.acknowledgeConflict(noted, now);
    pins.pin({ archiveId: over, pinnedAtMs: now - 9, reason: 'audit', expiresAtMs: now - 1 });
    for (const state of ['held', 'unavailable'] as const) {
      const listed = { key: state, versionId: null, etag: 'e', sizeBytes: 9, lastModifiedMs: 1, storageClass: null };
      archives.insert('web', { listed, series: null, state, reason: `because ${state}`, conflict: false }, 1);
    }
  });
  const [{ stdout }, json] = await Promise.all([own.run(['list', '--all']), own.run(['list', '--all', '--json'])]);
  const lines = stdout.split('\n').map((line) => line.slice(line.indexOf('web/')));
  t.same(lines.slice(1, 8), [
    'web/held  (because held)',
    'web/unavailable  (because unavailable)',
    'web/web1/gone  (GONE from the vault)',
    'web/web1/noted  (CONFLICT: its key was known with other content (acknowledged); GONE from the vault (acknowledged))',
    lines.find((line) => line.startsWith('web/web1/over')) ?? '',
    'web/web1/s  (SUSPECT: not what its uploader said)',
    'web/web1/x  (CONFLICT: its key was known with other content)',
  ]);
  t.match(stdout, /web1\/over {2}\(pinned until 20\S+ \S+, which is over; the next prune takes the pin off: audit\)/);
  const byKey = new Map(parseOutput('list', json.stdout).archives.map((one) => [one.key, one]));
  t.match(byKey.get('held'), { state: 'held', reason: 'because held' });
  t.match(byKey.get('web1/noted'), {
    conflictAt: String,
    conflictAcknowledgedAt: String,
    goneAt: String,
    goneAcknowledgedAt: String,
  });
  t.match(byKey.get('web1/x'), { conflictAt: String, conflictAcknowledgedAt: null, suspect: null });
  t.match((await own.run(['list', '--pinned'])).stdout, '1 archive; 1 B on the disk\n');
});

t.test('list: filters, and the same facts for programs', async (t) => {
  const list = async (...args: string[]) =>
    parseOutput('list', (await fixture.run(['list', ...args, '--json'])).stdout).archives;
  const [pins, announced, unwanted, none] = await Promise.all([
    list('--pinned'),
    list('--announced'),
    list('--state', 'unwanted'),
    fixture.run(['list', 'sql', '--pinned']),
  ]);
  t.match(pins, [{ id: pinned, pinned: { reason: 'tax audit', until: String }, announced: null }]);
  t.equal(pins.length, 1);
  const [first] = announced;
  t.equal(announced.length, 1);
  t.match(first, { id: going, pinned: null });
  t.equal(Date.parse(first?.announced?.due ?? '') - Date.parse(first?.announced?.since ?? ''), DAY);
  t.match(unwanted, [{ key: 'web1/old.gpg', state: 'unwanted' }]);
  t.match(none.stdout, /Nothing of that kind\./);
});

t.test('status: what is kept, not wanted, about to go, and not hashed for too long', async (t) => {
  const [json, words] = await Promise.all([fixture.run(['status', '--json']), fixture.run(['status'])]);
  const report = parseOutput('status', json.stdout);
  t.match(
    report.series.find(({ series }) => series === 'files'),
    { unwanted: 1, pinned: 1, overdueForScrub: 1, announced: { count: 1, bytes: 1, firstDue: String }, frozen: [] },
  );
  t.match([json.status, report.verdict], [75, 'temporary'], 'unknown is not good');
  t.match(words.stdout, /^Waiting: 1 archive has not been hashed for more than 45 days; /);
  t.match(words.stdout, /\nfiles: 1 to be removed \(1 B\), the first due 20/);
  t.match(
    words.stdout,
    /\nfiles: 1 pinned; .*\nfiles: 1 in the vault that the keep rules do not want\nfiles: 1 not hashed for too long/,
  );
  fixture.edit((catalog) => catalog.archives.recordVerified(old, now));
  t.equal((await fixture.run(['status'])).status, 0);
});

t.test('history: who, what, why, and filters', async (t) => {
  const day = (days: number) => new Date(now - days * DAY).toISOString();
  const events = async (...args: string[]) =>
    parseOutput('history', (await fixture.run(['history', ...args, '--json'])).stdout).events.map(({ event }) => event);
  const [words, owner, sql, files, until] = await Promise.all([
    fixture.run(['history']),
    events('--actor', 'owner'),
    events('--series', 'sql'),
    events('--series', 'files'),
    events('--until', day(2)),
  ]);
  t.match(words.stdout, /^TIME +WHO +WHAT +ABOUT +WHY\n.*sync +archive\.stored +web\/web1\/3\.gpg\n/);
  t.match(
    words.stdout,
    / prune +series\.frozen +web\/sql +odd; cause sizes\n.* owner +archive\.pinned +web\/web1\/2\.gpg +tax audit\n/,
  );
  t.same(owner, ['archive.pinned']);
  t.same(sql, ['series.frozen']);
  t.same(files, ['archive.stored', 'archive.pinned']);
  t.same(until, ['series.frozen', 'archive.pinned']);
  t.match(await fixture.run(['history', '--until', 'then']), { status: 2, stderr: /--until: "then" is not a time/ });
});
