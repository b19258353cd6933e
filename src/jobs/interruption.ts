import { AppError, isAppError } from '../core/errors.ts';

/** The error that says why work under this signal has to stop, or null while it need not. */
export function interruption(signal: AbortSignal): AppError | null {
  if (!signal.aborted) return null;
  if (isAppError(signal.reason)) return signal.reason;
  return new AppError('INTERRUPTED', 'stopped before the work was done', { cause: signal.reason });
}

export function throwIfInterrupted(signal: AbortSignal): void {
  const error = interruption(signal);
  if (error !== null) throw error;
}
