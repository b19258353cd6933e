import { existsSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { makeBadInode } from '../support/bad-inode.ts';
import { makeBadSector } from '../support/bad-sector.ts';
import { BUCKET, VAULT } from '../support/mirror-fixture.ts';
import { createRottenMirror, LARGE, OTHER, type RottenMirror, SMALL } from '../support/rotten-mirror.ts';

const MIB = 1024 * 1024;

interface Rot {
  readonly kind: string;
  readonly what: string;
  readonly key: string;
  /** Nothing lay there that could be kept. */
  readonly leavesNothing?: true;
  spoil(mirror: RottenMirror, key: string): void;
}

const ROT: readonly Rot[] = [
  {
    kind: 'wrong-content',
    what: 'a flipped bit in a large file',
    key: LARGE,
    spoil: (mirror, key) => mirror.flip(key, 5 * MIB),
  },
  {
    kind: 'wrong-content',
    what: 'a flipped bit in a small file',
    key: SMALL,
    spoil: (mirror, key) => mirror.flip(key, 7),
  },
  {
    kind: 'wrong-size',
    what: 'a truncated file',
    key: LARGE,
    spoil: (mirror, key) => mirror.overwrite(key, mirror.body(key).subarray(0, MIB)),
  },
  {
    kind: 'missing',
    what: 'a removed file',
    key: SMALL,
    leavesNothing: true,
    spoil: (mirror, key) => rmSync(mirror.file(key)),
  },
  {
    kind: 'missing',
    what: 'the whole folder removed',
    key: LARGE,
    leavesNothing: true,
    spoil: (mirror) => rmSync(join(mirror.storeDir, VAULT), { recursive: true }),
  },
  {
    kind: 'not-a-file',
    what: 'a symbolic link',
    key: SMALL,
    spoil(mirror, key) {
      rmSync(mirror.file(key));
      symlinkSync('/etc/passwd', mirror.file(key));
    },
  },
  {
    kind: 'not-a-file',
    what: 'a folder',
    key: SMALL,
    spoil(mirror, key) {
      rmSync(mirror.file(key));
      mkdirSync(mirror.file(key));
      writeFileSync(join(mirror.file(key), 'note'), 'mine');
    },
  },
];

for (const { kind, what, key, leavesNothing, spoil } of ROT) {
  t.test(`${what}: found by scrub, repaired from the vault by the next pass`, async (t) => {
    const mirror = await createRottenMirror(t);
    const proof = mirror.row(key);
    spoil(mirror, key);
    const beside = existsSync(mirror.file(OTHER)) ? mirror.stateOf(OTHER) : null;

    const report = await mirror.scrub();
    t.match(report, { checked: 3, endedBy: 'share' });
    t.match(
      report.damaged.first.find(({ archive }) => archive.key === key),
      { kind },
    );
    t.match(
      mirror.attention().find(([, damaged]) => damaged === key),
      ['damaged', key],
    );

    const pass = await mirror.pass();
    t.match(pass.vaults[0], { problem: null, failures: [], downloaded: 0, repaired: report.damaged.count });
    t.ok(readFileSync(mirror.file(key)).equals(mirror.body(key)), 'the right bytes are back');
    t.match(statSync(mirror.file(key)), { mode: 0o100440, mtimeMs: proof.lastModifiedMs, nlink: 1 });
    t.strictSame(mirror.attention(), []);
    const { id, path, sha256, damagedAtMs, verifiedAtMs } = mirror.row(key);
    t.strictSame([id, path, sha256, damagedAtMs], [proof.id, proof.path, proof.sha256, null]);
    t.ok((verifiedAtMs ?? 0) > Date.now() - 60_000);
    t.strictSame(mirror.partials(), []);
    if (beside !== null) t.equal(mirror.stateOf(OTHER), beside, 'the others are untouched');

    const entries = await mirror.quarantine();
    const events = mirror.catalog.history.newest({ key, event: 'archive.repaired' }, 2);
    t.match(events, [{ actor: 'sync', archiveId: id, detail: { source: 'the vault', why: String } }]);
    t.equal(events.length, 1);
    if (leavesNothing === true) t.strictSame([entries, events[0]?.detail.quarantined], [[], null]);
    else {
      t.match(entries, [{ origin: 'store', reason: { origin: 'store', vault: VAULT, key, expected: sha256 } }]);
      t.equal(events[0]?.detail.quarantined, entries[0]?.name);
    }

    const [changes, served] = [mirror.catalog.changeCount(), mirror.server.bytesServed];
    t.match((await mirror.pass()).vaults[0], { problem: null, repaired: 0, downloaded: 0 });
    t.equal(mirror.server.bytesServed, served, 'nothing is fetched again');
    t.equal(mirror.catalog.changeCount(), changes, 'nothing is written');
  });
}

t.test('a sector that cannot be read', async (t) => {
  const mirror = await createRottenMirror(t);
  const sector = await makeBadSector(LARGE, 4 * MIB, () => true);
  t.teardown(sector.mend);
  const bad = statSync(mirror.file(LARGE)).ino;
  t.match(await mirror.scrub(), { damaged: { first: [{ kind: 'unreadable', why: /EIO/ }] } });
  sector.mend();
  const again = await makeBadSector(LARGE, 4 * MIB, (read) => read === 0);
  t.teardown(again.mend);
  t.match((await mirror.pass()).vaults[0], { problem: null, failures: [], repaired: 1 });
  t.ok(again.reads > 0, 'it was looked at once more before it was moved away');
  t.ok(readFileSync(mirror.file(LARGE)).equals(mirror.body(LARGE)));
  const [entry] = await mirror.quarantine();
  t.equal(statSync(entry?.dataPath ?? '').ino, bad);
});

t.test('an inode that cannot be read: the others are hashed and repaired, and nothing is fetched for it', async (t) => {
  const mirror = await createRottenMirror(t);
  const mend = makeBadInode(LARGE);
  t.teardown(mend);
  mirror.flip(SMALL, 3);
  const { checked, damaged } = await mirror.scrub();
  t.equal(checked, 3);
  t.strictSame(damaged.first.map(({ archive, kind }) => [archive.key, kind]).sort(), [
    [LARGE, 'unreadable'],
    [SMALL, 'wrong-content'],
  ]);
  const served = mirror.server.bytesServed;
  t.match((await mirror.pass()).vaults[0], { repaired: 1, failures: [{ key: LARGE, code: 'STORE_UNSUITABLE' }] });
  t.ok(mirror.server.bytesServed - served < MIB);
  mend();
  t.match((await mirror.pass()).vaults[0], { repaired: 0, failures: [] });
  t.strictSame(mirror.attention(), []);
});

t.test('a disk that failed for a while: right again, nothing is fetched or moved', async (t) => {
  const mirror = await createRottenMirror(t);
  const sector = await makeBadSector(LARGE, 4 * MIB, () => true);
  t.teardown(sector.mend);
  await mirror.scrub();
  sector.mend();
  const [before, served] = [mirror.stateOf(LARGE), mirror.server.bytesServed];
  t.match((await mirror.pass()).vaults[0], { problem: null, failures: [], repaired: 0 });
  t.strictSame([mirror.stateOf(LARGE), mirror.server.bytesServed], [before, served]);
  t.strictSame(mirror.attention(), []);
  t.match(mirror.lastEvent('archive.recovered'), { actor: 'sync', key: LARGE });
});

t.test('the vault no longer has it: it stays as it is, loudly, and nothing else is touched', async (t) => {
  const mirror = await createRottenMirror(t);
  mirror.flip(LARGE, 77);
  mirror.server.remove(BUCKET, LARGE);
  await mirror.scrub();
  const before = [LARGE, SMALL, OTHER].map((key) => mirror.stateOf(key));
  await mirror.pass();
  const changes = mirror.catalog.changeCount();
  const sector = await makeBadSector(LARGE, 0, () => false);
  t.teardown(sector.mend);
  t.match((await mirror.pass()).vaults[0], { repaired: 0, failures: [] });
  t.equal(sector.reads, 0, 'what nothing can repair is not read again in every pass');
  t.equal(mirror.catalog.changeCount(), changes, 'nor written about');
  t.strictSame(
    [LARGE, SMALL, OTHER].map((key) => mirror.stateOf(key)),
    before,
  );
  t.match(mirror.attention()[0], ['damaged', LARGE, /the vault no longer has it/]);
  t.strictSame(await mirror.quarantine(), []);
});

t.test('it left the vault since the last listing', async (t) => {
  const mirror = await createRottenMirror(t);
  mirror.flip(LARGE, 77);
  await mirror.scrub();
  const before = mirror.stateOf(LARGE);
  mirror.server.remove(BUCKET, LARGE);
  // The first listing that misses it is followed by a second one before it is called gone.
  const report = await mirror.pass({ full: false });
  t.match(report.vaults[0], { repaired: 0 });
  t.equal(mirror.stateOf(LARGE), before);
});
