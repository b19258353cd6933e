import { printable } from '../printable.ts';

/** Keys and list positions from the top of the file down to a value. */
export type KeyPath = readonly (string | number)[];

/** One thing wrong with a file, before its place is known. */
export interface Finding {
  readonly path: KeyPath;
  /** Where to point: at the name of a setting (when the name is wrong) or at its value. */
  readonly at: 'key' | 'value';
  readonly message: string;
}

/** One thing wrong with a file, for a person. */
export interface Mistake {
  /** From 1. */
  readonly line: number;
  /** From 1, in characters. */
  readonly column: number;
  /** Such as `vaults[0].bucket`; '' for the file as a whole. */
  readonly path: string;
  readonly message: string;
}

/** `vaults[0].bucket`; keys with other characters in quotes: `downloads.timetable["01:00-06:00"]`. */
export function formatPath(path: KeyPath): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (!/^[\w-]+$/.test(step)) text += `[${JSON.stringify(step)}]`;
    else text += text === '' ? step : `.${step}`;
  }
  return text;
}

/** `FILE:LINE:COLUMN: PATH: MESSAGE`, the form that editors and terminals make clickable. */
export function formatMistake(file: string, { line, column, path, message }: Mistake): string {
  return printable([`${file}:${line}:${column}`, ...(path === '' ? [] : [path]), message].join(': '));
}
