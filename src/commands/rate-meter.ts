import type { Clock } from '../core/clock.ts';

const WINDOW_MS = 15_000;
const STEP_MS = 500;

/** Bytes a second over the last quarter of a minute: steady enough to read, fresh enough to notice a stall. */
export class RateMeter {
  readonly #clock: Pick<Clock, 'now'>;
  /** The sum of bytes at the end of each step, oldest first. */
  #steps: { atMs: number; bytes: number }[] = [];
  #bytes = 0;

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  add(bytes: number): void {
    const atMs = this.#clock.now();
    if (this.#steps.length === 0) this.#steps.push({ atMs, bytes: 0 });
    this.#bytes += bytes;
    const last = this.#steps.at(-1);
    if (last === undefined || atMs - last.atMs < STEP_MS) return;
    this.#steps.push({ atMs, bytes: this.#bytes });
    while (this.#steps.length > 2 && atMs - (this.#steps[1]?.atMs ?? atMs) >= WINDOW_MS) this.#steps.shift();
  }

  /** null in the first second, when there is nothing to say yet. */
  bytesPerSecond(): number | null {
    const first = this.#steps[0];
    if (first === undefined) return null;
    const elapsedMs = this.#clock.now() - first.atMs;
    return elapsedMs < 2 * STEP_MS ? null : ((this.#bytes - first.bytes) / elapsedMs) * 1000;
  }
}
