import fc from 'fast-check';
import t from 'tap';
import { DAY_MS, HOUR_MS } from '../../src/core/duration.ts';
import {
  FILE_COST_BYTES,
  type ScrubLoad,
  scrubBytesPerSecond,
  scrubShare,
  scrubTargetBytes,
} from '../../src/core/scrub-share.ts';

const START = Date.UTC(2026, 0, 1, 2);
const night = (index: number) => ({ startMs: START + index * DAY_MS, endMs: START + index * DAY_MS + 4 * HOUR_MS });

interface File {
  verifiedAtMs: number | null;
  bytes: number;
}

const oldestFirst = (files: readonly File[]): File[] =>
  [...files].sort((a, b) => (a.verifiedAtMs ?? 0) - (b.verifiedAtMs ?? 0));

/** Some nights of a store; answers the bytes hashed in each. Files are hashed whole. */
function scrubNights(files: File[], nights: number, everyMs: number, isLate: () => void = () => undefined): number[] {
  let ahead = 0;
  return Array.from({ length: nights }, (_, index) => {
    const { startMs } = night(index);
    if (files.some(({ verifiedAtMs }) => startMs - (verifiedAtMs ?? 0) > everyMs)) isLate();
    const load = oldestFirst(files).map(({ verifiedAtMs, bytes }) => ({
      verifiedAtMs,
      bytes: bytes + FILE_COST_BYTES,
    }));
    const share = scrubShare(load, everyMs, night(index));
    const target = scrubTargetBytes(share, ahead);
    let done = 0;
    for (const file of oldestFirst(files)) {
      if (done >= target) break;
      done += file.bytes + FILE_COST_BYTES;
      file.verifiedAtMs = startMs + HOUR_MS;
    }
    ahead = Math.max(0, ahead + done - share.bytes);
    return done;
  });
}

t.test('a store filled in one day is spread over the nights until it is due', async (t) => {
  const files = Array.from({ length: 1000 }, () => ({ verifiedAtMs: START - 3 * HOUR_MS, bytes: 1000 }));
  const done = scrubNights(files, 90, 30 * DAY_MS);
  t.ok(Math.max(...done) <= 1_000_000 / 25, `at most ${Math.max(...done)} of 1000000 bytes in a night`);
  t.ok(Math.min(...done) >= 1_000_000 / 35, `at least ${Math.min(...done)}`);
});

t.test('a few large files are not hashed every night', async (t) => {
  const files = [7e11, 3e11, 5e10, 1e6].map((bytes) => ({ verifiedAtMs: START - DAY_MS, bytes }));
  const done = scrubNights(files, 300, 30 * DAY_MS);
  const times = done.reduce((sum, bytes) => sum + bytes, 0) / files.reduce((sum, { bytes }) => sum + bytes, 0);
  t.ok(times >= 10 && times < 20, `${times} times in 300 nights`);
});

t.test(
  'whatever the ages and sizes, nothing is ever hashed later than scrubEvery, once it has been in time',
  async (t) => {
    const file = fc.record({
      bytes: fc.integer({ min: 0, max: 1e9 }),
      ageDays: fc.double({ min: 0, max: 26, noNaN: true }),
    });
    fc.assert(
      fc.property(
        fc.array(file, { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 30, max: 60 }),
        (specs, everyDays) => {
          const files = specs.map(({ bytes, ageDays }) => ({ bytes, verifiedAtMs: START - ageDays * DAY_MS }));
          let isInTime = true;
          scrubNights(files, 3 * everyDays, everyDays * DAY_MS, () => {
            isInTime = false;
          });
          return isInTime;
        },
      ),
      // An empty file weighed nothing once, and its turn never came.
      { numRuns: 200, examples: [[[{ bytes: 0, ageDays: 0 }], 30]] },
    );
    t.pass();
  },
);

t.test('what is overdue, was never hashed or was hashed in the future is all for tonight', async (t) => {
  const late: ScrubLoad[] = [
    { verifiedAtMs: null, bytes: 5 },
    { verifiedAtMs: START - 40 * DAY_MS, bytes: 7 },
    { verifiedAtMs: START + 400 * DAY_MS, bytes: 11 },
  ];
  t.strictSame(scrubShare(late, 30 * DAY_MS, night(0)), { bytes: 23, urgentBytes: 23 });
  t.strictSame(scrubShare([], 30 * DAY_MS, night(0)), { bytes: 0, urgentBytes: 0 });
  const daily = scrubShare([{ verifiedAtMs: START - 1, bytes: 10 }], DAY_MS, night(0));
  t.equal(scrubTargetBytes(daily, 1000), 10, 'every night, all of it');
});

t.test('the rate lets the share be done in half of the rest of the window, but is never tiny', async (t) => {
  const { startMs } = night(0);
  t.equal(scrubBytesPerSecond(100e9, night(0), startMs), (2 * 100e9) / (4 * 3600));
  t.equal(scrubBytesPerSecond(100e9, night(0), startMs + 2 * HOUR_MS), (2 * 100e9) / (2 * 3600));
  t.equal(scrubBytesPerSecond(1, night(0), startMs), 4 * 1024 * 1024);
});
