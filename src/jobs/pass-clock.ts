import type { Clock } from '../core/clock.ts';
import { clockCorrectionMs, correctedNow } from '../core/clock-skew.ts';

/**
 * This machine's clock, corrected by what vaults tell when that is far off (`clockCorrectionMs`). What a pass records of a vault's archives is dated by
 * the clock of that vault, what concerns the whole pass by what all vaults told together.
 */
export class PassClock implements Clock {
  readonly #local: Clock;
  readonly #lastTrustedMs: number | null;
  #heardAtMs = Number.NaN;
  #offsetMs: number | null = null;
  #correctionMs = 0;

  /** @param lastTrustedMs see `ClockEvidence` */
  constructor(local: Clock, lastTrustedMs: number | null) {
    this.#local = local;
    this.#lastTrustedMs = lastTrustedMs;
  }

  /** A vault has just told its time. Returns its clock minus this machine's. */
  hear(serverDateMs: number): number {
    const offsetMs = serverDateMs - this.#local.now();
    this.learn([offsetMs]);
    return offsetMs;
  }

  /** @param offsetsMs see `ClockEvidence` */
  learn(offsetsMs: readonly (number | null)[]): void {
    const localNowMs = this.#local.now();
    this.#heardAtMs = localNowMs;
    this.#offsetMs = offsetsMs[0] ?? null;
    this.#correctionMs = clockCorrectionMs({ localNowMs, offsetsMs, lastTrustedMs: this.#lastTrustedMs });
  }

  /** The time to be recorded, milliseconds since 1970 UTC. */
  now(): number {
    return correctedNow(this.#local.now(), this.#heardAtMs, this.#correctionMs);
  }

  /** The time by the clock of the (first) vault, right or wrong; null: it has not told it. */
  vaultNow(): number | null {
    return this.#offsetMs === null ? null : correctedNow(this.#local.now(), this.#heardAtMs, this.#offsetMs);
  }

  /** A time that this machine's clock showed before, as it is to be recorded. */
  corrected(localMs: number): number {
    return localMs + this.#correctionMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return this.#local.sleep(ms, signal);
  }
}
