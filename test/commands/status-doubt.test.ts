import t from 'tap';
import { type ArchiveSpec, createCommandFixture, DAY, parseOutput } from '../support/command-fixture.ts';

const fixture = createCommandFixture();
t.teardown(() => fixture.remove());

const now = Date.now();
const old: ArchiveSpec = { key: 'web1/old', content: 'a', series: 'files', lastModifiedMs: now - 3 * DAY };
fixture.store(old);
/** Something that came ten minutes ago. */
const add = (spec: Partial<ArchiveSpec>): number => {
  const [row] = fixture.store({
    key: 'web1/new',
    content: 'b',
    series: 'files',
    lastModifiedMs: now - 600_000,
    ...spec,
  });
  return row?.id ?? 0;
};
const facts = async () => {
  const { status, stdout } = await fixture.run(['status', '--json']);
  const { summary, series } = parseOutput('status', stdout);
  const files = series.find((one) => one.series === 'files');
  return { status, summary, freshness: files?.freshness, newest: Date.parse(files?.newest ?? ''), why: files?.why };
};
const acknowledge = (id: number) => fixture.run(['resolve', '--archive', String(id), '--acknowledge']);
const OVERDUE = {
  status: 3,
  freshness: 'overdue',
  summary: /files is overdue by .*; newest verified copy 3 days old;/,
};

t.test('an archive outside the series makes none of them fresh', async (t) => {
  add({ key: 'elsewhere', series: null });
  t.match(await facts(), { ...OVERDUE, newest: now - 3 * DAY, why: 'a new archive was due and did not come' });
});

t.test('the replacement of an older archive is not the backup of today, acknowledged or not', async (t) => {
  const id = add({ key: 'web1/old', versionId: 'v2', path: 'web1/old%v-v2', conflict: true });
  t.match(await facts(), { ...OVERDUE, why: /what came since does not count/ });
  t.equal((await acknowledge(id)).status, 0);
  t.match(await facts(), OVERDUE);
});

t.test('a suspect one counts when the owner has compared it', async (t) => {
  const id = add({ suspect: 'another sha256' });
  t.match(await facts(), OVERDUE);
  t.equal((await acknowledge(id)).status, 0);
  t.match(await facts(), {
    status: 0,
    freshness: 'fresh',
    summary: /^1 of 2 series is fresh, 1 has no expectEvery; newest verified copy 10 min/,
  });
});
