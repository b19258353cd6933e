import { renameSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { DAY_MS } from '../../src/core/duration.ts';
import { TriedFiles } from '../../src/jobs/tried-files.ts';
import { createMirrorFixture } from '../support/mirror-fixture.ts';

t.test('a file that was read in vain is not read again for a day, unless it becomes another one', async (t) => {
  const { catalog, dir, close } = await createMirrorFixture();
  t.teardown(close);
  let nowMs = 10 * DAY_MS;
  const open = () => new TriedFiles(catalog, { now: () => nowMs });
  const file = join(dir, 'bad');
  writeFileSync(file, 'bad');
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

  nowMs += DAY_MS - 1;
  t.ok(open().lately(1, file));
  nowMs += 1;
  t.notOk(open().lately(1, file), 'a day later');
  nowMs -= 3 * DAY_MS;
  t.notOk(open().lately(1, file), 'noted by a clock that was ahead');
  nowMs += 2 * DAY_MS;
  utimesSync(file, 1, 1);
  t.notOk(open().lately(1, file), 'another time');
  writeFileSync(join(dir, 'other'), 'bad');
  renameSync(join(dir, 'other'), file);
  t.notOk(open().lately(1, file), 'another file');
});

t.test('what this program never wrote is a damaged catalog', async (t) => {
  const { catalog, close } = await createMirrorFixture();
  t.teardown(close);
  for (const text of ['{', '[]', '{"1 a":{"atMs":"x"}}']) {
    catalog.setFact('repair_tried', text);
    t.throws(() => new TriedFiles(catalog, { now: () => 1 }), { code: 'CATALOG_CORRUPT' });
  }
});
