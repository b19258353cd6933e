import { ERROR_KINDS } from '../core/errors.ts';
import type { Output } from './output.ts';

/** Says that what is done now is not dated by this machine's clock, and why. */
export function noteDoubt(doubt: string, out: Output): void {
  out.note(`pullmirror: ${doubt}`);
  out.note(`  next: ${ERROR_KINDS.CLOCK_IN_DOUBT.hint}`);
}
