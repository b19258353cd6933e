import t from 'tap';
import { loadConfig } from '../../src/commands/open-mirror.ts';
import { judgeRetention } from '../../src/jobs/judge-retention.ts';
import { summariseSeries } from '../../src/jobs/summarise-series.ts';
import { openStoreForWriting } from '../../src/store/open-store.ts';
import { createCommandFixture, DAY } from '../support/command-fixture.ts';

const YAML = `series: [{ name: site, vault: web, match: "site/{name}-{date}.{part}", keep: { last: 1 } }]`;
const fixture = createCommandFixture({ yaml: YAML });
t.teardown(() => fixture.remove());

const keys = ['01', '02', '03'].flatMap((day) => ['j01', 'j02', 'jpa'].map((part) => `site/w-2026-11-${day}.${part}`));
const rows = fixture.store(
  ...keys.map((key) => ({
    key,
    content: key,
    series: 'site',
    lastModifiedMs: Date.parse(`${key.slice(7, 17)}T03:00:00Z`),
  })),
);
const pinned = rows[0]?.id ?? 0;
fixture.edit(({ pins }) => pins.pin({ archiveId: pinned, pinnedAtMs: 1, reason: 'audit', expiresAtMs: null }));

t.test('a pin on one part counts all the parts that it holds', async (t) => {
  const config = loadConfig(fixture.configFile);
  const { store, catalog, close } = openStoreForWriting({
    path: fixture.storeDir,
    expectedStoreId: null,
    nowMs: Date.now(),
  });
  t.teardown(close);
  const trustedNowMs = Date.parse('2026-11-03T12:00:00Z') + DAY;
  const [judged] = judgeRetention({ catalog, config, store, trustedNowMs, only: null });
  if (judged === undefined) throw new Error('there is one series');
  t.match(summariseSeries(judged, null), { stored: 9, kept: 6, heldByPin: 3, planned: { length: 3 } });
});

t.test('unpin of another part names the one that is pinned', async (t) => {
  const { status, stderr } = await fixture.run(['unpin', 'site/w-2026-11-01.jpa']);
  t.equal(status, 1);
  t.match(stderr, `web/site/w-2026-11-01.jpa (archive 3) is not pinned\n`);
  t.match(stderr, `Another part of its set is: \`pullmirror unpin --archive ${pinned}\` takes that pin off`);
  const other = await fixture.run(['unpin', 'site/w-2026-11-02.jpa']);
  t.match(other.stderr, /`pullmirror pin --list` shows what is\./);
});
