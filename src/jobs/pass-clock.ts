import type { SteadyClock } from '../core/clock.ts';
import { clockCorrectionMs, recordedNow } from '../core/clock-skew.ts';
import { elapsedMs, type Moment, offsetsAt, type TimeAnswer, type ToldTime } from '../core/told-time.ts';
import { momentOf } from './moment-of.ts';

interface Heard extends Moment {
  readonly told: ToldTime | null;
  /** See `clockCorrectionMs`. */
  readonly correctionMs: number | null;
}

/**
 * This machine's clock, corrected by what vaults tell when that is far off (`clockCorrectionMs`), or is set to something else meanwhile. What a pass
 * records of a vault's archives is dated by the clock of that vault, what concerns the whole pass by what all vaults told together.
 */
export class PassClock implements SteadyClock {
  readonly #local: SteadyClock;
  readonly #lastTrustedMs: number | null;
  #heard: Heard | null = null;

  /** @param lastTrustedMs see `ClockEvidence` */
  constructor(local: SteadyClock, lastTrustedMs: number | null) {
    this.#local = local;
    this.#lastTrustedMs = lastTrustedMs;
  }

  /** A vault has just told its time. */
  hear(vaultMs: number): ToldTime {
    const told = { vaultMs, ...momentOf(this.#local) };
    this.learn([told]);
    return told;
  }

  learn(answers: readonly TimeAnswer[]): void {
    const now = momentOf(this.#local);
    const offsetsMs = offsetsAt(now, answers);
    const correctionMs = clockCorrectionMs({ localNowMs: now.localMs, offsetsMs, lastTrustedMs: this.#lastTrustedMs });
    const [first = null] = answers;
    this.#heard = { ...now, told: first === 'refused' ? null : first, correctionMs };
  }

  /** The time to be recorded, milliseconds since 1970 UTC. */
  now(): number {
    if (this.#heard === null) return this.#local.now();
    return recordedNow(momentOf(this.#local), this.#heard, this.#heard.correctionMs);
  }

  uptimeMs(): number {
    return this.#local.uptimeMs();
  }

  /** The time by the clock of the (first) vault, right or wrong; null: it has not told it. */
  vaultNow(): number | null {
    const told = this.#heard?.told ?? null;
    return told === null ? null : told.vaultMs + elapsedMs(told, momentOf(this.#local));
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return this.#local.sleep(ms, signal);
  }
}
