import t, { type Test } from 'tap';
import { loadConfig } from '../../src/commands/open-mirror.ts';
import { planRoom } from '../../src/jobs/plan-room.ts';
import type { Catalog } from '../../src/store/catalog/catalog.ts';
import { createCommandFixture, DAY } from '../support/command-fixture.ts';

const NOW_MS = Date.now();
const YAML = `series:
  - { name: files, vault: web, match: "files/*", expectEvery: 1d }
  - { name: sql, vault: web, match: "sql/*", expectEvery: 1d }
`;

/** Twenty days of both series, `sql` the younger one, and forty archives of junk that came into `sql` today; a disk without room. */
function createFlood(t: Test) {
  const fixture = createCommandFixture({ yaml: YAML });
  t.teardown(() => fixture.remove());
  const { store, ...config } = loadConfig(fixture.configFile);
  const days = Array.from({ length: 20 }, (_, day) => day);
  const archive = (series: string, name: string, lastModifiedMs: number) => ({
    key: `${series}/${name}`,
    content: 'x'.repeat(100),
    series,
    lastModifiedMs,
  });
  const genuine = [
    ...days.map((day) => archive('files', `f${day}`, NOW_MS - (45 - day) * DAY)),
    ...days.map((day) => archive('sql', `s${day}`, NOW_MS - (21 - day) * DAY)),
  ];
  const rows = fixture.store(
    ...genuine,
    ...Array.from({ length: 40 }, (_, index) => archive('sql', `junk${index}`, NOW_MS - index * 1000)),
  );
  return { fixture, config, store, sql: new Set(rows.slice(20).map(({ id }) => id)) };
}

type Flood = ReturnType<typeof createFlood>;

function planOf({ config, store }: Flood, catalog: Catalog, missingBytes: number, trustedNowMs = NOW_MS) {
  return planRoom({
    catalog,
    config: { ...config, store: { ...store, whenFull: 'thin', floor: 2 } },
    store: { roomBytes: () => -missingBytes },
    trustedNowMs,
  }).remove;
}

t.test(
  'the series that grew beyond what is usual makes room first, although another one has older archives',
  async (t) => {
    const flood = createFlood(t);
    flood.fixture.edit((catalog) => {
      t.ok(planOf(flood, catalog, 200).length > 0);
      t.ok(planOf(flood, catalog, 200).every((id) => flood.sql.has(id)));
      t.ok(
        planOf(flood, catalog, 1e6).some((id) => !flood.sql.has(id)),
        'the others when it has nothing left',
      );
      const later = planOf(flood, catalog, 200, NOW_MS + 30 * DAY);
      t.ok(later.length > 0);
      t.notOk(flood.sql.has(later[0] ?? 0), 'where none grew, the oldest of all');
    });
  },
);

t.test('while a series is frozen because far too much came, no series makes room', async (t) => {
  const flood = createFlood(t);
  flood.fixture.edit((catalog) => {
    catalog.freezes.begin({ vault: 'web', series: 'sql', cause: 'bulk', reason: 'r' }, NOW_MS);
    t.strictSame(planOf(flood, catalog, 1e6), []);
    catalog.freezes.end(catalog.freezes.open()[0]?.id ?? 0, 'over', NOW_MS);
    t.ok(planOf(flood, catalog, 1e6).length > 0);
  });
});
