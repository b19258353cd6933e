import type { FirstOfMany } from '../core/first-of-many.ts';
import type { Output } from './output.ts';

const SHOWN = 100;

/** The first hundred, and how many more there are. */
export function tellSome<T>({ first, count }: FirstOfMany<T>, out: Output, tell: (one: T) => void): void {
  for (const one of first.slice(0, SHOWN)) tell(one);
  if (count > SHOWN) out.line(`  … and ${count - SHOWN} more`);
}
