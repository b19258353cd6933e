import { join } from 'node:path';
import Database from 'better-sqlite3';
import t from 'tap';
import { loadConfig } from '../../src/commands/open-mirror.ts';
import type { EventName } from '../../src/core/event-names.ts';
import { planSeriesRetention } from '../../src/jobs/plan-series-retention.ts';
import { CATALOG_NAME, PRIVATE_FOLDER } from '../../src/store/store-layout.ts';
import { createCommandFixture } from '../support/command-fixture.ts';

const NOW_MS = Date.UTC(2026, 10, 22, 12);
const YAML = `series: [{ name: parts, vault: web, match: "set/{date}.{part}", keep: { last: 2 } }]`;

t.test('the rest of a set that a crash tore counts for no rule, and goes', async (t) => {
  const fixture = createCommandFixture({ yaml: YAML });
  t.teardown(() => fixture.remove());
  const config = loadConfig(fixture.configFile);
  const dates = ['2026-11-01', '2026-11-02', '2026-11-03'];
  const rows = fixture.store(
    ...dates.flatMap((date) =>
      ['p1', 'p2'].map((part) => ({
        key: `set/${date}.${part}`,
        content: part,
        series: 'parts',
        lastModifiedMs: Date.parse(date),
      })),
    ),
  );
  const [a1, a2, b1, b2] = rows.map(({ id }) => id);
  const series = config.series[0];
  if (a1 === undefined || a2 === undefined || b1 === undefined || b2 === undefined || series === undefined)
    throw new Error('there are three sets of one series');

  fixture.edit((catalog) => {
    const removable = () => {
      const { entries, plan } = planSeriesRetention({ catalog, config, trustedNowMs: NOW_MS }, series);
      return Array.from(plan.remove, (position) => entries.at(position)?.id);
    };
    t.strictSame(removable(), [a1, a2]);
    /** Dated by a clock that may be wrong. */
    const pruned = (id: number, event: EventName, throughId: number, atMs = NOW_MS) =>
      catalog.history.append({ actor: 'prune', event, archiveId: id, detail: { throughId } }, atMs);
    const lose = (id: number, event: EventName) =>
      catalog.transaction(() => {
        catalog.retention.announce(id, NOW_MS);
        catalog.retention.markRemoving(id, 'r');
        catalog.retention.markPruned(id);
        pruned(id, event, b2);
      });
    lose(b1, 'archive.given-up');
    t.strictSame(removable(), [a1, a2], 'what the owner did without tears nothing');
    pruned(b1, 'archive.pruned', b1, Date.UTC(2038, 0, 19));
    t.strictSame(
      removable(),
      [a1, a2],
      'it became known after that one was removed: it is another set of the same name',
    );
    pruned(b1, 'archive.pruned', b2, 0);
    t.strictSame(removable(), [b2], 'the second of the two that are kept is whole');
    catalog.pins.pin({ archiveId: b2, pinnedAtMs: 1, reason: 'r', expiresAtMs: null });
    t.strictSame(removable(), [], 'a pin holds also this');
    lose(a1, 'archive.pruned');
    lose(a2, 'archive.pruned');
    t.strictSame(removable(), []);
  });
});

t.test('what cannot be read of a removal tears the set all the same, and stops nothing', async (t) => {
  const fixture = createCommandFixture({ yaml: YAML });
  t.teardown(() => fixture.remove());
  const config = loadConfig(fixture.configFile);
  const keys = ['2026-11-01.p1', '2026-11-02.p1', '2026-11-02.p2', '2026-11-03.p1'];
  const rows = fixture.store(
    ...keys.map((name) => ({
      key: `set/${name}`,
      content: name,
      series: 'parts',
      lastModifiedMs: Date.parse(name.slice(0, 10)),
    })),
  );
  const [a, b1, b2] = rows.map(({ id }) => id);
  const series = config.series[0];
  if (a === undefined || b1 === undefined || b2 === undefined || series === undefined)
    throw new Error('there are three sets of one series');
  const removable = () =>
    fixture.edit((catalog) => {
      const { entries, plan } = planSeriesRetention({ catalog, config, trustedNowMs: NOW_MS }, series);
      return Array.from(plan.remove, (position) => entries.at(position)?.id);
    });
  t.strictSame(removable(), [a]);
  fixture.edit((catalog) =>
    catalog.transaction(() => {
      catalog.retention.announce(b2, NOW_MS);
      catalog.retention.markRemoving(b2, 'r');
      catalog.retention.markPruned(b2);
    }),
  );
  t.strictSame(removable(), [a]);
  const db = new Database(join(fixture.storeDir, PRIVATE_FOLDER, CATALOG_NAME));
  t.teardown(() => db.close());
  db.pragma('ignore_check_constraints = ON');
  const note = db.prepare(
    "INSERT INTO history (at, actor, event, archive_id, detail) VALUES (1, 'prune', 'archive.pruned', ?, ?)",
  );
  for (const detail of ['{"throughId', '{}', '{"throughId":"4!"}', '{"throughId":0}']) {
    note.run(b2, detail);
    t.strictSame(removable(), [b1], `${detail}: its rest makes no room for itself, and what is whole stays`);
    db.exec('DROP TRIGGER IF EXISTS history_no_delete; DELETE FROM history WHERE id = last_insert_rowid()');
  }
});
