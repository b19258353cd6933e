/** One thing to do by hand, and its clicks or commands in order. */
export interface Step {
  readonly title: string;
  readonly lines: readonly string[];
}
