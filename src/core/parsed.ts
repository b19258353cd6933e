/** What reading a piece of text gave: its value, or what is wrong with it, in words that follow "…: ". */
export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string };

export const parsed = <T>(value: T): Parsed<T> => ({ ok: true, value });
export const problem = (words: string): Parsed<never> => ({ ok: false, problem: words });
