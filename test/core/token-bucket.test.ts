import t from 'tap';
import { TokenBucket } from '../../src/core/token-bucket.ts';

t.test('a minute of transfer keeps to the rate', async (t) => {
  const bucket = new TokenBucket(1000, 0);
  let nowMs = 0;
  let bytes = 0;
  while (nowMs < 60_000) {
    nowMs += bucket.take(64, nowMs);
    bytes += 64;
  }
  t.ok(bytes >= 60_000 && bytes <= 60_000 + 2 * 64 + 250, `${bytes} bytes`);
});

t.test('unlimited never waits, and a limit that begins later counts from then', async (t) => {
  const bucket = new TokenBucket(Number.POSITIVE_INFINITY, 0);
  t.equal(bucket.take(1e9, 1), 0);
  t.equal(bucket.take(1000, 1, 1000), 1000);
});

t.test('a clock that is set back neither freezes nor floods', async (t) => {
  const bucket = new TokenBucket(1000, 1_000_000);
  t.equal(bucket.take(500, 0), 500);
  t.equal(bucket.take(500, 500), 500);
});
