import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statfsSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { openStateFile } from '../../src/store/state-file.ts';
import { parseOutput, type RunResult } from '../support/command-fixture.ts';
import { directoryListing } from '../support/directory-listing.ts';
import {
  breakFilesystem,
  createDiskFixture,
  type DiskFixture,
  isMounted,
  MIB,
  makeImage,
  mendImage,
  mountImage,
  mountMemory,
  resizeMemory,
  unmount,
} from './disk-fixture.ts';

/** The real program on real filesystems in trouble: what it says, its exit status, what it leaves behind, and that it finishes afterwards. */

t.test('a disk too small, with nothing kept free', async (t) => {
  const fixture = await createDiskFixture(t);
  mountMemory(fixture.diskDir, 20);
  await init(t, fixture);
  fixture.fill(10, 4 * MIB);
  const result = await fixture.run(['sync', '--json']);
  assertStopped(t, fixture, result, 'STORE_FULL', 75);
  t.ok(rightFiles(t, fixture) >= 3, 'what has room is here');
  resizeMemory(fixture.diskDir, 64);
  await assertFinishes(t, fixture);
});

t.test('a disk too small for minFree: not a byte of that is taken', async (t) => {
  const fixture = await createDiskFixture(t, { minFree: '8MiB' });
  mountMemory(fixture.diskDir, 32);
  await init(t, fixture);
  fixture.fill(10, 4 * MIB);
  const result = await fixture.run(['sync', '--json']);
  assertStopped(t, fixture, result, 'STORE_FULL', 75);
  t.ok(rightFiles(t, fixture) >= 3);
  t.ok(freeBytes(fixture.diskDir) >= 8 * MIB);
  resizeMemory(fixture.diskDir, 80);
  await assertFinishes(t, fixture);
});

for (const [kind, minFree] of [
  ['tmpfs', '0'],
  ['ext4', '0'],
  ['tmpfs', '4MiB'],
] as const) {
  t.test(`another program fills the disk meanwhile (${kind}, minFree ${minFree})`, async (t) => {
    const fixture = await createDiskFixture(t, { minFree, limit: '8MB/s' });
    mountDisk(fixture, kind, 64);
    await init(t, fixture);
    fixture.fill(8, 4 * MIB);
    const greedy = join(fixture.diskDir, 'greedy');
    const result = await fixture.syncAnd(6 * MIB, () => takeAll(greedy));
    assertStopped(t, fixture, result, 'STORE_FULL', 75);
    rightFiles(t, fixture);
    const again = await fixture.run(['sync', '--json']);
    assertStopped(t, fixture, again, 'STORE_FULL', 75);
    rightFiles(t, fixture);
    unlinkSync(greedy);
    await assertFinishes(t, fixture);
  });
}

t.test('mounted read-only', async (t) => {
  const fixture = await createDiskFixture(t);
  mountDisk(fixture, 'ext4', 64);
  await init(t, fixture);
  fixture.fill(2, MIB);
  execFileSync('mount', ['-o', 'remount,ro', fixture.diskDir]);
  const before = directoryListing(fixture.dir, [fixture.stateDir]);
  const result = await fixture.run(['sync']);
  assertRefused(t, result, 75, /mounted read-only \(\/dev\/loop/);
  t.strictSame(directoryListing(fixture.dir, [fixture.stateDir]), before);
  const told = await fixture.run(['status']);
  t.match(told.stdout, /mounted read-only/);
  t.equal(told.status, 75);
  execFileSync('mount', ['-o', 'remount,rw', fixture.diskDir]);
  await assertFinishes(t, fixture);
});

t.test('it becomes read-only in the middle, as after an error of the disk', async (t) => {
  const fixture = await createDiskFixture(t, { limit: '8MB/s' });
  const image = mountDisk(fixture, 'ext4', 96);
  await init(t, fixture);
  fixture.fill(2, MIB);
  t.equal((await fixture.run(['sync'])).status, 0);
  fixture.fill(6, 4 * MIB);
  const result = await fixture.syncAnd(10 * MIB, () => breakFilesystem(fixture.diskDir));
  assertStopped(t, fixture, result, 'STORE_READ_ONLY', 75);
  rightFiles(t, fixture);
  assertRefused(t, await fixture.run(['sync']), 75, /read-only/);
  unmount(fixture.diskDir);
  mendImage(image);
  mountImage(image, fixture.diskDir);
  rightFiles(t, fixture);
  await assertFinishes(t, fixture);
});

t.test('a store that may not be changed, even by root', async (t) => {
  const fixture = await createDiskFixture(t);
  mountDisk(fixture, 'ext4', 64);
  await init(t, fixture);
  fixture.fill(2, MIB);
  execFileSync('chattr', ['+i', fixture.diskDir]);
  const result = await fixture.run(['sync', '--json']);
  execFileSync('chattr', ['-i', fixture.diskDir]);
  t.equal(result.status, 75);
  t.match(result.stdout, /STORE_FORBIDDEN/);
  t.notOk(existsSync(join(fixture.diskDir, 'web')));
  await assertFinishes(t, fixture);
});

t.test('not mounted: nothing is written to the folder underneath', async (t) => {
  const fixture = await createDiskFixture(t);
  const image = mountDisk(fixture, 'ext4', 64);
  await init(t, fixture);
  fixture.fill(2, MIB);
  t.equal((await fixture.run(['sync'])).status, 0);
  fixture.fill(1, MIB);
  unmount(fixture.diskDir);
  assertRefused(t, await fixture.run(['sync']), 75, /the disk with the store is not mounted at/);
  t.strictSame(readdirSync(fixture.diskDir), []);
  mountImage(image, fixture.diskDir);
  await assertFinishes(t, fixture);
});

t.test('not mounted, and a copy of the marker underneath', async (t) => {
  const fixture = await createDiskFixture(t);
  const image = mountDisk(fixture, 'ext4', 64);
  await init(t, fixture);
  fixture.fill(2, MIB);
  execFileSync('cp', ['--archive', fixture.diskDir, join(fixture.dir, 'copy')]);
  unmount(fixture.diskDir);
  execFileSync('cp', ['--archive', '--no-target-directory', join(fixture.dir, 'copy'), fixture.diskDir]);
  const before = directoryListing(fixture.diskDir);
  assertRefused(t, await fixture.run(['sync']), 75, /no disk is mounted at .*, although its store was made on one/);
  t.strictSame(directoryListing(fixture.diskDir), before);
  mountImage(image, fixture.diskDir);
  await assertFinishes(t, fixture);
});

for (const kind of ['tmpfs', 'ext4'] as const) {
  t.test(`pulled out in the middle (${kind}): nothing is written to the folder underneath`, async (t) => {
    const fixture = await createDiskFixture(t, { limit: '8MB/s' });
    const image = mountDisk(fixture, kind, 96);
    await init(t, fixture);
    fixture.fill(1, MIB);
    t.equal((await fixture.run(['sync'])).status, 0);
    fixture.fill(6, 4 * MIB);
    // The memory of a tmpfs goes with its last mount: another one keeps it.
    const keep = join(fixture.dir, 'keep');
    mkdirSync(keep);
    execFileSync('mount', ['--bind', fixture.diskDir, keep]);
    t.teardown(() => unmount(keep, '--lazy'));
    const result = await fixture.syncAnd(10 * MIB, () => unmount(fixture.diskDir, '--lazy'));
    assertStopped(t, fixture, result, 'STORE_MISSING', 75);
    t.notOk(isMounted(fixture.diskDir));
    t.strictSame(readdirSync(fixture.diskDir), []);
    if (kind === 'tmpfs') execFileSync('mount', ['--bind', keep, fixture.diskDir]);
    else {
      unmount(keep);
      mountImage(image, fixture.diskDir);
      execFileSync('mount', ['--bind', fixture.diskDir, keep]);
    }
    rightFiles(t, fixture);
    await assertFinishes(t, fixture);
  });
}

t.test('another disk is plugged in: filled from the beginning, and both go on', async (t) => {
  const fixture = await createDiskFixture(t);
  const first = mountDisk(fixture, 'ext4', 64);
  await init(t, fixture);
  fixture.fill(3, MIB);
  t.equal((await fixture.run(['sync'])).status, 0);
  unmount(fixture.diskDir);
  const second = join(fixture.dir, 'second.img');
  makeImage(second, 64);
  mountImage(second, fixture.diskDir);
  assertRefused(t, await fixture.run(['sync']), 75, /is not mounted at/);
  t.strictSame(readdirSync(fixture.diskDir), ['lost+found'], 'an empty disk is not taken for the store');
  await init(t, fixture);
  const swapped = await fixture.run(['sync', '--json']);
  t.match(parseOutput('sync', swapped.stdout).vaults, [{ listing: 'full', downloaded: 3 }]);
  rightFiles(t, fixture, 3);
  fixture.fill(1, MIB);
  unmount(fixture.diskDir);
  mountImage(first, fixture.diskDir);
  const back = await fixture.run(['sync', '--json']);
  t.match(parseOutput('sync', back.stdout).vaults, [{ listing: 'full', downloaded: 1 }]);
  await assertFinishes(t, fixture);
});

t.test('the disk is swapped in the middle for another whole store', async (t) => {
  const fixture = await createDiskFixture(t, { limit: '8MB/s' });
  mountDisk(fixture, 'ext4', 96);
  const second = join(fixture.dir, 'second.img');
  makeImage(second, 96);
  mountImage(second, fixture.diskDir);
  await init(t, fixture);
  unmount(fixture.diskDir);
  await init(t, fixture);
  fixture.fill(6, 4 * MIB);
  let before: string[] = [];
  const result = await fixture.syncAnd(10 * MIB, () => {
    unmount(fixture.diskDir, '--lazy');
    mountImage(second, fixture.diskDir);
    before = directoryListing(fixture.diskDir);
  });
  t.equal(result.status, 75, result.stdout);
  t.match(parseOutput('sync', result.stdout).stopped ?? parseOutput('sync', result.stdout).vaults[0]?.problem, {
    code: 'STORE_WRONG',
  });
  t.strictSame(directoryListing(fixture.diskDir), before, 'nothing was written to the other store');
  await assertFinishes(t, fixture);
});

t.test('the state directory is on a card that is full', async (t) => {
  const fixture = await createDiskFixture(t);
  mountMemory(fixture.diskDir, 64);
  mountMemory(fixture.stateDir, 1);
  t.teardown(() => unmount(fixture.stateDir, '--lazy'));
  await init(t, fixture);
  fixture.fill(3, MIB);
  const greedy = join(fixture.stateDir, 'greedy');
  takeAll(greedy);
  const result = await fixture.run(['sync', '--json']);
  t.equal(result.status, 78, result.stdout + result.stderr);
  const { vaults, afterwards } = parseOutput('sync', result.stdout);
  t.match(vaults, [{ problem: null, failures: [], downloaded: 3 }], 'the archives are pulled all the same');
  t.match(afterwards, { code: 'STATE_UNUSABLE', message: /no space to write .*state\/catalog-.*\.db\.\d+\.new/ });
  rightFiles(t, fixture, 3);
  const [problem, ...others] = readdirSync(fixture.stateDir);
  t.match(problem, /^catalog-.*\.db\.problem$/, 'for status');
  t.strictSame(others, ['greedy'], 'nothing half is left');
  unlinkSync(greedy);
  await assertFinishes(t, fixture);
  t.strictSame(
    readdirSync(fixture.stateDir).map((name) => name.replace(/-[0-9a-f-]{36}\./, '-ID.')),
    ['catalog-ID.db', 'state.json'],
  );
});

t.test('the state directory is read-only', async (t) => {
  const fixture = await createDiskFixture(t);
  mountMemory(fixture.diskDir, 64);
  mountMemory(fixture.stateDir, 1);
  t.teardown(() => unmount(fixture.stateDir, '--lazy'));
  await init(t, fixture);
  fixture.fill(1, MIB);
  execFileSync('mount', ['-o', 'remount,ro', fixture.stateDir]);
  assertRefused(t, await fixture.run(['sync']), 78, /state directory .* cannot be written: EROFS/);
  t.notOk(existsSync(join(fixture.diskDir, 'web')));
  execFileSync('mount', ['-o', 'remount,rw', fixture.stateDir]);
  await assertFinishes(t, fixture);
});

async function init(t: Test, { run, diskDir }: DiskFixture): Promise<void> {
  const { status, stderr } = await run(['init', diskDir]);
  t.equal(status, 0, stderr);
}

/** Answers the image, if there is one. */
function mountDisk({ dir, diskDir }: DiskFixture, kind: 'tmpfs' | 'ext4', sizeMib: number): string {
  const image = join(dir, 'first.img');
  if (kind === 'tmpfs') mountMemory(diskDir, sizeMib);
  else {
    makeImage(image, sizeMib);
    mountImage(image, diskDir);
  }
  return image;
}

/** Writes until nothing more fits. */
function takeAll(path: string): void {
  try {
    execFileSync('dd', ['if=/dev/zero', `of=${path}`, 'bs=4k'], { stdio: 'pipe' });
  } catch (error) {
    if (!(error instanceof Error) || !error.message.includes('No space left')) throw error;
  }
}

/** The pass ended early, for this reason, and it is remembered; the report is whole. */
function assertStopped(t: Test, { stateDir }: DiskFixture, result: RunResult, code: string, exit: number): void {
  t.equal(result.status, exit, result.stdout + result.stderr);
  const { stopped, vaults } = parseOutput('sync', result.stdout);
  const problem = stopped ?? vaults[0]?.problem;
  t.equal(problem?.code, code, result.stdout);
  t.ok(problem?.hint);
  const { lastPass, vaults: remembered } = openStateFile(stateDir).state;
  t.equal((lastPass?.stopped ?? remembered.web?.lastError)?.code, code, 'it is remembered');
}

function assertRefused(t: Test, { status, stderr }: RunResult, exit: number, words: RegExp): void {
  t.equal(status, exit, stderr);
  t.match(stderr, words);
  t.match(stderr, /next: /);
}

/** Every file under a final name has the content of the vault; says how many there are. */
function rightFiles(t: Test, { diskDir, archives }: DiskFixture, expected?: number): number {
  const folder = join(diskDir, 'web/web1');
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const wrong = names.filter((name) => archives.get(`web1/${name}`)?.equals(readFileSync(join(folder, name))) !== true);
  t.strictSame(wrong, [], 'every file is right');
  if (expected !== undefined) t.equal(names.length, expected);
  return names.length;
}

async function assertFinishes(t: Test, fixture: DiskFixture): Promise<void> {
  const { status, stdout, stderr } = await fixture.run(['sync']);
  t.equal(status, 0, stdout + stderr);
  rightFiles(t, fixture, fixture.archives.size);
  t.strictSame(readdirSync(join(fixture.diskDir, '.pullmirror/partial')), []);
  const sums = execFileSync('sha256sum', ['--check', '--strict', 'SHA256SUMS'], {
    cwd: join(fixture.diskDir, 'web'),
    encoding: 'utf8',
  });
  t.equal(sums.match(/: OK$/gm)?.length, fixture.archives.size);
  const again = await fixture.run(['sync', '--json']);
  t.match(parseOutput('sync', again.stdout).vaults, [{ downloaded: 0, newArchives: 0, problem: null }]);
}

function freeBytes(directory: string): number {
  const { bavail, bsize } = statfsSync(directory);
  return bavail * bsize;
}
