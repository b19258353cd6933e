import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { parseOutput } from '../support/command-fixture.ts';
import { createDiskFixture, MIB, makeImage, mountImage } from './disk-fixture.ts';

/** The real program on a disk that does not give back what was written to it. */

const BLOCK_BYTES = 4096;

/** Where the file begins on its disk; it must lie there in one piece. */
function startOf(file: string): number {
  const extents = execFileSync('filefrag', ['-v', file], { encoding: 'utf8' }).matchAll(
    /^ *\d+: +\d+\.\. +\d+: +(\d+)\.\./gm,
  );
  return Math.min(...[...extents].map(([, block]) => Number(block) * BLOCK_BYTES));
}

/** A loop device answers EIO for what lies behind the end of its file. What is written there later can be read again. */
function loseFrom(image: string, position: number, cached: string): void {
  execFileSync('dd', [`if=${cached}`, 'iflag=nocache', 'count=0'], { stdio: 'pipe' });
  execFileSync('truncate', [`--size=${position}`, image]);
}

/** A mirrored vault, and the archive that lies last on the disk. */
async function mirrored(t: Test) {
  const fixture = await createDiskFixture(t);
  const image = join(fixture.dir, 'disk.img');
  makeImage(image, 96, BLOCK_BYTES);
  mountImage(image, fixture.diskDir);
  t.equal((await fixture.run(['init', fixture.diskDir])).status, 0);
  fixture.fill(5, 4 * MIB);
  t.equal((await fixture.run(['sync'])).status, 0);
  execFileSync('sync');
  const folder = join(fixture.diskDir, 'web/web1');
  const files = readdirSync(folder).map((name) => ({ name, start: startOf(join(folder, name)) }));
  const last = files.reduce((a, b) => (a.start > b.start ? a : b));
  return { fixture, image, key: `web1/${last.name}`, file: join(folder, last.name), start: last.start };
}

t.test('sectors that cannot be read: found, repaired from the vault, the bad file kept', async (t) => {
  const { fixture, image, key, file, start } = await mirrored(t);
  loseFrom(image, start + MIB, file);
  t.throws(() => readFileSync(file), { code: 'EIO' });

  const found = await fixture.run(['verify', '--json']);
  t.equal(found.status, 3, found.stderr);
  const { damaged } = parseOutput('verify', found.stdout);
  t.match(damaged, [{ key, kind: 'unreadable', why: /EIO/ }]);
  t.equal(damaged.length, 1);

  const sync = await fixture.run(['sync', '--json']);
  t.equal(sync.status, 0, sync.stdout + sync.stderr);
  t.match(parseOutput('sync', sync.stdout).vaults, [{ repaired: 1, downloaded: 0, failures: [], problem: null }]);
  for (const [own, body] of fixture.archives) t.ok(readFileSync(join(fixture.diskDir, 'web', own)).equals(body), own);
  const [kept] = readdirSync(join(fixture.diskDir, '.pullmirror/quarantine')).filter((name) => name.endsWith('.data'));
  t.equal(statSync(join(fixture.diskDir, '.pullmirror/quarantine', kept ?? '')).size, 4 * MIB);
  t.equal((await fixture.run(['verify'])).status, 0);
  t.equal((await fixture.run(['status'])).status, 0);
});

t.test('and the vault has lost the archive: exit 3, the others untouched, the file stays where it is', async (t) => {
  const { fixture, image, key, file, start } = await mirrored(t);
  const before = readdirSync(dirname(file));
  fixture.server.remove('vault-bucket', key);
  loseFrom(image, start + MIB, file);
  t.equal((await fixture.run(['sync'])).status, 3, 'it left the vault');
  const { status, stdout } = await fixture.run(['verify', '--repair', '--json']);
  t.equal(status, 3);
  t.match(parseOutput('verify', stdout).repair, { repaired: [], lost: [{ key }] });
  t.strictSame(readdirSync(dirname(file)), before);
  for (const [own, body] of fixture.archives) {
    if (own !== key) t.ok(readFileSync(join(fixture.diskDir, 'web', own)).equals(body), own);
  }
  t.strictSame(readdirSync(join(fixture.diskDir, '.pullmirror/quarantine')), []);
  t.match(
    (await fixture.run(['status'])).stdout,
    /the file (?:cannot be read|has changed): .*, and the vault no longer has it/,
  );
});
