import fc from 'fast-check';
import t from 'tap';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/core/duration.ts';
import { CLOCK_TOLERANCE_MS, type ClockDoubt, type ClockEvidence, trustNow } from '../../src/core/trusted-now.ts';

const NOW_MS = Date.UTC(2026, 10, 22);
const evidence = (some: Partial<ClockEvidence> = {}): ClockEvidence => ({
  localNowMs: NOW_MS,
  offsetsMs: [0],
  lastTrustedMs: null,
  ...some,
});

const TRUSTED: readonly [what: string, Partial<ClockEvidence>, nowMs: number][] = [
  ['one vault that agrees', {}, NOW_MS],
  ['of several clocks the earliest', { offsetsMs: [4 * MINUTE_MS, -3 * MINUTE_MS, null] }, NOW_MS - 3 * MINUTE_MS],
  ['this machine is the earliest', { offsetsMs: [4 * MINUTE_MS] }, NOW_MS],
  ['just within the tolerance', { offsetsMs: [-CLOCK_TOLERANCE_MS] }, NOW_MS - CLOCK_TOLERANCE_MS],
  ['later than before', { lastTrustedMs: NOW_MS - 300 * DAY_MS }, NOW_MS],
  ['a little earlier than before: time stands still', { lastTrustedMs: NOW_MS + MINUTE_MS }, NOW_MS + MINUTE_MS],
];
for (const [what, some, nowMs] of TRUSTED) {
  t.test(what, async (t) => t.strictSame(trustNow(evidence(some)), { trusted: true, nowMs }));
}

const DOUBTED: readonly [what: string, Partial<ClockEvidence>, RegExp, ClockDoubt][] = [
  ['no vault answers', { offsetsMs: [null, null] }, /no vault told the time/, 'silence'],
  ['there is no vault', { offsetsMs: [] }, /no vault told the time/, 'silence'],
  [
    'a Pi in 1970',
    { localNowMs: 60_000, offsetsMs: [NOW_MS] },
    /1970-01-01 00:01 UTC\) is 57 years behind a vault's/,
    'local',
  ],
  [
    'a Pi in 2038',
    { localNowMs: Date.UTC(2038, 0, 19), offsetsMs: [NOW_MS - Date.UTC(2038, 0, 19)] },
    /11 years ahead of/,
    'local',
  ],
  ['a vault in 2038', { offsetsMs: [0, 11 * 365 * DAY_MS] }, /11 years behind/, 'local'],
  ['vaults that disagree', { offsetsMs: [10 * MINUTE_MS, -10 * MINUTE_MS] }, /vaults differ by 20 min/, 'vaults'],
  ['a vault refuses the clock', { offsetsMs: [0, Number.POSITIVE_INFINITY] }, /refuses requests/, 'local'],
  [
    'all clocks went back',
    { lastTrustedMs: NOW_MS + HOUR_MS },
    /2026-11-22 00:00 UTC by all clocks now, and was .* 01:00/,
    'memory',
  ],
  ['no number', { localNowMs: Number.NaN }, /no time at all/, 'local'],
  ['a memory that is no number', { lastTrustedMs: Number.NaN }, /no time at all/, 'memory'],
  ['beyond the calendar', { localNowMs: 1e300, offsetsMs: [-1e300] }, /no time at all/, 'local'],
];
for (const [what, some, why, doubt] of DOUBTED) {
  t.test(`in doubt: ${what}`, async (t) => t.match(trustNow(evidence(some)), { trusted: false, why, doubt }));
}

t.test('whatever clocks say: never later than the latest witness, never more than the tolerance apart', async () => {
  const time = fc.oneof(fc.double(), fc.integer({ min: NOW_MS - HOUR_MS, max: NOW_MS + HOUR_MS }));
  const offset = fc.oneof(fc.constant(null), fc.double(), fc.integer({ min: -HOUR_MS, max: HOUR_MS }));
  fc.assert(
    fc.property(time, fc.array(offset), fc.option(time, { nil: null }), (localNowMs, offsetsMs, lastTrustedMs) => {
      const now = trustNow({ localNowMs, offsetsMs, lastTrustedMs });
      if (!now.trusted) return now.why !== '';
      const clocks = [localNowMs, ...offsetsMs.flatMap((offset) => (offset === null ? [] : [localNowMs + offset]))];
      const latest = Math.max(...clocks, lastTrustedMs ?? Number.NEGATIVE_INFINITY);
      return now.nowMs <= latest && clocks.every((ms) => Math.abs(ms - now.nowMs) <= 2 * CLOCK_TOLERANCE_MS);
    }),
    { examples: [[Number.NEGATIVE_INFINITY, [0], null]] },
  );
});
