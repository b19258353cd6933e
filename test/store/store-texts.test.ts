import { randomUUID } from 'node:crypto';
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type AdoptFolderArgs, adoptFolder } from '../../src/store/adopt-folder.ts';
import { README_TEXT } from '../../src/store/disk-readme.ts';
import { initStore } from '../../src/store/init-store.ts';
import { RESTORE_SCRIPT } from '../../src/store/restore-script.ts';
import { isSealed, sealText } from '../../src/store/sealed-text.ts';
import { acquireStoreLock } from '../../src/store/store-lock.ts';

const nowMs = Date.UTC(2026, 10, 22);
const init = (directory: string) => initStore({ directory, notAMount: true, nowMs, newId: randomUUID });

async function adopt(directory: string) {
  const known = { stateDir: directory, knownStoreId: null, requireVaults: async () => undefined };
  const args: AdoptFolderArgs = { directory, notAMount: true, vaults: [], ...known, nowMs, newId: randomUUID };
  const { lock, ...adopted } = await adoptFolder(args);
  lock.release();
  return adopted;
}

function isRight(t: Test, disk: string): void {
  t.equal(readFileSync(join(disk, 'restore.sh'), 'utf8'), RESTORE_SCRIPT);
  t.equal(statSync(join(disk, 'restore.sh')).mode & 0o777, 0o555);
  t.equal(readFileSync(join(disk, 'README.txt'), 'utf8'), README_TEXT);
  t.match(readFileSync(join(disk, 'index.html'), 'utf8'), /by pullmirror; store /);
  t.notOk(readdirSync(join(disk, '.pullmirror')).includes('text.new'));
}

t.test('the last line tells whether a text is as it was written', async (t) => {
  for (const text of [README_TEXT, RESTORE_SCRIPT, sealText('of some release\n')]) {
    t.ok(isSealed(text));
    t.notOk(isSealed(`${text}\n`));
    t.notOk(isSealed(text.replace('e', 'E')));
    t.notOk(isSealed(text.slice(0, -1)));
  }
  for (const text of ['', '\n', 'no seal\n']) t.notOk(isSealed(text));
});

/** What a power cut leaves of one that was not made atomically; what another release wrote; what somebody did. */
const OLDER = sealText(`${RESTORE_SCRIPT.split('\n').slice(0, 2).join('\n')}\n# as it was once\n`, '# ');
const EDITED = RESTORE_SCRIPT.replace('set -u', 'set -eu');

for (const [was, spoil] of [
  ['missing', (path: string) => rmSync(path)],
  ['cut', (path: string) => truncateSync(path, 0)],
  ['cut', (path: string) => truncateSync(path, 4096)],
  ['older', (path: string) => rewrite(path, OLDER)],
  ['foreign', (path: string) => rewrite(path, EDITED)],
  ['foreign', (path: string) => rewrite(path, 'of somebody')],
] as const) {
  t.test(`restore.sh is ${was}: init and adopt make it anew, and throw away nothing of anybody`, async (t) => {
    for (const isStore of [true, false]) {
      for (const again of [init, adopt]) {
        const disk = t.testdir({});
        init(disk);
        const script = join(disk, 'restore.sh');
        spoil(script);
        const there = was === 'foreign' ? readFileSync(script, 'utf8') : null;
        if (!isStore) rmSync(join(disk, '.pullmirror/store.json'));
        const { texts } = await again(disk);
        // A store that is only being made has none to begin with.
        if (was === 'missing' && !isStore && again === init) t.strictSame(texts, []);
        else t.match(texts, [{ name: 'restore.sh', was, aside: there === null ? null : /found-20261122T000000Z/ }]);
        if (there !== null) t.equal(readFileSync(texts[0]?.aside ?? '', 'utf8'), there);
        isRight(t, disk);
        t.strictSame((await again(disk)).texts, []);
      }
    }
  });
}

function rewrite(path: string, text: string): void {
  rmSync(path);
  writeFileSync(path, text);
}

t.test('what is no file is moved away, and what it leads to stays', async (t) => {
  const folder = t.testdir({ disk: {}, outside: 'of somebody' });
  const disk = join(folder, 'disk');
  init(disk);
  for (const name of ['restore.sh', 'README.txt']) rmSync(join(disk, name));
  symlinkSync(join(folder, 'outside'), join(disk, 'restore.sh'));
  mkdirSync(join(disk, 'README.txt'));
  t.match((await adopt(disk)).texts, [
    { name: 'README.txt', was: 'foreign' },
    { name: 'restore.sh', was: 'foreign' },
  ]);
  t.equal(readFileSync(join(folder, 'outside'), 'utf8'), 'of somebody');
  isRight(t, disk);
});

t.test('init says so when another process has the store, and only where something is to be done', async (t) => {
  const disk = t.testdir({});
  init(disk);
  const lock = acquireStoreLock(disk);
  t.teardown(() => lock.release());
  t.match(init(disk), { created: false });
  rmSync(join(disk, 'restore.sh'));
  t.throws(() => init(disk), { code: 'STORE_LOCKED' });
});
