/**
 * So many archives of one series are planned at once; with more the program would run out of its memory, and whoever can upload could end it by that.
 * One an hour for fourteen years are fewer.
 */
export const MAX_PLANNED = 125_000;

/** A series with keep rules that has more archives than that: nothing of it is removed. */
export interface Crowded {
  readonly vault: string;
  readonly series: string;
  readonly archives: number;
}
