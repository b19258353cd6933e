/** One step of a shape: a character of a set, once, any number of times, or perhaps. */
interface Step {
  readonly characters: ReadonlySet<string>;
  readonly times: 'once' | 'any' | 'maybe';
}

/** The names that something stands for, as a little automaton. */
export type NameShape = readonly Step[];

const DIGITS = new Set('0123456789');
const ALPHANUMERICS = new Set('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789');
const NAME_CHARACTERS = new Set([...ALPHANUMERICS, '.', '_', '-']);
/** Printable ASCII: all that a description lets into names. */
const ANY = new Set(Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)));

const once = (characters: ReadonlySet<string>): Step => ({ characters, times: 'once' });
const any = (characters: ReadonlySet<string>): Step => ({ characters, times: 'any' });
const text = (literal: string): Step[] => [...literal].map((character) => once(new Set(character)));
const digits = (count: number): Step[] => Array.from({ length: count }, () => once(DIGITS));

const TOKENS: Readonly<Record<string, NameShape>> = {
  '{date}': [...digits(4), ...text('-'), ...digits(2), ...text('-'), ...digits(2)],
  '{hour}': [...digits(2), { characters: new Set('b'), times: 'maybe' }],
  '{name}': [once(NAME_CHARACTERS), any(NAME_CHARACTERS)],
  '{part}': [once(ALPHANUMERICS), any(ALPHANUMERICS)],
};
const WILDCARDS: Readonly<Record<string, NameShape>> = { '*': [any(ANY)], '?': [once(ANY)] };

/** The names that a rule's `upload` or `becomes` stands for. Longer ones than {name} and {part} allow are counted in. */
export function ruleShape(name: string): NameShape {
  return name.split(/(\{[a-z]+\})/).flatMap((piece) => TOKENS[piece] ?? text(piece));
}

/** The names that a pattern with IAM's wildcards stands for; `*` goes across folders. */
export function wildcardShape(pattern: string): NameShape {
  return [...pattern].flatMap((character) => WILDCARDS[character] ?? text(character));
}

/** Whether a name exists that both stand for. Walks both automata at once: the cost is bounded by the product of their lengths. */
export function shapesOverlap(a: NameShape, b: NameShape): boolean {
  const width = b.length + 1;
  const seen = new Set<number>([0]);
  const open: [number, number][] = [[0, 0]];
  for (let state = open.pop(); state !== undefined; state = open.pop()) {
    const [i, j] = state;
    if (i === a.length && j === b.length) return true;
    for (const [nextI, nextJ] of successors(a, b, i, j)) {
      const id = nextI * width + nextJ;
      if (seen.has(id)) continue;
      seen.add(id);
      open.push([nextI, nextJ]);
    }
  }
  return false;
}

function successors(a: NameShape, b: NameShape, i: number, j: number): [number, number][] {
  const stepA = a[i];
  const stepB = b[j];
  const next: [number, number][] = [];
  if (stepA !== undefined && stepA.times !== 'once') next.push([i + 1, j]);
  if (stepB !== undefined && stepB.times !== 'once') next.push([i, j + 1]);
  if (stepA !== undefined && stepB !== undefined && [...stepA.characters].some((one) => stepB.characters.has(one))) {
    next.push([stepA.times === 'any' ? i : i + 1, stepB.times === 'any' ? j : j + 1]);
  }
  return next;
}
