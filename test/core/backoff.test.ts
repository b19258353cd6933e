import fc from 'fast-check';
import t from 'tap';
import { backoffMs, RETRY_AFTER_CAP_MS } from '../../src/core/backoff.ts';

t.test('spreads over the whole interval, which doubles up to the cap', async (t) => {
  const at = (attempt: number, drawn: number): number =>
    backoffMs({ attempt, baseMs: 100, capMs: 1000, random: () => drawn });
  t.equal(at(0, 0), 0);
  t.equal(at(0, 0.5), 50);
  t.equal(at(2, 0.5), 200);
  t.equal(at(3, 0.9999), 799);
  t.equal(at(20, 0.5), 500);
  t.equal(at(5000, 0.5), 500, '2^5000 is infinite, the cap is not');
  t.equal(at(-1, 0.5), 50);
});

t.test('Retry-After is a floor with jitter above it, and has a cap of its own', async (t) => {
  const at = (retryAfterMs: number | undefined): number =>
    backoffMs({ attempt: 0, baseMs: 100, capMs: 1000, random: () => 0.5, retryAfterMs });
  t.equal(at(2000), 2050);
  t.equal(at(86_400_000), RETRY_AFTER_CAP_MS + 50);
  for (const nothing of [0, -5, Number.NaN, undefined]) t.equal(at(nothing), 50);
});

t.test('never negative, never beyond what it promises', async () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 100 }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      fc.option(fc.double(), { nil: undefined }),
      (attempt, drawn, retryAfterMs) => {
        const ms = backoffMs({ attempt, baseMs: 200, capMs: 30_000, random: () => drawn, retryAfterMs });
        return ms >= 0 && ms <= RETRY_AFTER_CAP_MS + 30_000;
      },
    ),
  );
});
