import type { Clock } from '../core/clock.ts';
import type { DownloadsConfig } from '../core/config/config.ts';
import { limitAt } from '../core/config/daily-window.ts';
import { TokenBucket } from '../core/token-bucket.ts';
import { localFieldsAt } from '../core/zoned-time.ts';

/** The timetable has minutes; asking the calendar for every chunk would cost more than the chunk. */
const LIMIT_VALID_MS = 5000;

/** Shares one bandwidth limit, with its timetable, among all downloads. */
export class Bandwidth {
  readonly #clock: Clock;
  readonly #downloads: DownloadsConfig;
  readonly #timezone: string;
  readonly #bucket: TokenBucket;
  #limit = Number.POSITIVE_INFINITY;
  #limitAskedAtMs = Number.NEGATIVE_INFINITY;

  constructor(args: { clock: Clock; downloads: DownloadsConfig; timezone: string }) {
    this.#clock = args.clock;
    this.#downloads = args.downloads;
    this.#timezone = args.timezone;
    this.#bucket = new TokenBucket(Number.POSITIVE_INFINITY, args.clock.now());
  }

  /** Counts bytes that arrived; the promise, if any, resolves when more may be read. */
  spend(bytes: number, signal: AbortSignal): Promise<void> | undefined {
    const nowMs = this.#clock.now();
    if (Math.abs(nowMs - this.#limitAskedAtMs) > LIMIT_VALID_MS) this.#askLimit(nowMs);
    const waitMs = this.#bucket.take(bytes, nowMs, this.#limit);
    return waitMs < 1 ? undefined : this.#clock.sleep(waitMs, signal);
  }

  #askLimit(nowMs: number): void {
    const { hour, minute } = localFieldsAt(nowMs, this.#timezone);
    this.#limit = limitAt(this.#downloads, hour * 60 + minute) ?? Number.POSITIVE_INFINITY;
    this.#limitAskedAtMs = nowMs;
  }
}
