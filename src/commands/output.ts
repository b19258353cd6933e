import { printable, printableJson } from '../core/printable.ts';

/** As much of a writable stream as output needs. */
export interface TextStream {
  write(text: string): boolean;
  once(event: 'drain', listener: () => void): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export interface OutputOptions {
  readonly stdout: TextStream;
  readonly stderr: TextStream;
  readonly json: boolean;
}

/**
 * Where a command's words go. For people: lines on standard output; with `--json`: one document there and nothing else. Everything that
 * could steer a terminal is escaped here, once, for all commands, because keys and servers' messages come from strangers.
 */
export class Output {
  readonly json: boolean;
  readonly stderr: TextStream;
  readonly #stdout: TextStream;
  #mustDrain = false;
  #wrote = false;
  #nobodyReads = false;
  #isAllThereIs = false;
  #stopWaiting: () => void = () => undefined;

  constructor(options: OutputOptions) {
    this.json = options.json;
    this.stderr = options.stderr;
    this.#stdout = options.stdout;
  }

  /** True once anything went to standard output: an error in JSON would then spoil the document. */
  get hasWritten(): boolean {
    return this.#wrote;
  }

  /** What is printed is all that this command does: it may end when nobody reads on. */
  get isAllThereIs(): boolean {
    return this.#isAllThereIs;
  }

  declareAllThereIs(): void {
    this.#isAllThereIs = true;
  }

  /** Nobody reads standard output any more: what is still to be said is not, and nothing waits for it to be read. */
  readerLeft(): void {
    this.#nobodyReads = true;
    this.#stopWaiting();
  }

  /** One line for people; nothing with `--json`. */
  line(text = ''): void {
    if (!this.json) this.#write(`${printable(text)}\n`);
  }

  /** The document for programs; nothing without `--json`. */
  document(value: object): void {
    if (this.json) this.#write(`${printableJson(value)}\n`);
  }

  /** A piece of a document too large to hold, already safe (`printableJson`). */
  raw(text: string): void {
    this.#write(text);
  }

  /** One line on standard error, with and without `--json`. */
  note(text: string): void {
    this.stderr.write(`${printable(text)}\n`);
  }

  /** Resolves when the reader has taken what was written, so that a long list does not pile up in memory. */
  async drained(): Promise<void> {
    if (!this.#mustDrain || this.#nobodyReads) return;
    this.#mustDrain = false;
    await new Promise<void>((resolve) => {
      this.#stopWaiting = resolve;
      this.#stdout.once('drain', resolve);
    });
  }

  #write(text: string): void {
    this.#wrote = true;
    if (this.#nobodyReads) return;
    if (!this.#stdout.write(text)) this.#mustDrain = true;
  }
}

/** Rows of cells, under headings or without, each column as wide as its widest cell; the last one is not padded. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string[] {
  // Escaped first: an escape is longer than what it stands for.
  const cells = [...(headings.length === 0 ? [] : [headings]), ...rows].map((row) => row.map(printable));
  const columns = Math.max(0, ...cells.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    cells.reduce((widest, row) => Math.max(widest, row[column]?.length ?? 0), 0),
  );
  return cells.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
