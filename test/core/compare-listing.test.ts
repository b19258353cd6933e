import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import t from 'tap';
import { type ListedObject, ownSumsEtag } from '../../src/core/archive.ts';
import { compareListing, type KnownArchive, type ListingStretch } from '../../src/core/compare-listing.ts';
import { compareKeys } from '../../src/core/key-order.ts';
import { compareAll, naiveComparison } from '../support/naive-comparison.ts';

const object = (key: string, over: Partial<ListedObject> = {}): ListedObject => ({
  key,
  versionId: null,
  etag: 'e1',
  sizeBytes: 1,
  lastModifiedMs: 1000,
  storageClass: null,
  ...over,
});
const known = (id: number, key: string, over: Partial<KnownArchive> = {}): KnownArchive => ({
  id,
  key,
  versionId: null,
  etag: 'e1',
  sizeBytes: 1,
  lastModifiedMs: 1000,
  state: 'stored',
  goneAtMs: null,
  ...over,
});
const never = (): boolean => false;

t.test('what is listed and known is left alone', async (t) => {
  const changes = compareAll({ objects: [object('a')], known: [known(1, 'a')], isSeriesOfVersions: never });
  t.strictSame(changes, { fresh: [], gainedVersions: [], recognised: [], backIds: [], missingIds: [] });
});

t.test('of a key that is listed in part only nothing is missing', async (t) => {
  const { missingIds } = compareAll({
    objects: [object('a', { versionId: 'v2' })],
    known: [known(1, 'a', { versionId: 'v1', etag: 'e0' }), known(2, 'a', { versionId: 'v2' }), known(3, 'b')],
    doubtfulKeys: new Set(['a']),
    isSeriesOfVersions: never,
  });
  t.strictSame(missingIds, [3]);
});

t.test('an archive first seen without a version gains it', async (t) => {
  const changes = compareAll({
    objects: [object('a', { versionId: 'v1' })],
    known: [known(1, 'a')],
    isSeriesOfVersions: never,
  });
  t.strictSame(changes, {
    fresh: [],
    gainedVersions: [{ id: 1, versionId: 'v1' }],
    recognised: [],
    backIds: [],
    missingIds: [],
  });
});

t.test('a listing without versions recognises a row that has one by its content', async (t) => {
  const changes = compareAll({
    objects: [object('a')],
    known: [known(1, 'a', { versionId: 'v1' })],
    isSeriesOfVersions: never,
  });
  t.strictSame(changes, { fresh: [], gainedVersions: [], recognised: [], backIds: [], missingIds: [] });
});

t.test('other content under a known key is a conflict and the old content is missing', async (t) => {
  const replaced = object('a', { etag: 'e2' });
  const changes = compareAll({ objects: [replaced], known: [known(1, 'a')], isSeriesOfVersions: never });
  t.strictSame(changes.fresh, [{ listed: replaced, conflict: true }]);
  t.strictSame(changes.missingIds, [1]);
});

t.test('a row made from a file alone is recognised by size and time, and gains what the vault says', async (t) => {
  const row = known(1, 'a', { etag: ownSumsEtag('a'), goneAtMs: 5, lastModifiedMs: 1000 });
  const listed = object('a', { versionId: 'v1', lastModifiedMs: 1999 });
  const compare = (over: Partial<ListedObject> = {}) =>
    compareAll({ objects: [{ ...listed, ...over }], known: [row], isSeriesOfVersions: never });
  t.strictSame(compare(), {
    fresh: [],
    gainedVersions: [],
    recognised: [{ id: 1, listed }],
    backIds: [1],
    missingIds: [],
  });
  const later = { lastModifiedMs: 2000 };
  t.strictSame(compare(later).fresh, [{ listed: { ...listed, ...later }, conflict: true }], 'another time');
  const larger = { sizeBytes: 2 };
  t.strictSame(compare(larger).fresh, [{ listed: { ...listed, ...larger }, conflict: true }], 'another size');
  const both = compareAll({
    objects: [listed, object('a', { versionId: 'v2' })],
    known: [row],
    isSeriesOfVersions: never,
  });
  t.equal(both.recognised.length, 1);
  t.equal(both.fresh.length, 1, 'one row is one archive');
});

t.test('two versions of one key: the later one is the conflict, in whatever order they are listed', async (t) => {
  const early = object('a', { versionId: 'v1', lastModifiedMs: 1 });
  const late = object('a', { versionId: 'v2', etag: 'e2', lastModifiedMs: 2 });
  for (const objects of [
    [early, late],
    [late, early],
  ]) {
    const { fresh } = compareAll({ objects, known: [], isSeriesOfVersions: never });
    t.strictSame(fresh, [
      { listed: early, conflict: false },
      { listed: late, conflict: true },
    ]);
  }
});

t.test('a series of versions has no conflicts; the same content in another version is none either', async (t) => {
  const objects = [object('a', { versionId: 'v2', etag: 'e2' })];
  const rows = [known(1, 'a', { versionId: 'v1', state: 'pruned' })];
  t.equal(compareAll({ objects, known: rows, isSeriesOfVersions: () => true }).fresh[0]?.conflict, false);
  t.equal(compareAll({ objects, known: rows, isSeriesOfVersions: never }).fresh[0]?.conflict, true);
  const same = [object('a', { versionId: 'v2' })];
  t.equal(compareAll({ objects: same, known: rows, isSeriesOfVersions: never }).fresh[0]?.conflict, false);
});

t.test('what was gone and is listed again is back; tombstones are never missing', async (t) => {
  const changes = compareAll({
    objects: [object('a')],
    known: [known(1, 'a', { goneAtMs: 5 }), known(2, 'b', { state: 'pruned' }), known(3, 'c', { state: 'removing' })],
    isSeriesOfVersions: never,
  });
  t.strictSame(changes, { fresh: [], gainedVersions: [], recognised: [], backIds: [1], missingIds: [] });
});

/** Of one key there may be many, so that not all that a listing shows or the catalog knows is alike. */
const arbitraryStretch = fc
  .record({
    keys: fc.constantFrom(['a'], ['a', 'b', 'b/c', '', '\u{10ffff}', '\uffff']),
    versioned: fc.constantFrom('yes', 'no', 'mixed'),
  })
  .chain(({ keys, versioned }) => {
    const key = fc.constantFrom(...keys);
    const versionId =
      versioned === 'no'
        ? fc.constant(null)
        : fc.constantFrom('v1', 'v2', 'v3', 'v4', ...(versioned === 'mixed' ? [null] : []));
    const facts = {
      key,
      etag: fc.constantFrom('e1', 'e2'),
      sizeBytes: fc.constantFrom(1, 2),
      lastModifiedMs: fc.nat(4000),
    };
    const listed = fc.record({ ...facts, versionId, storageClass: fc.constant(null) });
    const row = fc.record({
      ...facts,
      versionId: fc.constantFrom(null, 'v1', 'v2', 'v3', 'v4', 'v5', 'v6'),
      etag: fc.constantFrom('e1', 'e2', 'e3', ownSumsEtag('a'), ownSumsEtag('b')),
      state: fc.constantFrom<KnownArchive['state'][]>('wanted', 'held', 'stored', 'removing', 'pruned'),
      goneAtMs: fc.constantFrom(null, 5),
    });
    return fc.record({
      objects: fc.array(listed, { maxLength: 12 }),
      // As the index over the identity has it.
      known: fc.uniqueArray(row, {
        maxLength: 12,
        selector: (one) => `${one.key} ${one.versionId ?? `${one.etag}:${one.sizeBytes}`}`,
      }),
      deletedKeys: fc.array(key).map((all) => new Set(all)),
      doubtfulKeys: fc.array(key, { maxLength: 2 }).map((all) => new Set(all)),
      isSeriesOfVersions: fc.constantFrom(never, () => true),
    });
  })
  .map(
    (stretch): Omit<ListingStretch, 'missing'> => ({
      ...stretch,
      objects: stretch.objects.toSorted((a, b) => compareKeys(a.key, b.key)),
      known: stretch.known
        .map((row, index) => ({ ...row, id: index + 1 }))
        .toSorted((a, b) => compareKeys(a.key, b.key)),
    }),
  );

t.test('property: it finds what a comparison finds that holds everything', async () => {
  fc.assert(
    fc.property(arbitraryStretch, (stretch) => isDeepStrictEqual(compareAll(stretch), naiveComparison(stretch))),
    { numRuns: 3000 },
  );
});

t.test('of a key with very many rows no more is held than a listed object could be', async (t) => {
  const rows = function* (): Generator<KnownArchive> {
    for (let id = 1; id <= 300_000; id += 1)
      yield known(id, 'a', { versionId: `v${id}`, state: id % 2 === 0 ? 'pruned' : 'stored' });
  };
  const before = process.memoryUsage().heapUsed;
  let missing = 0;
  let most = 0;
  const changes = compareListing({
    objects: [object('a', { versionId: 'v7' }), object('a', { versionId: 'v8' })],
    known: rows(),
    isSeriesOfVersions: never,
    missing: (id) => {
      missing += 1;
      if (id % 10_001 === 0) most = Math.max(most, process.memoryUsage().heapUsed);
    },
  });
  t.strictSame(changes, { fresh: [], gainedVersions: [], recognised: [], backIds: [] });
  t.equal(missing, 149_999);
  t.ok(most - before < 60e6, `${Math.round((most - before) / 1e6)} MB`);
});

t.test('property: entering what is fresh makes the same listing bring no news, whatever it holds', async () => {
  const key = fc.constantFrom('a', 'b', 'b/c', '');
  const objects = fc.uniqueArray(
    fc.record({
      key,
      versionId: fc.constantFrom(null, 'v1', 'v2', 'v3'),
      etag: fc.constantFrom('e1', 'e2'),
      sizeBytes: fc.constantFrom(1, 2),
      lastModifiedMs: fc.nat(5),
      storageClass: fc.constant(null),
    }),
    // A listing shows a version once; without versions it shows a key once.
    { selector: (one) => JSON.stringify([one.key, one.versionId]) },
  );
  fc.assert(
    fc.property(objects, fc.boolean(), (listing, versioned) => {
      const shown = listing.filter((one) => (one.versionId !== null) === versioned);
      const first = compareAll({ objects: shown, known: [], isSeriesOfVersions: never });
      if (first.fresh.length !== shown.length) return false;
      const rows = first.fresh.map(({ listed }, index) => known(index, listed.key, { ...listed, state: 'wanted' }));
      const second = compareAll({ objects: shown, known: rows, isSeriesOfVersions: never });
      const nothing = compareAll({ objects: [], known: rows, isSeriesOfVersions: never });
      return (
        second.fresh.length + second.missingIds.length + second.gainedVersions.length === 0 &&
        nothing.missingIds.length === rows.length
      );
    }),
  );
});

t.test('what is listed twice is one archive', async (t) => {
  const twice = [object('a', { versionId: 'v1' }), object('a', { versionId: 'v1' }), object('b'), object('b')];
  const { fresh } = compareAll({ objects: twice, known: [], isSeriesOfVersions: never });
  t.strictSame(
    fresh.map(({ listed }) => listed.key),
    ['a', 'b'],
  );
});

t.test('very many versions of one key are compared in no time', async (t) => {
  const versions = Array.from({ length: 20_000 }, (_, n) => object('a', { versionId: `v${n}`, etag: `e${n}` }));
  const rows = versions.map(({ versionId, etag }, n) => known(n, 'a', { versionId, etag }));
  const begun = performance.now();
  const changes = compareAll({ objects: versions, known: rows, isSeriesOfVersions: never });
  t.strictSame(changes, { fresh: [], gainedVersions: [], recognised: [], backIds: [], missingIds: [] });
  t.ok(performance.now() - begun < 5000, 'a quadratic comparison takes minutes');
});

t.test('a key behind a delete marker: what is stored is missing, what is new is fresh', async (t) => {
  const changes = compareAll({
    objects: [object('a', { versionId: 'v1' }), object('b', { versionId: 'v2' }), object('c', { versionId: 'v3' })],
    known: [known(1, 'a', { versionId: 'v1' }), known(2, 'b', { versionId: 'v2', state: 'wanted' })],
    deletedKeys: new Set(['a', 'b', 'c']),
    isSeriesOfVersions: never,
  });
  t.strictSame(changes.missingIds, [1]);
  t.strictSame(
    changes.fresh.map(({ listed }) => listed.key),
    ['c'],
  );
});
