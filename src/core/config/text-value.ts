import * as z from 'zod';
import type { Parsed } from '../parsed.ts';

export interface Explained {
  readonly description: string;
  /** For editors. */
  readonly pattern?: string;
}

/** A setting whose text is read by `read`; `otherType` is said where something else than text stands. */
export function text<T>(read: (written: string) => Parsed<T>, explained: Explained, otherType = 'must be text') {
  return z
    .string({ error: expects(otherType) })
    .transform(reading(read))
    .meta({ ...explained });
}

/** A message for the wrong type; a missing value is left to the general words. */
export function expects(words: string): (issue: { readonly input?: unknown }) => string | undefined {
  return ({ input }) => (input === undefined || input === null ? undefined : words);
}

/** Reads a value once; what is wrong with it becomes the message. */
export function reading<I, T>(read: (written: I) => Parsed<T>) {
  return (written: I, context: z.core.$RefinementCtx<I>): T => {
    const result = read(written);
    if (result.ok) return result.value;
    context.addIssue({ code: 'custom', message: result.problem });
    return z.NEVER;
  };
}
