import {
  appendFileSync,
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { SteadyClock } from '../../src/core/clock.ts';
import { DAY_MS } from '../../src/core/duration.ts';
import { isSelfCheckDue } from '../../src/jobs/self-check.ts';
import { catalogCopyPath } from '../../src/store/catalog-copy.ts';
import { openStateFile } from '../../src/store/state-file.ts';
import { makeBadInode } from '../support/bad-inode.ts';
import { BUCKET, createMirrorFixture, impatientClock, VAULT } from '../support/mirror-fixture.ts';

async function mirrored(t: Test) {
  // The vault's clock goes with this machine's.
  let laterMs = 0;
  const clock: SteadyClock = { ...impatientClock, now: () => Date.now() + laterMs };
  const fixture = await createMirrorFixture({ serverClock: clock });
  t.teardown(() => fixture.close());
  fixture.server.seed(
    BUCKET,
    ['a', 'b', 'c'].map((key) => ({ key, body: `body of ${key}` })),
  );
  const stateDir = join(fixture.dir, 'state');
  const sync = (passLaterMs = 0) => {
    laterMs = passLaterMs;
    return fixture.sync({ clock });
  };
  await sync();
  return { fixture, stateDir, sync, file: (key: string) => join(fixture.storeDir, VAULT, key) };
}

t.test('when it is due', async (t) => {
  t.ok(isSelfCheckDue(null, 5));
  t.notOk(isSelfCheckDue(5, 5 + DAY_MS - 1));
  t.ok(isSelfCheckDue(5, 5 + DAY_MS));
  t.ok(isSelfCheckDue(6, 5), 'a clock that was ahead');
});

t.test('once a day missing, shortened and replaced files are found, and come again from the vault', async (t) => {
  const { fixture, sync, file } = await mirrored(t);
  rmSync(file('a'));
  chmodSync(file('b'), 0o640);
  appendFileSync(file('b'), 'more');
  rmSync(file('c'));
  mkdirSync(file('c'));
  t.equal((await sync()).prepared.selfCheck, null, 'not every time');
  const { prepared, report } = await sync(DAY_MS);
  t.match(prepared.selfCheck, { files: { checked: 3, damaged: 3, names: ['web/a', 'web/b', 'web/c'] }, strange: [] });
  t.match(fixture.catalog.history.newest({ event: 'archive.damaged' }, 9), [
    { actor: 'self-check', detail: { kind: 'not-a-file' } },
    { detail: { kind: 'wrong-size', foundBytes: 13 } },
    { detail: { kind: 'missing' } },
  ]);
  t.equal(report.stopped, null);
  t.equal(statSync(file('a')).size, 'body of a'.length, 'repaired in the same pass');
  t.match((await sync(2 * DAY_MS)).prepared.selfCheck, { files: { damaged: 0 } });
});

for (const [what, errno] of [
  ['EIO', 5],
  ['EACCES', 13],
  ['EUCLEAN', 117],
  ['EBADMSG', 74],
] as const) {
  t.test(`an inode that cannot be read (${what}) is a finding about its archive, and the pass goes on`, async (t) => {
    const { fixture, sync, stateDir, file } = await mirrored(t);
    t.teardown(makeBadInode('/web/b', errno));
    rmSync(file('c'));
    fixture.server.seed(BUCKET, [{ key: 'new', body: 'new' }]);
    const { prepared, report } = await sync(DAY_MS);
    t.match(prepared, {
      problem: null,
      selfCheck: { files: { damaged: 2, names: ['web/b', 'web/c'] }, problem: null },
    });
    t.match(fixture.catalog.history.newest({ event: 'archive.damaged', key: 'b' }, 1), [
      { detail: { kind: 'unreadable' } },
    ]);
    t.match(report, { stopped: null, vaults: [{ downloaded: 1, repaired: 1, failures: [{ key: 'b' }] }] });
    t.ok((openStateFile(stateDir).state.lastSelfCheckAt ?? 0) > Date.now() + DAY_MS / 2);
    t.equal((await sync(DAY_MS)).prepared.selfCheck, null, 'it was looked at');
  });
}

t.test('a check that fails is told, and the pass is made all the same', async (t) => {
  const { fixture, sync } = await mirrored(t);
  t.teardown(makeBadInode('/web/b', 30));
  fixture.server.seed(BUCKET, [{ key: 'new', body: 'new' }]);
  const { prepared, report, afterwards } = await sync(DAY_MS);
  t.match(prepared, { problem: null, selfCheck: { problem: { code: 'STORE_READ_ONLY' } } });
  t.match(report, { stopped: null, vaults: [{ downloaded: 1 }] });
  t.equal(afterwards?.code, 'STORE_READ_ONLY');
  t.equal((await sync(DAY_MS)).prepared.selfCheck, null, 'once a day');
});

t.test('what is strange in our own folder is told once in the history, and left', async (t) => {
  const { fixture, sync } = await mirrored(t);
  const strange = join(fixture.storeDir, '.pullmirror/notes.txt');
  writeFileSync(strange, 'mine');
  t.strictSame((await sync(DAY_MS)).prepared.selfCheck?.strange, ['notes.txt']);
  await sync(2 * DAY_MS);
  t.equal(fixture.catalog.history.newest({ event: 'store.strange-files' }, 9).length, 1);
  t.ok(existsSync(strange));
});

t.test('a check without findings writes nothing to the disk', async (t) => {
  const { fixture, sync } = await mirrored(t);
  await sync();
  const before = fixture.catalog.changeCount();
  // The full listing that is due after a day writes nothing either.
  t.match((await sync(DAY_MS)).prepared.selfCheck, { files: { checked: 3, damaged: 0 } });
  t.equal(fixture.catalog.changeCount(), before);
});

t.test('a damaged catalog stops the pass, and its good copy stays', async (t) => {
  const { fixture, stateDir, sync } = await mirrored(t);
  const copy = catalogCopyPath(stateDir, fixture.open.store.marker.storeId);
  const before = statSync(copy);
  fixture.reopen();
  const path = fixture.open.store.catalogPath;
  fixture.reopen();
  const file = openSync(path, 'r+');
  writeSync(file, Buffer.alloc(4096), 0, 4096, 4096 * 8);
  closeSync(file);
  const { report, prepared } = await sync(DAY_MS);
  t.match(report, { vaults: [], stopped: { code: 'CATALOG_CORRUPT', hint: /pullmirror rebuild/ } });
  t.equal(prepared.problem?.code, 'CATALOG_CORRUPT');
  t.equal(statSync(copy).ino, before.ino);
  t.match(openStateFile(stateDir).state.lastPass, { stopped: { code: 'CATALOG_CORRUPT' } });
});
