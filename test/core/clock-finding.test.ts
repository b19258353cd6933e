import t from 'tap';
import { judgeClock } from '../../src/core/clock-finding.ts';

const cases: [offsetMs: number | null, state: string, exit: number, words: RegExp][] = [
  [0, 'ok', 0, /within 1 s/],
  [-59_000, 'ok', 0, /within 59 s/],
  [60_000, 'ok', 0, /within 60 s/],
  [61_000, 'warn', 0, /61 s behind/],
  [-300_000, 'warn', 0, /5 min ahead of/],
  [900_000, 'warn', 0, /15 min behind/],
  [-901_000, 'bad', 75, /15 min ahead of/],
  [null, 'unknown', 0, /did not tell/],
];

for (const [offsetMs, state, exit, words] of cases) {
  t.test(`${offsetMs} ms`, async (t) => {
    t.match(judgeClock('clock', offsetMs), { state, exit, words });
  });
}
