import { AppError } from '../core/errors.ts';
import { printable } from '../core/printable.ts';

/** As much of the program's output as a story needs. */
export interface StoryOutput {
  line(text?: string): void;
  raw(text: string): void;
}

/** Tells the story: headings, sentences, commands with what they printed, and claims, each of which ends the demo when it is not true. */
export class Narrator {
  readonly #out: StoryOutput;
  readonly #styled: boolean;
  #chapters = 0;
  #claims = 0;

  constructor(options: { readonly out: StoryOutput; readonly styled: boolean }) {
    this.#out = options.out;
    this.#styled = options.styled;
  }

  get claims(): number {
    return this.#claims;
  }

  chapter(title: string): void {
    this.#chapters += 1;
    this.#out.line();
    this.#line('1', `${this.#chapters}. ${title}`);
  }

  /** Plain sentences, a line each. */
  say(...lines: readonly string[]): void {
    for (const line of lines) this.#out.line(line);
  }

  command(text: string): void {
    this.#out.line();
    this.#line('36', `  $ ${text}`);
  }

  /** What a command printed. */
  output(text: string): void {
    for (const line of text.trimEnd().split('\n')) this.#line('2', `    ${line}`.trimEnd());
  }

  /** States a fact that was just looked at. Throws INTERNAL when it is not one: a demo must not say what is not so. */
  claim(isTrue: boolean, text: string): void {
    if (!isTrue) {
      throw new AppError('INTERNAL', `the demo found that this is not so: ${text}`);
    }
    this.#claims += 1;
    this.#line('32', `  ✓ ${text}`);
  }

  #line(style: string, text: string): void {
    if (this.#styled) this.#out.raw(`\x1b[${style}m${printable(text)}\x1b[0m\n`);
    else this.#out.line(text);
  }
}
