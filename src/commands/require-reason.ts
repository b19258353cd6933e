import { AppError } from '../core/errors.ts';

/** The owner's words. Throws USAGE when there are none. */
export function requireReason(text: string | undefined): string {
  const reason = text?.trim() ?? '';
  if (reason !== '') return reason;
  throw new AppError('USAGE', '--reason is missing', {
    hint: 'Say why, for whoever reads it in a year: --reason "before the migration".',
  });
}
