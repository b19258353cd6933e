import { cpSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import t from 'tap';
import { openStoreForWriting } from '../../src/store/open-store.ts';
import { removeArchives } from '../../src/store/remove-archives.ts';
import { createCommandFixture, DAY } from '../support/command-fixture.ts';

const NOW_MS = Date.UTC(2026, 10, 22);
const PARTS = 100;

t.test('another disk that takes the place of this one in the midst of a set loses nothing', async (t) => {
  const fixture = createCommandFixture();
  t.teardown(() => fixture.remove());
  const rows = fixture.store(
    ...Array.from({ length: PARTS + 1 }, (_, n) => ({
      key: `web1/p${n}`,
      content: `part ${n}`,
      series: 'files',
      lastModifiedMs: NOW_MS - 9 * DAY + n,
    })),
  );
  fixture.edit((catalog) => {
    for (const { id } of rows) catalog.retention.announce(id, NOW_MS - DAY);
  });
  // Disks that are rotated have the same paths.
  const [here, away, other] = [fixture.storeDir, join(fixture.dir, 'away'), join(fixture.dir, 'other')];
  cpSync(here, other, { recursive: true });
  const marker = join(other, '.pullmirror/store.json');
  const { storeId, ...rest } = JSON.parse(readFileSync(marker, 'utf8')) as { storeId: string };
  writeFileSync(marker, JSON.stringify({ storeId: storeId.replace(/^./, (x) => (x === '0' ? '1' : '0')), ...rest }));

  const parts = rows.slice(0, PARTS);
  const filesIn = (store: string) => parts.filter(({ path }) => existsSync(join(store, 'web', path ?? ''))).length;
  const opened = openStoreForWriting({ path: here, expectedStoreId: null, nowMs: NOW_MS });
  const removal = removeArchives({
    ...opened,
    clock: { now: () => NOW_MS },
    actor: 'prune',
    removals: parts.map(({ id }) => ({ archiveId: id, reason: 'no rule keeps it', set: 'one' })),
    announcedUntilMs: NOW_MS - DAY,
    signal: new AbortController().signal,
  });
  while (filesIn(here) > PARTS - 5) await setImmediate();
  renameSync(here, away);
  renameSync(other, here);
  const { removed, stopped } = await removal;
  opened.close();

  t.match({ removed, stopped }, { removed: [], stopped: { code: 'STORE_WRONG' } });
  // The removal that was under way may meet either of the two.
  t.ok(filesIn(here) >= PARTS - 1, `${filesIn(here)} of ${PARTS} on the other disk`);
  t.ok(filesIn(away) > 0, 'nor is the rest of this one removed');

  t.test('when it is back, the catalog says what is there', async (t) => {
    renameSync(here, other);
    renameSync(away, here);
    const left = filesIn(here);
    const states = fixture.edit((catalog) => parts.map(({ id }) => catalog.archives.byId(id)?.state));
    t.equal(states.filter((state) => state === 'stored').length, left);
    t.equal(states.filter((state) => state === 'pruned').length, PARTS - left);
  });
});
