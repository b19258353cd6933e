import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { AppError } from '../../src/core/errors.ts';
import { passExitStatus } from '../../src/core/exit-status.ts';
import type { PassReport } from '../../src/core/pass-report.ts';
import { FailureTally } from '../../src/jobs/failure-tally.ts';
import { silentProgress } from '../../src/jobs/pass-progress.ts';
import { BUCKET, createMirrorFixture, type MirrorFixture, VAULT } from '../support/mirror-fixture.ts';
import { openItems } from '../support/open-items.ts';

/** A disk with so much room: how often a pass looks at it, and what it tells of single archives. */
interface SmallDisk {
  readonly looks: number;
  readonly lines: readonly string[];
  roomBytes: number;
  pass(): Promise<PassReport>;
}

t.test('a full disk is told once, with what waits, and not tried for each archive', async (t) => {
  const fixture = await createMirrorFixture();
  t.teardown(() => fixture.close());
  seed(fixture, Array(100).fill(20_000));
  const disk = smallDisk(fixture, 217_000);
  const report = await disk.pass();
  t.match(report.vaults[0], {
    downloaded: 10,
    failures: [],
    problem: {
      code: 'STORE_FULL',
      message: 'the disk is full: less than 1 MB is left above minFree, and 90 archives (1.8 MB) of web wait for room',
      hint: /`pullmirror prune`.*larger disk/,
    },
  });
  t.strictSame(disk.lines, []);
  t.ok(disk.looks < 50, `${disk.looks} looks at the disk`);
  t.equal(passExitStatus(report, false), 75);

  t.match((await disk.pass()).vaults[0], { downloaded: 0, problem: { message: /90 archives/ } }, 'and so by the next');
  disk.roomBytes += 1e7;
  t.match((await disk.pass()).vaults[0], { downloaded: 90, problem: null }, 'with room they come');
});

t.test('what lies on a full disk already finds its row, wherever it is in the queue', async (t) => {
  const fixture = await createMirrorFixture();
  t.teardown(() => fixture.close());
  seed(fixture, Array(100).fill(20_000));
  const folder = fixture.open.store.vaultDir(VAULT);
  mkdirSync(folder);
  // What a crash left between the file's name and its row, and what a stranger put there.
  for (const name of ['k50', 'k99']) writeFileSync(join(folder, name), Buffer.alloc(20_000, `${name} `));
  writeFileSync(join(folder, 'k70'), Buffer.alloc(20_000, 'x'));
  const disk = smallDisk(fixture, 5 * 20_000 + 17_000);
  t.match((await disk.pass()).vaults[0], {
    downloaded: 2,
    adopted: 2,
    failures: [],
    problem: { code: 'STORE_FULL', message: /96 archives \(1\.9 MB\) of web wait for room/ },
  });
  t.strictSame(disk.lines, []);
  t.ok(disk.looks < 50, `${disk.looks} looks at the disk`);
  t.strictSame(fixture.catalog.history.newest({ event: 'store.foreign-file' }, 10), [], 'each pass would say so');
  t.match((await disk.pass()).vaults[0], { downloaded: 0, adopted: 0, problem: { message: /96 archives/ } });
});

t.test('smaller archives that fit come although a larger one does not', async (t) => {
  const fixture = await createMirrorFixture();
  t.teardown(() => fixture.close());
  seed(fixture, [500_000, 400_000, 10_000, 300_000, 10_000]);
  const disk = smallDisk(fixture, 100_000);
  t.match((await disk.pass()).vaults[0], {
    downloaded: 2,
    problem: {
      message: 'the disk is full: less than 1 MB is left above minFree, and 3 archives (1.2 MB) of web wait for room',
    },
  });
});

t.test('what has to leave the room to the next archives waits for room, not for the owner', async (t) => {
  const series = ['a', 'b'].map((name) => `  - { name: ${name}, vault: web, match: "${name}/*", expectEvery: 1d }`);
  const fixture = await createMirrorFixture({ yaml: `series:\n${series.join('\n')}` });
  t.teardown(() => fixture.close());
  const sizes = Array(4).fill(20_000);
  seed(fixture, sizes, 'a/', 1e9);
  seed(fixture, sizes, 'b/', 1e9);
  const disk = smallDisk(fixture, 1e9);
  await disk.pass();
  seed(fixture, Array(8).fill(20_000), 'a/old-');
  disk.roomBytes = 8 * 20_000 + 1e6;
  const report = await disk.pass();
  t.match(report.vaults[0], {
    downloaded: 0,
    problem: {
      code: 'STORE_FULL',
      message:
        /^the disk is full: what is left above minFree \(1\.0 MB\) is kept for the next archives, and 8 archives \(160 kB\) of web wait/,
    },
  });
  t.strictSame(openItems(fixture.catalog), [], 'nobody is asked to accept them');
  t.strictSame(disk.lines, []);
  t.equal(passExitStatus(report, false), 75);
});

t.test(
  'a disk that refuses to take more, whatever it says of its room (a quota), is not asked for each archive',
  async (t) => {
    const tally = new FailureTally();
    const refuse = () => tally.note('k', new AppError('STORE_FULL', 'no space: writing k'));
    for (let n = 0; n < 7; n += 1) refuse();
    t.notOk(tally.over);
    tally.succeeded();
    for (let n = 0; n < 7; n += 1) refuse();
    t.notOk(tally.over, 'a smaller one found room');
    refuse();
    t.ok(tally.over);
    t.match([tally.stop, tally.full, tally.failures], [null, { code: 'STORE_FULL' }, []]);
  },
);

t.test('with `thin`, what is older than all that is here waits without an alarm; what is newer does not', async (t) => {
  const series = ['a', 'b'].map((name) => `  - { name: ${name}, vault: web, match: "${name}/*", expectEvery: 1d }`);
  const yaml = `series:\n${series.join('\n')}`;
  const fixture = await createMirrorFixture({ yaml });
  Object.assign(fixture.config.store, { whenFull: 'thin', floor: 2 });
  t.teardown(() => fixture.close());
  for (const prefix of ['a/', 'b/']) seed(fixture, Array(20).fill(20_000), prefix, 1e9);
  const disk = smallDisk(fixture, 12 * 20_000 + 17_000);
  const first = await disk.pass();
  t.match(first.vaults[0], { problem: null, failures: [] }, 'they would be the first to go again');
  t.ok((first.vaults[0]?.downloaded ?? 0) > 5);
  t.equal(passExitStatus(first, false), 0);
  seed(fixture, Array(4).fill(20_000), 'a/new-', 2e9);
  const second = await disk.pass();
  t.match(second.vaults[0], {
    problem: {
      code: 'STORE_FULL',
      message: /less than 1 MB is left above minFree, and \d archives? \(.*\) of web wait/,
      hint: /^Let `pullmirror prune` run/,
    },
  });
  t.notMatch(second.vaults[0]?.problem?.hint, 'whenFull');
  fixture.catalog.freezes.begin({ vault: VAULT, series: 'a', cause: 'bulk', reason: 'many' }, Date.now());
  t.match((await disk.pass()).vaults[0]?.problem, { code: 'STORE_FULL' }, 'nothing is thinned during a flood');
});

function seed({ server }: MirrorFixture, sizes: readonly number[], prefix = 'k', fromMs = 0): void {
  const objects = sizes.map((size, n) => ({
    key: `${prefix}${n}`,
    body: Buffer.alloc(size, `${prefix}${n} `),
    // The first is the newest.
    lastModifiedMs: fromMs + (sizes.length - n) * 1000,
  }));
  server.seed(BUCKET, objects);
}

/** The fixture's disk as if it took no more than so many bytes of archives. */
function smallDisk(fixture: MirrorFixture, roomBytes: number): SmallDisk {
  const lines: string[] = [];
  const disk = {
    looks: 0,
    lines,
    roomBytes,
    pass: () =>
      fixture.pass({ progress: { ...silentProgress, failed: (row, why) => lines.push(`${row.key}: ${why}`) } }),
  };
  const value = () => {
    disk.looks += 1;
    return Math.max(0, disk.roomBytes - usedBytes(fixture.storeDir));
  };
  Object.defineProperty(fixture.open.store, 'roomBytes', { value });
  return disk;
}

function usedBytes(storeDir: string): number {
  let sum = 0;
  for (const name of readdirSync(storeDir, { recursive: true, encoding: 'utf8' })) {
    if (!/^web\/(a\/|b\/)?[^/S]+$|\.part$/.test(name)) continue;
    const file = statSync(join(storeDir, name), { throwIfNoEntry: false });
    // While it is published a file has two names.
    if (file?.isFile() === true) sum += file.size / file.nlink;
  }
  return sum;
}
