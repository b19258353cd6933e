import t from 'tap';
import { clockCorrectionMs, clockSkewProblem, recordedNow } from '../../src/core/clock-skew.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const NOW = Date.parse('2026-11-22T12:00:00Z');

t.test('a time is corrected by a vault that is far off and contradicted by nothing', async (t) => {
  const correction = (offsetsMs: (number | null)[], lastTrustedMs: number | null = null, localNowMs = NOW) =>
    clockCorrectionMs({ localNowMs, offsetsMs, lastTrustedMs });
  t.equal(correction([]), null);
  t.equal(correction([null, Number.POSITIVE_INFINITY]), null, 'no vault told the time');
  t.equal(correction([14 * MINUTE]), 0, 'they agree');
  t.equal(correction([HOUR]), HOUR);
  t.equal(correction([-HOUR, null]), -HOUR);
  t.equal(correction([HOUR, HOUR + MINUTE]), HOUR);
  t.equal(correction([HOUR, 0]), null, 'the vaults disagree');
  t.equal(correction([NOW - 1000], NOW - HOUR, 1000), NOW - 1000, 'this machine woke in 1970');
  t.equal(correction([-HOUR], NOW), null, 'it was later before');
  t.equal(correction([-HOUR], Number.NaN), null, 'what is remembered is no time');
});

t.test('a clock that is set while a pass runs is followed where that is right', async (t) => {
  const UP = 77_000;
  /** A minute after this machine's clock showed `heardMs`. */
  const recorded = (localMs: number, heardMs: number, correctionMs: number | null) =>
    recordedNow({ localMs, uptimeMs: UP + MINUTE }, { localMs: heardMs, uptimeMs: UP }, correctionMs);
  t.equal(recorded(MINUTE, 0, NOW), NOW + MINUTE, 'it woke in 1970');
  t.equal(recorded(NOW + MINUTE + 1, 0, NOW), NOW + MINUTE + 1, 'set right');
  t.equal(recorded(NOW + MINUTE, NOW, -HOUR), NOW + MINUTE - HOUR, 'it is ahead');
  t.equal(recorded(NOW + MINUTE - HOUR, NOW, -HOUR), NOW + MINUTE - HOUR, 'set right');
  t.equal(recorded(NOW + 14 * MINUTE, NOW, 0), NOW + 14 * MINUTE, 'a little off');
  t.equal(recorded(NOW + 8 * 24 * HOUR, NOW, 0), NOW + MINUTE, 'set wrong, ahead');
  t.equal(recorded(1000, NOW, 0), NOW + MINUTE, 'set wrong, back');
  t.equal(recorded(1000, NOW, null), 1000, 'nobody could tell');
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
