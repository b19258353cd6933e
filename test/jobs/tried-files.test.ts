import { renameSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { DAY_MS } from '../../src/core/duration.ts';
import { MAX_NOTES, TriedFiles } from '../../src/jobs/tried-files.ts';
import { createMirrorFixture } from '../support/mirror-fixture.ts';

t.test('a file that was read in vain is not read again for a day, unless it becomes another one', async (t) => {
  const { catalog, dir, file, clock, open } = await createTried(t);
  const tried = open();
  t.notOk(tried.lately(1, file));
  tried.note(1, file);
  tried.note(1, join(dir, 'not there'));
  tried.save();

  t.ok(open().lately(1, file), 'the next process knows it');
  t.notOk(open().lately(2, file), 'for another archive it may be the one');
  const changes = catalog.changeCount();
  open().save();
  t.equal(catalog.changeCount(), changes, 'nothing new, nothing written');

  clock.nowMs += DAY_MS - 1;
  t.ok(open().lately(1, file));
  clock.nowMs += 1;
  t.notOk(open().lately(1, file), 'a day later');
  clock.nowMs -= 3 * DAY_MS;
  t.notOk(open().lately(1, file), 'noted by a clock that was ahead');
  clock.nowMs += 2 * DAY_MS;
  utimesSync(file, 1, 1);
  t.notOk(open().lately(1, file), 'another time');
  writeFileSync(join(dir, 'other'), 'bad');
  renameSync(join(dir, 'other'), file);
  t.notOk(open().lately(1, file), 'another file');
});

t.test('of very many the latest are remembered, while a pass runs and after it', async (t) => {
  const { file, clock, open } = await createTried(t);
  const known = (tried: TriedFiles) => [1, 2, 3, MAX_NOTES + 1, MAX_NOTES + 2].map((id) => tried.lately(id, file));
  const tried = open();
  for (let id = 1; id <= MAX_NOTES + 1; id += 1, clock.nowMs += 1) tried.note(id, file);
  t.strictSame(known(tried), [false, true, true, true, false]);
  tried.save();
  const next = open();
  t.strictSame(known(next), [false, true, true, true, false]);
  next.note(MAX_NOTES + 2, file);
  t.strictSame(known(next), [false, false, true, true, true]);
});

t.test('what this program never wrote is a damaged catalog', async (t) => {
  const { catalog, close } = await createMirrorFixture();
  t.teardown(close);
  for (const text of ['{', '[]', '{"1 a":{"atMs":"x"}}']) {
    catalog.setFact('repair_tried', text);
    t.throws(() => new TriedFiles(catalog, { now: () => 1 }), { code: 'CATALOG_CORRUPT' });
  }
});

async function createTried(t: Test) {
  const { catalog, dir, close } = await createMirrorFixture();
  t.teardown(close);
  const clock = { nowMs: 10 * DAY_MS };
  const open = () => new TriedFiles(catalog, { now: () => clock.nowMs });
  const file = join(dir, 'bad');
  writeFileSync(file, 'bad');
  return { catalog, dir, file, clock, open };
}
