import t from 'tap';
import { reasonToStay } from '../../src/store/reason-to-stay.ts';
import { createCommandFixture, DAY } from '../support/command-fixture.ts';

const NOW_MS = Date.parse('2026-11-20T12:00:00Z');

t.test('a replacement of an old archive does not give the newest genuine one free', async (t) => {
  const fixture = createCommandFixture();
  t.teardown(() => fixture.remove());
  const at = (key: string, daysAgo: number, conflict = false) => {
    const lastModifiedMs = NOW_MS - daysAgo * DAY;
    return { key: `web1/${key}`, content: key, series: 'files', lastModifiedMs, conflict };
  };
  const [old, genuine, junk] = fixture.store(at('old', 9), at('genuine', 1), at('junk', 0, true));
  if (!old || !genuine || !junk) throw new Error('the fixture is incomplete');
  fixture.edit((catalog) => {
    for (const { id } of [old, genuine, junk]) catalog.retention.announce(id, NOW_MS - 2 * DAY);
    t.match(reasonToStay(catalog, genuine.id, NOW_MS), { why: 'it is the newest verified archive of its series' });
    t.throws(() => catalog.retention.markRemoving(genuine.id, 'r'), /newest verified archive of a series/);
    t.equal(reasonToStay(catalog, old.id, NOW_MS), null);
    // Nor may it go itself as long as nothing is as new.
    t.match(reasonToStay(catalog, junk.id, NOW_MS), { why: 'it is the newest verified archive of its series' });
    t.throws(() => catalog.retention.markRemoving(junk.id, 'r'), /newest verified archive of a series/);
  });
});

t.test('the catalog’s trigger refuses nothing that the look before it allows, and the other way round', async (t) => {
  const fixture = createCommandFixture();
  t.teardown(() => fixture.remove());
  // Old, and sound or not; one that is newer, and sound or not.
  const kinds = ['sound', 'conflict', 'ahead', 'own-sums'] as const;
  const pairs = kinds.flatMap((old) => kinds.map((newer) => ({ old, newer, series: `${old}-${newer}` })));
  for (const { old, newer, series } of pairs) {
    const spec = (kind: (typeof kinds)[number], daysAgo: number) => {
      const lastModifiedMs = NOW_MS - daysAgo * DAY;
      const seenAtMs = kind === 'ahead' ? lastModifiedMs - DAY : lastModifiedMs;
      return {
        key: `${series}/${daysAgo}`,
        content: `${daysAgo}`,
        series,
        lastModifiedMs,
        seenAtMs,
        conflict: kind === 'conflict',
      };
    };
    const [first, second] = fixture.store(spec(old, 9), spec(newer, 1));
    if (first === undefined || second === undefined) throw new Error('the fixture is incomplete');
    fixture.edit((catalog) => {
      for (const [row, kind] of [
        [first, old],
        [second, newer],
      ] as const) {
        if (kind === 'own-sums') catalog.archives.gainIdentity(row.id, { ...row, etag: `own-sums:${row.id}` });
      }
      catalog.retention.announce(first.id, NOW_MS - 2 * DAY);
      const refusal = reasonToStay(catalog, first.id, NOW_MS);
      if (refusal === null) t.ok(catalog.retention.markRemoving(first.id, 'r'), series);
      else t.throws(() => catalog.retention.markRemoving(first.id, 'r'), /newest verified archive of a series/, series);
      t.equal(refusal === null, old !== 'sound' || newer === 'sound', series);
    });
  }
});
