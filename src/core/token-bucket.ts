/** Seconds of the rate that may be spent at once after a pause. */
const BURST_SECONDS = 0.25;

/** A bandwidth limit: says how long to wait after so many bytes. Pure: the caller brings the time and does the waiting. */
export class TokenBucket {
  #bytesPerSecond: number;
  #tokens = 0;
  #updatedAtMs: number;

  constructor(bytesPerSecond: number, nowMs: number) {
    this.#bytesPerSecond = bytesPerSecond;
    this.#updatedAtMs = nowMs;
  }

  /** Takes `bytes` and returns the milliseconds to wait before taking more. */
  take(bytes: number, nowMs: number, bytesPerSecond: number = this.#bytesPerSecond): number {
    this.#bytesPerSecond = bytesPerSecond;
    if (bytesPerSecond === Number.POSITIVE_INFINITY) {
      this.#tokens = 0;
      this.#updatedAtMs = nowMs;
      return 0;
    }
    // A clock that was set back must neither freeze nor flood the transfer.
    const elapsedSeconds = Math.max(0, nowMs - this.#updatedAtMs) / 1000;
    this.#tokens = Math.min(this.#tokens + elapsedSeconds * bytesPerSecond, BURST_SECONDS * bytesPerSecond) - bytes;
    this.#updatedAtMs = nowMs;
    return this.#tokens >= 0 ? 0 : (-this.#tokens / bytesPerSecond) * 1000;
  }
}
