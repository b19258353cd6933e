import { randomUUID } from 'node:crypto';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { parseConfig } from '../../src/core/config/parse-config.ts';
import { assignSeries } from '../../src/jobs/assign-series.ts';
import { releaseSeries } from '../../src/jobs/freeze-series.ts';
import { Catalog } from '../../src/store/catalog/catalog.ts';
import { openCatalogForWriting } from '../../src/store/catalog/open-catalog.ts';
import { notePinsLoss } from '../../src/store/pins-loss.ts';

const NOW_MS = Date.parse('2026-11-20T12:00:00Z');
const dir = mkdtempSync(join(realpathSync(tmpdir()), 'pullmirror-assign-'));
t.teardown(() => rmSync(dir, { recursive: true, force: true }));

/** Six archives, a1 … a3 and b1 … b3, numbered 1 to 6, and a configuration that may change. */
function createWorld(t: Test, series: Record<string, string>) {
  const path = join(dir, `${randomUUID()}.db`);
  const catalog = new Catalog(openCatalogForWriting({ path, storeId: 'x', mustExist: false }));
  t.teardown(() => catalog.close());
  for (const key of ['a1', 'a2', 'a3', 'b1', 'b2', 'b3']) {
    const listed = { key, versionId: null, etag: key, sizeBytes: 1, lastModifiedMs: NOW_MS, storageClass: null };
    const archive = { listed, series: null, state: 'wanted', reason: null, conflict: false } as const;
    const id = catalog.archives.insert('web', archive, NOW_MS);
    const proof = { sha256: 'a'.repeat(64), proof: 'etag-md5', suspect: null } as const;
    catalog.archives.recordStored({ id, path: key, ...proof, clearsConflict: false, isConflict: false }, NOW_MS);
  }
  const configure = (names: Record<string, string>): void => {
    const lines = Object.entries(names).map(([name, match]) => `  - { name: ${name}, vault: web, match: "${match}" }`);
    const vaults = 'vaults: [{ name: web, bucket: example-vault }]';
    const text = `timezone: UTC\nstore: { path: /srv/archive }\n${vaults}\nseries:\n${lines.join('\n')}\n`;
    const config = parseConfig({ file: 'test.yaml', text });
    assignSeries(catalog, config.series, { actor: 'prune', nowMs: NOW_MS });
  };
  configure(series);
  const freeze = (name: string, cause: 'owner' | 'conflict', reason = 'a look at it') =>
    catalog.freezes.begin({ vault: 'web', series: name, cause, reason }, NOW_MS);
  const open = () => catalog.freezes.open().map((one) => `${one.series} ${one.cause} ${one.throughId}: ${one.reason}`);
  return { catalog, configure, freeze, open };
}

t.test('a series of another name takes its freezes along', async (t) => {
  const { catalog, configure, freeze, open } = createWorld(t, { old: '{name}' });
  freeze('old', 'owner');
  freeze('old', 'conflict');
  catalog.retention.announce(2, NOW_MS);
  configure({ new: '{name}' });
  t.strictSame(open(), ['new owner 6: a look at it', 'new conflict 6: a look at it']);
  t.match(catalog.history.newest({ event: 'series.frozen' }, 2), [
    { actor: 'prune', vault: 'web', detail: { series: 'new', cause: 'conflict', movedFrom: 'old', throughId: 6 } },
    {},
  ]);
  t.match(catalog.history.newest({ event: 'series.released' }, 2), [
    { detail: { series: 'old', because: /belongs to the series new now/ } },
    {},
  ]);
  t.equal(catalog.archives.byId(2)?.announcedAtMs, null, 'and is announced no longer');
  const before = catalog.changeCount();
  configure({ new: '{name}' });
  t.equal(catalog.changeCount(), before);
});

t.test('keys that move to another series are held there, also when what was doubted stays behind', async (t) => {
  const { configure, freeze, open } = createWorld(t, { all: '{name}' });
  freeze('all', 'conflict', 'look at a1');
  configure({ all: 'a{name}', b: 'b{name}' });
  t.strictSame(open(), [
    'all conflict 6: look at a1',
    'b owner 6: part of it was in the series all, frozen there (conflict): look at a1',
  ]);
});

t.test('a freeze that the other series has goes up to the larger number', async (t) => {
  const { catalog, configure, freeze, open } = createWorld(t, { a: 'a{name}', b: 'b{name}' });
  freeze('b', 'owner', 'of b');
  const listed = { key: 'a4', versionId: null, etag: '4', sizeBytes: 1, lastModifiedMs: NOW_MS, storageClass: null };
  catalog.archives.insert('web', { listed, series: 'a', state: 'wanted', reason: null, conflict: false }, NOW_MS);
  freeze('a', 'owner', 'of a');
  configure({ b: '{name}' });
  t.strictSame(open(), ['b owner 7: of b; of the series a: of a']);
  t.match(catalog.history.newest({ event: 'series.freeze-extended' }, 1), [{ detail: { series: 'b', throughId: 7 } }]);
});

t.test('what leaves for no series and comes back under another name is held again', async (t) => {
  const { configure, freeze, open } = createWorld(t, { old: '{name}' });
  freeze('old', 'conflict', 'look at a1');
  configure({});
  t.strictSame(open(), ['old conflict 6: look at a1'], 'of no configured series: nothing removes it');
  configure({ new: '{name}' });
  t.match(open(), ['old conflict 6: look at a1', /^new owner 6: .*series old, frozen there \(conflict\): look at a1/]);
});

t.test('what came after the freeze moves freely', async (t) => {
  const { catalog, configure, freeze, open } = createWorld(t, { a: 'a{name}', b: 'b{name}' });
  freeze('b', 'owner');
  const listed = { key: 'b4', versionId: null, etag: '4', sizeBytes: 1, lastModifiedMs: NOW_MS, storageClass: null };
  catalog.archives.insert('web', { listed, series: 'b', state: 'wanted', reason: null, conflict: false }, NOW_MS);
  configure({ late: 'b4', a: 'a{name}', b: 'b{name}' });
  t.strictSame(open(), ['b owner 6: a look at it']);
});

t.test('where pins and freezes were lost, what comes to a series only now is frozen', async (t) => {
  const { catalog, configure, open } = createWorld(t, { a: 'a{name}' });
  notePinsLoss(catalog, 'made anew');
  configure({ a: 'a{name}', b: 'b{name}' });
  t.strictSame(open(), ['b rebuilt 6: made anew'], 'what was in a series then is not concerned');
  configure({ a: 'a{name}', c: 'b{name}' });
  t.strictSame(open(), ['c rebuilt 6: made anew'], 'it goes along');
  releaseSeries(catalog, catalog.freezes.open(), null, NOW_MS);
  configure({ a: 'a{name}', d: 'b{name}' });
  t.strictSame(open(), [], 'released');
});

t.test('a catalog that lost nothing freezes nothing, nor what came after a loss', async (t) => {
  const { catalog, configure, open } = createWorld(t, { a: 'a{name}' });
  configure({ a: 'a{name}', b: 'b{name}' });
  t.strictSame(open(), []);
  configure({ a: 'a{name}' });
  notePinsLoss(catalog, 'made anew');
  const listed = { key: 'c', versionId: null, etag: 'e', sizeBytes: 1, lastModifiedMs: NOW_MS, storageClass: null };
  catalog.archives.insert('web', { listed, series: null, state: 'wanted', reason: null, conflict: false }, NOW_MS);
  configure({ a: 'a{name}', c: 'c' });
  t.strictSame(open(), []);
});
