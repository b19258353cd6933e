import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { attentionGroups } from '../../src/core/attention-groups.ts';
import { EMPTY_STATE, formatState, recordPass } from '../../src/core/mirror-state.ts';
import { recordAttention } from '../../src/core/record-attention.ts';
import { openStoreForWriting } from '../../src/store/open-store.ts';
import { createCommandFixture, DAY, parseOutput } from '../support/command-fixture.ts';
import { matterOf } from '../support/matter-of.ts';

const fixture = createCommandFixture();
t.teardown(() => fixture.remove());
const now = Date.now();

t.test('before the first pass', async (t) => {
  const { status, stdout } = await fixture.run(['status']);
  t.equal(status, 0);
  t.match(stdout, /^No pass has run yet; .* free\.\n/);
});

t.test('a state.json that cannot be read is mentioned, and nothing taken for good', async (t) => {
  const file = join(fixture.stateDir, 'state.json');
  writeFileSync(file, '{"v":1,');
  const { status, stdout } = await fixture.run(['status']);
  rmSync(file);
  t.equal(status, 75);
  t.match(stdout, /^Waiting: .*state\.json is damaged: .*\n/);
  t.match(stdout, /Last pass: none is known \(.*state\.json is damaged.*; the next pass writes it anew\)/);
});

t.test('fresh, while another process holds the store', async (t) => {
  fixture.store({ key: 'web1/a', content: 'abc', series: 'files', lastModifiedMs: now - DAY / 4 });
  const opened = openStoreForWriting({ path: fixture.storeDir, expectedStoreId: null, nowMs: Date.now() });
  t.teardown(() => opened.close());
  const [words, json] = await Promise.all([fixture.run(['status']), fixture.run(['status', '--json'])]);
  t.equal(words.status, 0, words.stdout);
  t.match(words.stdout, /^1 of 2 series is fresh, 1 has no expectEvery; newest verified copy 6 h old; .* free\.\n/);
  t.match(words.stdout, /files +web +fresh/);
  t.match(words.stdout, /sql +web +empty/);
  const report = parseOutput('status', json.stdout);
  t.equal(report.verdict, 'good');
  t.match(
    report.series.map(({ series, freshness, storedBytes }) => [series, freshness, storedBytes]),
    [
      ['files', 'fresh', 3],
      ['sql', 'empty', 0],
    ],
  );
});

t.test('what needs the owner, with its next step', async (t) => {
  fixture.edit(({ archives }) => {
    const add = (key: string, state: 'held' | 'unavailable', conflict: boolean) => {
      const listed = {
        key,
        versionId: null,
        etag: key,
        sizeBytes: 9,
        lastModifiedMs: now - DAY / 2,
        storageClass: null,
      };
      return archives.insert('web', { listed, series: null, state, reason: `because ${state}`, conflict }, now);
    };
    add('web1/huge\x1b]0;title', 'held', false);
    add('web1/glacier', 'unavailable', true);
  });
  const { status, stdout } = await fixture.run(['status']);
  t.equal(status, 3);
  t.match(stdout, /^Needs you: 1 conflict; 1 unavailable; 1 held; /);
  t.match(
    stdout,
    /HELD until you accept it: 1\n {2}web\/web1\/huge\\x1b\]0;title \(archive \d+\): because held\n {2}next: .*resolve --archive \d+ --accept/,
  );
  t.notMatch(stdout.replaceAll('\n', ''), /[\p{Cc}\p{Cf}]/u);
});

t.test('the owner decides', async (t) => {
  const report = parseOutput('status', (await fixture.run(['status', '--json'])).stdout);
  const idOf = (cause: string) => String(report.attention.find((one) => one.cause === cause)?.archives[0]?.archiveId);
  const opened = openStoreForWriting({ path: fixture.storeDir, expectedStoreId: null, nowMs: Date.now() });
  t.teardown(() => opened.close());
  const explained = await fixture.run(['resolve', '--archive', idOf('conflict'), '--json']);
  t.equal(explained.status, 3);
  t.equal(parseOutput('resolve', explained.stdout).open.length, 2);
  const answers = [
    await fixture.run(['resolve', '--archive', idOf('held'), '--accept', '--json']),
    await fixture.run(['resolve', 'glacier', '--acknowledge', '--json']),
    await fixture.run(['resolve', 'glacier', '--accept']),
    await fixture.run(['resolve', 'glacier', '--accept']),
  ];
  t.same(
    answers.map(({ status }) => status),
    [0, 0, 0, 1],
    'while a pass runs; and twice is an error',
  );
  t.equal(parseOutput('resolve', answers[0]?.stdout ?? '').resolved[0]?.resolution, 'accepted');
  const [after, history] = await Promise.all([
    fixture.run(['status']),
    fixture.run(['history', '--event', 'archive', '--json']),
  ]);
  t.equal(after.status, 0, after.stdout);
  t.same(
    parseOutput('history', history.stdout).events.map(({ event, actor }) => [event, actor]),
    [
      ['archive.accepted', 'owner'],
      ['archive.conflict-acknowledged', 'owner'],
      ['archive.accepted', 'owner'],
    ],
  );
});

t.test('the disk away: known to be away, nothing else taken for good', async (t) => {
  const opened = openStoreForWriting({ path: fixture.storeDir, expectedStoreId: null, nowMs: Date.now() });
  const { storeId } = opened.store.marker;
  const row = opened.catalog.archives.ofKey('web', 'web1/glacier')[0];
  opened.close();
  if (row === undefined) throw new Error('the fixture is incomplete');
  const pass = { startedAtMs: now - 2 * DAY, endedAtMs: now - 2 * DAY, stopped: null, vaults: [] };
  const state = recordAttention(
    recordPass(EMPTY_STATE, pass, storeId),
    attentionGroups([matterOf([{ cause: 'held', archive: row, why: 'too large' }])], []),
    now - DAY,
  );
  writeFileSync(join(fixture.stateDir, 'state.json'), formatState(state));
  renameSync(fixture.storeDir, `${fixture.storeDir}-away`);
  mkdirSync(fixture.storeDir);
  const [json, words, list] = await Promise.all([
    fixture.run(['status', '--json']),
    fixture.run(['status']),
    fixture.run(['list']),
  ]);
  const report = parseOutput('status', json.stdout);
  t.equal(report.store.state, 'missing');
  t.same(
    report.series.map(({ freshness, stored }) => [freshness, stored]),
    [
      ['unknown', null],
      ['unknown', null],
    ],
  );
  t.match(report.remembered, [{ text: '1 held: web/web1/glacier' }]);
  t.equal(json.status, 3, 'something was open when it went away');
  t.match(
    words.stdout,
    /^Needs you: the disk with the store is not mounted.*1 held.*the last pass ended 2 days ago\.\n/,
  );
  t.equal(list.status, 75);
  t.match(list.stderr, /next: Plug in and mount the disk/);
});
