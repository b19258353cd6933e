import type { Clock } from '../core/clock.ts';
import { AppError, isAppError } from '../core/errors.ts';
import { type ClockDoubt, type TrustedNow, trustNow } from '../core/trusted-now.ts';
import type { Catalog } from '../store/catalog/catalog.ts';
import type { VaultReader } from '../vault/vault-reader.ts';
import { throwIfInterrupted } from './interruption.ts';
import { lastTrusted } from './last-trusted.ts';

/** Is the time certain, as far as vaults have told theirs? @param offsetsMs see `ClockEvidence` */
export function trustOffsets(
  catalog: Catalog,
  clock: Pick<Clock, 'now'>,
  offsetsMs: readonly (number | null)[],
): TrustedNow {
  return trustNow({ localNowMs: clock.now(), offsetsMs, lastTrustedMs: lastTrusted(catalog) });
}

/**
 * Asks each vault once what time it is. Writes nothing. A vault that does not answer says nothing about the time; why it does not is part of the
 * words when none does.
 *
 * @throws AppError INTERRUPTED
 */
export async function trustClock(request: {
  readonly catalog: Catalog;
  readonly readers: Iterable<VaultReader>;
  readonly clock: Pick<Clock, 'now'>;
  readonly signal: AbortSignal;
}): Promise<TrustedNow> {
  const { catalog, readers, clock, signal } = request;
  const answers = await Promise.all([...readers].map((reader) => askTime(reader, clock, signal)));
  throwIfInterrupted(signal);
  const now = trustOffsets(
    catalog,
    clock,
    answers.map(({ offsetMs }) => offsetMs),
  );
  const silence = answers.find(({ offsetMs, why }) => offsetMs === null && why !== null)?.why ?? null;
  const isSilent = answers.every(({ offsetMs }) => offsetMs === null);
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
  readonly offsetMs: number | null;
  /** Why it did not tell the time. */
  readonly why: string | null;
}

async function askTime(reader: VaultReader, clock: Pick<Clock, 'now'>, signal: AbortSignal): Promise<Answer> {
  try {
    const { serverDateMs } = await reader.probe(signal);
    return { offsetMs: serverDateMs === null ? null : serverDateMs - clock.now(), why: null };
  } catch (error) {
    throwIfInterrupted(signal);
    if (!isAppError(error)) throw error;
    return { offsetMs: error.code === 'VAULT_CLOCK_SKEW' ? Number.POSITIVE_INFINITY : null, why: error.message };
  }
}
