import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { AppError } from '../../src/core/errors.ts';
import type { ArchiveRow } from '../../src/store/catalog/archive-row.ts';
import type { Catalog } from '../../src/store/catalog/catalog.ts';
import { openStoreForWriting } from '../../src/store/open-store.ts';
import { type RemovalReport, removeArchives } from '../../src/store/remove-archives.ts';
import { type CommandFixture, createCommandFixture, DAY } from '../support/command-fixture.ts';

const NOW_MS = Date.UTC(2026, 10, 22);
const clock = { now: () => NOW_MS };
const REASON = 'no rule keeps it';

interface Bench {
  readonly fixture: CommandFixture;
  /** d01 … d05, the oldest first, each in a folder of its own; the removal of all is announced since yesterday. */
  readonly rows: readonly ArchiveRow[];
  row(index: number): ArchiveRow;
  /** Tries to remove these, with the store opened as a prune does. */
  remove(
    rows: readonly ArchiveRow[],
    before?: (catalog: Catalog) => void,
    signal?: AbortSignal,
  ): Promise<RemovalReport>;
}

function createBench(t: Test): Bench {
  const fixture = createCommandFixture();
  t.teardown(() => fixture.remove());
  const rows = fixture.store(
    ...[1, 2, 3, 4, 5].map((day) => ({
      key: `web1/d0${day}/files.gpg`,
      content: `content of day ${day}`,
      series: 'files',
      lastModifiedMs: NOW_MS - (10 - day) * DAY,
    })),
  );
  fixture.edit((catalog) => {
    for (const { id } of rows) catalog.retention.announce(id, NOW_MS - DAY);
  });
  return {
    fixture,
    rows,
    row(index) {
      const found = rows[index];
      if (found === undefined) throw new Error(`there is no archive ${index}`);
      return found;
    },
    async remove(some, before, signal = new AbortController().signal) {
      const opened = openStoreForWriting({ path: fixture.storeDir, expectedStoreId: null, nowMs: NOW_MS });
      try {
        const { store, catalog } = opened;
        before?.(catalog);
        const removals = some.map(({ id }) => ({ archiveId: id, reason: REASON, set: null }));
        return await removeArchives({
          store,
          catalog,
          clock,
          actor: 'prune',
          removals,
          announcedUntilMs: NOW_MS - DAY,
          signal,
        });
      } finally {
        opened.close();
      }
    },
  };
}

t.test('what is due goes: file, empty folder, line; its row stays', async (t) => {
  const { fixture, row, rows, remove } = createBench(t);
  writeFileSync(join(dirname(fixture.fileOf(row(1))), 'by-hand'), 'of somebody else');
  const report = await remove([row(0), row(1)]);
  t.match(report, { removed: [row(0).id, row(1).id], skipped: [], stopped: null });
  t.notOk(existsSync(fixture.fileOf(row(0))));
  t.notOk(existsSync(dirname(fixture.fileOf(row(0)))), 'its folder was empty');
  t.ok(existsSync(dirname(fixture.fileOf(row(1)))), 'this one is not');
  const vaultDir = join(fixture.storeDir, 'web');
  t.equal(
    execFileSync('sha256sum', ['--strict', '-c', 'SHA256SUMS'], { cwd: vaultDir, encoding: 'utf8' }).match(/OK/g)
      ?.length,
    3,
  );
  fixture.edit((catalog) => {
    t.match(catalog.archives.byId(row(0).id), { state: 'pruned', path: null, reason: REASON, announcedAtMs: null });
    const events = catalog.history.newest({ key: row(0).key }, 10);
    t.strictSame(
      events.map(({ event }) => event),
      ['archive.pruned', 'archive.removing'],
    );
    t.match(events[0], { actor: 'prune', detail: { reason: REASON, announcedAt: '2026-11-21T00:00:00.000Z' } });
    t.match(catalog.archives.byId(row(4).id), { state: 'stored' });
  });

  t.test('the last one of a vault takes its folders along, but not that of the vault', async (t) => {
    const others = fixture.store({ key: 'new/a', path: 'n', content: 'x', series: 'files', lastModifiedMs: NOW_MS });
    t.equal(others.length, 1);
    rmSync(join(dirname(fixture.fileOf(row(1))), 'by-hand'));
    await remove(rows);
    t.strictSame(existsSync(join(vaultDir, 'web1/d02')), true, 'nobody looked into it again');
    t.ok(existsSync(vaultDir));
    t.ok(existsSync(join(vaultDir, 'n')));
  });
});

const STAYS: readonly [what: string, RegExp, (bench: Bench, catalog: Catalog, row: ArchiveRow) => void][] = [
  [
    'pinned',
    /pinned/,
    (_, { pins }, { id: archiveId }) => pins.pin({ archiveId, pinnedAtMs: 1, reason: 'r', expiresAtMs: null }),
  ],
  [
    'frozen',
    /frozen/,
    (_, { freezes }) => freezes.begin({ vault: 'web', series: 'files', cause: 'owner', reason: 'r' }, NOW_MS),
  ],
  ['not announced', /not announced/, (_, { retention }, { id }) => retention.withdraw(id)],
  [
    'announced a moment too late',
    /long enough/,
    (_, { retention }, { id }) => {
      retention.withdraw(id);
      retention.announce(id, NOW_MS - DAY + 1);
    },
  ],
  ['damaged', /damaged/, (_, { archives }, { id }) => archives.recordDamaged(id, NOW_MS)],
  ['of no series', /no series/, (_, { archives }, { id }) => archives.setSeries(id, null)],
  [
    'the newest that is right',
    /newest verified/,
    ({ rows }, { archives }, { id }) => {
      for (const row of rows) if (row.id > id) archives.recordDamaged(row.id, NOW_MS);
    },
  ],
  [
    'truncated',
    /8 bytes instead of 16/,
    ({ fixture }, _, row) => {
      chmodSync(fixture.fileOf(row), 0o640);
      writeFileSync(fixture.fileOf(row), 'shorter!');
    },
  ],
  [
    'a symbolic link now',
    /symbolic link/,
    ({ fixture }, _, row) => {
      renameSync(fixture.fileOf(row), join(fixture.dir, 'away'));
      symlinkSync(join(fixture.dir, 'away'), fixture.fileOf(row));
    },
  ],
  [
    'a folder now',
    /not a regular file/,
    ({ fixture }, _, row) => {
      rmSync(fixture.fileOf(row));
      mkdirSync(fixture.fileOf(row));
    },
  ],
];
for (const [what, why, prepare] of STAYS) {
  t.test(`${what}: it stays, and the others go`, async (t) => {
    const bench = createBench(t);
    const { fixture, row, remove } = bench;
    const report = await remove([row(1)], (catalog) => prepare(bench, catalog, row(1)));
    t.strictSame(report.removed, []);
    t.match(report.skipped, [{ archiveId: row(1).id, why }]);
    t.ok(existsSync(fixture.fileOf(row(1))));
    fixture.edit((catalog) => t.match(catalog.archives.byId(row(1).id), { state: 'stored' }));
    if (what === 'frozen') return;
    t.match(await remove([row(0)]), { removed: [row(0).id], stopped: null });
  });
}

t.test('a stored file that is missing is damage, not a removal', async (t) => {
  const { fixture, row, remove } = createBench(t);
  rmSync(fixture.fileOf(row(0)));
  const report = await remove([row(0), row(1)]);
  t.match(report, { removed: [row(1).id], skipped: [{ why: 'the file is missing' }] });
  fixture.edit((catalog) => {
    t.match(catalog.archives.byId(row(0).id), { state: 'stored', damagedAtMs: NOW_MS });
    t.match(catalog.history.newest({ event: 'archive.damaged' }, 2), [{ actor: 'prune', detail: { kind: 'missing' } }]);
  });
});

t.test('the triggers refuse the newest verified archive whoever asks', async (t) => {
  const { fixture, row, rows } = createBench(t);
  fixture.edit((catalog) => {
    t.throws(() => catalog.retention.markRemoving(row(4).id, REASON), /newest verified archive of a series/);
    for (const { id } of rows.slice(2)) catalog.archives.recordDamaged(id, NOW_MS);
    t.throws(() => catalog.retention.markRemoving(row(1).id, REASON), /newest verified archive of a series/);
    t.ok(catalog.retention.markRemoving(row(0).id, REASON));
  });
});

t.test('a disk that refuses one file keeps it, and says so', async (t) => {
  const { fixture, row, remove } = createBench(t);
  const asRoot = process.getuid?.() === 0;
  chmodSync(dirname(fixture.fileOf(row(0))), 0o555);
  t.teardown(() => chmodSync(dirname(fixture.fileOf(row(0))), 0o755));
  // No mode stops root.
  if (asRoot) execFileSync('chown', ['-R', '65534', fixture.dir]);
  if (asRoot) process.seteuid?.(65534);
  const report = await remove([row(0), row(1)]).finally(() => asRoot && process.seteuid?.(0));
  t.match(report, { removed: [row(1).id], skipped: [{ why: /EACCES.*lsattr/ }], stopped: null });
  t.ok(existsSync(fixture.fileOf(row(0))));
  t.match(readFileSync(join(fixture.storeDir, 'web/SHA256SUMS'), 'utf8'), row(0).path ?? '');
  fixture.edit((catalog) =>
    t.match(catalog.archives.byId(row(0).id), { state: 'stored', announcedAtMs: NOW_MS - DAY }),
  );
});

t.test('an interruption ends it between two groups, with the list of checksums as the disk is', async (t) => {
  const { fixture } = createBench(t);
  const many = fixture.store(
    ...Array.from({ length: 200 }, (_, index) => ({
      key: `many/${index}`,
      content: `${index}`,
      series: 'files',
      lastModifiedMs: NOW_MS - 100 * DAY,
    })),
  );
  const stop = new AbortController();
  const opened = openStoreForWriting({ path: fixture.storeDir, expectedStoreId: null, nowMs: NOW_MS });
  for (const { id } of many) opened.catalog.retention.announce(id, NOW_MS - DAY);
  const report = await removeArchives({
    ...opened,
    clock,
    actor: 'prune',
    removals: many.map(({ id }) => ({ archiveId: id, reason: REASON, set: null })),
    announcedUntilMs: NOW_MS,
    signal: stop.signal,
    onRemoved: () => stop.abort(new AppError('INTERRUPTED', 'enough')),
  });
  opened.close();
  t.match(report, { removed: { length: 128 }, skipped: [], stopped: { code: 'INTERRUPTED' } });
  execFileSync('sha256sum', ['--quiet', '--strict', '-c', 'SHA256SUMS'], { cwd: join(fixture.storeDir, 'web') });
  const lines = readFileSync(join(fixture.storeDir, 'web/SHA256SUMS'), 'utf8').trim().split('\n');
  t.equal(lines.length, 5 + 200 - 128);
});

interface SetBench {
  readonly fixture: CommandFixture;
  readonly parts: readonly ArchiveRow[];
  remove(how?: {
    before?: (catalog: Catalog) => void;
    onRemoved?: () => void;
    signal?: AbortSignal;
  }): Promise<RemovalReport>;
}

/** A set of `count` parts, and one archive of its own before and after it. */
function createSetBench(t: Test, count: number): SetBench {
  const { fixture } = createBench(t);
  const old = { series: 'files', lastModifiedMs: NOW_MS - 100 * DAY };
  const parts = fixture.store(
    { ...old, key: 'before', content: 'b' },
    ...Array.from({ length: count }, (_, index) => ({ ...old, key: `set/p${index}`, content: `${index}` })),
    { ...old, key: 'after', content: 'a' },
  );
  fixture.edit((catalog) => {
    for (const { id } of parts) catalog.retention.announce(id, NOW_MS - DAY);
  });
  return {
    fixture,
    parts: parts.slice(1, -1),
    async remove({ before, onRemoved = () => undefined, signal = new AbortController().signal } = {}) {
      const opened = openStoreForWriting({ path: fixture.storeDir, expectedStoreId: null, nowMs: NOW_MS });
      try {
        before?.(opened.catalog);
        const setOf = (key: string) => (key.startsWith('set/') ? 'set/{part}' : null);
        const removals = parts.map(({ id, key }) => ({ archiveId: id, reason: REASON, set: setOf(key) }));
        const how = { clock, actor: 'prune', announcedUntilMs: NOW_MS - DAY, signal, onRemoved } as const;
        return await removeArchives({ ...opened, ...how, removals });
      } finally {
        opened.close();
      }
    },
  };
}

const thereOf = ({ fixture, parts }: SetBench) => parts.filter((row) => existsSync(fixture.fileOf(row))).length;

t.test('no interruption cuts a set, however many parts it has', async (t) => {
  const bench = createSetBench(t, 300);
  const stop = new AbortController();
  const report = await bench.remove({
    signal: stop.signal,
    onRemoved: () => stop.abort(new AppError('INTERRUPTED', 'enough')),
  });
  t.match(report, { removed: { length: 1 }, stopped: { code: 'INTERRUPTED' } }, 'before the set');
  t.equal(thereOf(bench), 300);

  const again = new AbortController();
  let removed = 0;
  await bench.remove({
    signal: again.signal,
    onRemoved() {
      removed += 1;
      if (removed === 2) again.abort(new AppError('INTERRUPTED', 'enough'));
    },
  });
  t.equal(thereOf(bench), 0, 'in the middle of it');
});

const HOLDS_SET: readonly [
  what: string,
  kind: string,
  RegExp,
  (bench: SetBench, catalog: Catalog, row: ArchiveRow) => void,
][] = [
  [
    'pinned',
    'pinned',
    /pinned/,
    (_, { pins }, { id: archiveId }) => pins.pin({ archiveId, pinnedAtMs: 1, reason: 'r', expiresAtMs: null }),
  ],
  ['missing', 'damaged', /missing/, ({ fixture }, _, row) => rmSync(fixture.fileOf(row))],
  ['not announced', 'changed', /not announced/, (_, { retention }, { id }) => retention.withdraw(id)],
  [
    'given up meanwhile',
    'changed',
    /not stored/,
    (_, { retention }, { id }) => {
      retention.markRemoving(id, 'r');
      retention.markPruned(id);
    },
  ],
];
for (const [what, kind, why, prepare] of HOLDS_SET) {
  t.test(`a part that is ${what} keeps its whole set, and nothing else`, async (t) => {
    const bench = createSetBench(t, 5);
    const held = bench.parts[3];
    if (held === undefined) throw new Error('there are five parts');
    const report = await bench.remove({ before: (catalog) => prepare(bench, catalog, held) });
    t.equal(report.removed.length, 2, 'before and after');
    t.equal(report.skipped.length, 5);
    t.match(
      report.skipped.find(({ archiveId }) => archiveId === held.id),
      { kind, why },
    );
    const other = report.skipped.find(({ archiveId }) => archiveId === bench.parts[0]?.id);
    t.match(other, { kind: 'set', why: /another part of its set.*set\/p3/ });
    bench.fixture.edit(({ archives }) => {
      for (const { id } of bench.parts.filter((part) => part !== held)) {
        t.match(archives.byId(id), { state: 'stored', reason: null, announcedAtMs: NOW_MS - DAY });
      }
    });
  });
}

t.test('a set whose newest part is the newest of the series stays whole', async (t) => {
  const bench = createSetBench(t, 3);
  const report = await bench.remove({
    before({ archives }) {
      const parts = new Set(bench.parts.map(({ id }) => id));
      for (let id = 1; id <= 10; id += 1) if (!parts.has(id)) archives.recordDamaged(id, NOW_MS);
    },
  });
  t.match(report, { removed: [], stopped: null });
  t.equal(thereOf(bench), 3);
});

t.test('a disk that refuses one part keeps all of them', async (t) => {
  const bench = createSetBench(t, 3);
  const [, second] = bench.parts;
  if (second === undefined) throw new Error('there are three parts');
  const asRoot = process.getuid?.() === 0;
  chmodSync(dirname(bench.fixture.fileOf(second)), 0o555);
  t.teardown(() => chmodSync(dirname(bench.fixture.fileOf(second)), 0o755));
  // No mode stops root.
  if (asRoot) execFileSync('chown', ['-R', '65534', bench.fixture.dir]);
  if (asRoot) process.seteuid?.(65534);
  const report = await bench.remove().finally(() => asRoot && process.seteuid?.(0));
  t.match(report, { removed: { length: 2 }, stopped: null });
  t.match(report.skipped, [{ kind: 'refused', why: /EACCES.*lsattr/ }, { kind: 'refused' }, { kind: 'refused' }]);
  t.equal(thereOf(bench), 3);
  bench.fixture.edit(({ history }) => {
    // Root is refused only by the removal itself.
    if (!asRoot) t.equal(history.newest({ event: 'archive.removing' }, 9).length, 2, 'of the set nothing was begun');
    t.equal(history.newest({ event: 'archive.removal-refused' }, 9).length, 3);
  });
  if (asRoot) process.seteuid?.(65534);
  await bench.remove().finally(() => asRoot && process.seteuid?.(0));
  bench.fixture.edit(({ history }) =>
    t.equal(history.newest({ event: 'archive.removal-refused' }, 9).length, 3, 'told once'),
  );
});
