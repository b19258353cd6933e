import t from 'tap';
import { clockCorrectionMs, clockSkewProblem, correctedNow } from '../../src/core/clock-skew.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const NOW = Date.parse('2026-11-22T12:00:00Z');

t.test('a time is corrected by a vault that is far off and contradicted by nothing', async (t) => {
  const correction = (offsetsMs: (number | null)[], lastTrustedMs: number | null = null, localNowMs = NOW) =>
    clockCorrectionMs({ localNowMs, offsetsMs, lastTrustedMs });
  t.equal(correction([]), 0);
  t.equal(correction([null, Number.POSITIVE_INFINITY]), 0, 'no vault told the time');
  t.equal(correction([14 * MINUTE]), 0, 'they agree');
  t.equal(correction([HOUR]), HOUR);
  t.equal(correction([-HOUR, null]), -HOUR);
  t.equal(correction([HOUR, HOUR + MINUTE]), HOUR);
  t.equal(correction([HOUR, 0]), 0, 'the vaults disagree');
  t.equal(correction([NOW - 1000], NOW - HOUR, 1000), NOW - 1000, 'this machine woke in 1970');
  t.equal(correction([-HOUR], NOW), 0, 'it was later before');
  t.equal(correction([-HOUR], Number.NaN), 0, 'what is remembered is no time');
});

t.test('a clock that is set right while a pass runs is not corrected any more', async (t) => {
  t.equal(correctedNow(1000, 0, NOW), NOW + 1000);
  t.equal(correctedNow(NOW + 1000, 0, NOW), NOW + 1000, 'it was behind');
  t.equal(correctedNow(NOW + 1000, NOW, -HOUR), NOW + 1000 - HOUR);
  t.equal(correctedNow(NOW + 1000 - HOUR, NOW, -HOUR), NOW + 1000 - HOUR, 'it was ahead');
});

t.test('the owner is told both times', async (t) => {
  t.equal(clockSkewProblem('web', NOW, null), null);
  t.equal(clockSkewProblem('web', NOW, -15 * MINUTE), null);
  t.match(clockSkewProblem('web', NOW, -16 * MINUTE), {
    code: 'VAULT_CLOCK_SKEW',
    message:
      /vault web: this machine's clock says 2026-11-22 12:00 UTC, the vault's 2026-11-22 11:44 UTC: it is 16 min ahead of/,
    hint: /timedatectl/,
  });
});
