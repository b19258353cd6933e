import t, { type Test } from 'tap';
import { keyOf, liveQuietly } from './live-quietly.ts';
import { keptTimes } from './owner-rules.ts';
import { scratchFolder } from './scratch-folder.ts';
import { DAY_MS } from './world-plan.ts';

/** How long a year is: in .ci/suites/keeping.sh as long as others. */
const DAYS = Number(process.env.QUIET_DAYS ?? 120);
const NONE = { last: 0, hourly: 0, daily: 0, weekly: 0, monthly: 0, yearly: 0, withinMs: null };

function inMemory(t: Test): string {
  const scratch = scratchFolder();
  t.teardown(scratch.remove);
  return scratch.path;
}

t.test('a vault ten times as large as what the rules keep: the rest is never downloaded', async (t) => {
  const archiveBytes = 2000;
  const before = 400;
  const year = await liveQuietly({
    folder: inMemory(t),
    days: DAYS,
    keep: '{ daily: 20, monthly: 12 }',
    archiveBytes,
    before(vault, begunMs) {
      const body = Buffer.alloc(archiveBytes, 'old ');
      for (let day = 1; day <= before; day += 1) {
        vault.put({ key: keyOf(begunMs - day * DAY_MS), atMs: begunMs - day * DAY_MS, body });
      }
    },
  });
  t.same(year.alarms, []);
  t.ok(
    year.vaultBytes > 10 * year.mostStoredBytes,
    `${year.vaultBytes} in the vault, ${year.mostStoredBytes} on the disk`,
  );
  t.ok(year.storedFirst.length < 60, `${year.storedFirst.length} after the first pass`);
  t.ok(year.downloads < DAYS + 60, `${year.downloads} downloads of ${before + DAYS}`);
  const history = Array.from({ length: before + DAYS }, (_, day) => year.begunMs + (DAYS - 1 - day) * DAY_MS);
  const kept = keptTimes(
    history.filter((atMs) => atMs <= year.endedMs),
    { ...NONE, daily: 20, monthly: 12 },
    'UTC',
  );
  for (const atMs of kept) t.ok(year.stored.includes(keyOf(atMs)), `${keyOf(atMs)} is there`);
});

t.test('a bulk import with one LastModified: the dates in the names decide, and nobody is alarmed', async (t) => {
  const year = await liveQuietly({
    folder: inMemory(t),
    days: DAYS,
    keep: '{ daily: 7, weekly: 4, monthly: 12 }',
    archiveBytes: 100,
    before(vault, begunMs) {
      for (let day = 1; day <= 400; day += 1) {
        vault.put({
          key: keyOf(begunMs - day * DAY_MS),
          atMs: begunMs - 1000,
          body: Buffer.alloc(100, `of day ${day} `),
        });
      }
    },
  });
  t.same(year.alarms, []);
  const rules = { ...NONE, daily: 7, weekly: 4, monthly: 12 };
  const named = (days: number, fromMs: number) => Array.from({ length: days }, (_, day) => fromMs - day * DAY_MS);
  const keptFirst = keptTimes(named(401, year.begunMs), rules, 'UTC');
  for (const atMs of keptFirst) t.ok(year.storedFirst.includes(keyOf(atMs)), `${keyOf(atMs)} came with the first pass`);
  t.ok(
    year.storedFirst.length < keptFirst.size + 20,
    `${year.storedFirst.length} came, ${keptFirst.size} are kept by name`,
  );
  for (const atMs of keptTimes(named(400 + DAYS, year.endedMs), rules, 'UTC')) {
    t.ok(year.stored.includes(keyOf(atMs)), `${keyOf(atMs)} is there in the end`);
  }
});

t.test('a vault whose lifecycle expires daily: its orphans are expected and silent', async (t) => {
  const year = await liveQuietly({
    folder: inMemory(t),
    days: DAYS,
    keep: '{ daily: 30 }',
    archiveBytes: 100,
    expiresAfterDays: 10,
    before() {},
  });
  t.same(year.alarms, []);
  t.ok(year.vaultBytes <= 12 * 100, 'the vault itself keeps ten days');
  for (let day = 0; day < 30; day += 1) t.ok(year.stored.includes(keyOf(year.endedMs - day * DAY_MS)));
  t.ok(year.stored.length <= 40, `${year.stored.length} are stored`);
});
