import { AppError, EXIT } from '../core/errors.ts';

/**
 * One signal for the whole program, aborted by SIGINT and SIGTERM with AppError INTERRUPTED as its reason, so that everything can stop in
 * order; a second one ends the process at once. `stop` gives the signals back.
 */
export function listenForInterrupts(): { readonly signal: AbortSignal; stop(): void } {
  const controller = new AbortController();
  const onSignal = (name: NodeJS.Signals) => {
    if (controller.signal.aborted) process.exit(EXIT.temporary);
    controller.abort(new AppError('INTERRUPTED', `stopped by ${name}`));
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return {
    signal: controller.signal,
    stop() {
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
    },
  };
}
