import type { Clock } from '../core/clock.ts';
import { TokenBucket } from '../core/token-bucket.ts';

/** Shares one bandwidth limit among all downloads. */
export class Bandwidth {
  readonly #clock: Clock;
  readonly #limitAt: (nowMs: number) => number | null;
  readonly #bucket: TokenBucket;

  /** @param limitAt bytes a second allowed at a time; null is unlimited */
  constructor(clock: Clock, limitAt: (nowMs: number) => number | null) {
    this.#clock = clock;
    this.#limitAt = limitAt;
    this.#bucket = new TokenBucket(Number.POSITIVE_INFINITY, clock.now());
  }

  /** Counts bytes that arrived; the promise, if any, resolves when more may be read. */
  spend(bytes: number, signal: AbortSignal): Promise<void> | undefined {
    const nowMs = this.#clock.now();
    const waitMs = this.#bucket.take(bytes, nowMs, this.#limitAt(nowMs) ?? Number.POSITIVE_INFINITY);
    return waitMs < 1 ? undefined : this.#clock.sleep(waitMs, signal);
  }
}
