import type { SteadyClock } from '../core/clock.ts';
import { AppError, isAppError } from '../core/errors.ts';
import { offsetsAt, type TimeAnswer } from '../core/told-time.ts';
import { type ClockDoubt, type TrustedNow, trustNow } from '../core/trusted-now.ts';
import type { Catalog } from '../store/catalog/catalog.ts';
import type { VaultReader } from '../vault/vault-reader.ts';
import { throwIfInterrupted } from './interruption.ts';
import { lastTrusted } from './last-trusted.ts';
import { momentOf } from './moment-of.ts';

type Clocks = Pick<SteadyClock, 'now' | 'uptimeMs'>;

/** Is the time certain now, by what vaults have told of theirs, however long ago? */
export function trustAnswers(catalog: Catalog, clock: Clocks, answers: readonly TimeAnswer[]): TrustedNow {
  const now = momentOf(clock);
  const offsetsMs = offsetsAt(now, answers);
  return trustNow({ localNowMs: now.localMs, offsetsMs, lastTrustedMs: lastTrusted(catalog) });
}

/**
 * Asks each vault once what time it is. Writes nothing. A vault that does not answer says nothing about the time; why it does not is part of the
 * words when none does.
 *
 * @throws AppError INTERRUPTED
 */
export async function trustClock(request: {
  readonly catalog: Catalog;
  readonly readers: Iterable<Pick<VaultReader, 'probe'>>;
  readonly clock: Clocks;
  readonly signal: AbortSignal;
}): Promise<TrustedNow> {
  const { catalog, readers, clock, signal } = request;
  const answers = await Promise.all([...readers].map((reader) => askTime(reader, clock, signal)));
  throwIfInterrupted(signal);
  const now = trustAnswers(
    catalog,
    clock,
    answers.map(({ time }) => time),
  );
  const silence = answers.find(({ time, why }) => time === null && why !== null)?.why ?? null;
  const isSilent = answers.every(({ time }) => time === null);
  return now.trusted || silence === null || !isSilent ? now : { ...now, why: `${now.why}: ${silence}` };
}

const HINTS: Readonly<Record<ClockDoubt, string>> = {
  silence: 'Let a vault be reached: `pullmirror doctor` says what is in the way.',
  local:
    'Let systemd set the clock of this machine (`timedatectl set-ntp true`). If it is right, that of the vault is wrong.',
  vaults: 'Set the clock of the server that is wrong: `pullmirror doctor` says how far each is off.',
  memory: 'A later time was trusted before. If that one was wrong: `pullmirror prune --reset-clock`.',
};

/** The trusted time in milliseconds, or CLOCK_IN_DOUBT with a hint by its cause. */
export function requireTrusted(now: TrustedNow): number {
  if (now.trusted) return now.nowMs;
  throw new AppError('CLOCK_IN_DOUBT', `nothing is announced or removed while the time is in doubt: ${now.why}`, {
    hint: HINTS[now.doubt],
  });
}

interface Answer {
  readonly time: TimeAnswer;
  /** Why it did not tell the time. */
  readonly why: string | null;
}

/** What each vault tells of its time. Throws AppError INTERRUPTED. */
export async function askTimes(
  readers: Iterable<Pick<VaultReader, 'probe'>>,
  clock: Clocks,
  signal: AbortSignal,
): Promise<TimeAnswer[]> {
  const answers = await Promise.all([...readers].map((reader) => askTime(reader, clock, signal)));
  throwIfInterrupted(signal);
  return answers.map(({ time }) => time);
}

async function askTime(reader: Pick<VaultReader, 'probe'>, clock: Clocks, signal: AbortSignal): Promise<Answer> {
  try {
    const { serverDateMs } = await reader.probe(signal);
    return { time: serverDateMs === null ? null : { vaultMs: serverDateMs, ...momentOf(clock) }, why: null };
  } catch (error) {
    throwIfInterrupted(signal);
    if (!isAppError(error)) throw error;
    return { time: error.code === 'VAULT_CLOCK_SKEW' ? 'refused' : null, why: error.message };
  }
}
