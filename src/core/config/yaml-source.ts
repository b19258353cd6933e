import {
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
  type YAMLError,
} from 'yaml';
import { type Finding, formatPath, type KeyPath, type Mistake } from './mistake.ts';

/** A file as YAML: its plain values, and where each of them stands. */
export interface YamlSource {
  readonly value: unknown;
  /** Names of settings and texts with their places: what may hold a secret. */
  readonly scalars: readonly SourceScalar[];
  locate(finding: Finding): Mistake;
}

export interface SourceScalar {
  readonly path: KeyPath;
  readonly isKey: boolean;
  readonly text: string;
  /** Characters from the beginning of the file. */
  readonly offset: number;
}

const QUOTES_HINT = 'text that begins with * or { or contains ": " or " #" must stand in quotes';
/** Errors that a missing pair of quotes brings about. */
const QUOTES_CODES = new Set([
  'UNEXPECTED_TOKEN',
  'BLOCK_AS_IMPLICIT_KEY',
  'BAD_SCALAR_START',
  'BAD_ALIAS',
  'MULTILINE_IMPLICIT_KEY',
]);

/**
 * Reads YAML 1.2. `source` is null when the text is not YAML at all; with duplicate keys alone it is there, so that the other mistakes are
 * found in the same run. Messages never repeat the text of the file, which may hold a secret.
 */
export function readYaml(text: string): { readonly source: YamlSource | null; readonly mistakes: readonly Mistake[] } {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    prettyErrors: false,
    lineCounter: lines,
    stringKeys: true,
    logLevel: 'error',
  });
  const errors = [...document.errors, ...document.warnings];
  if (document.errors.some(({ code }) => code !== 'DUPLICATE_KEY')) {
    return { source: null, mistakes: firstOfEachLine(errors.map((error) => syntaxMistake(error, lines))) };
  }
  const dangling = danglingAliases(document, lines);
  if (dangling.length > 0) return { source: null, mistakes: dangling };
  const source = sourceOf(document, lines);
  const mistakes = errors.map((error) => {
    const at = source.scalars.find(({ isKey, offset }) => isKey && offset === error.pos[0]);
    return { ...syntaxMistake(error, lines), path: formatPath(at?.path ?? []) };
  });
  return { source, mistakes };
}

function sourceOf(document: Document, lines: LineCounter): YamlSource {
  const scalars: SourceScalar[] = [];
  visit(document, {
    Scalar: (key, node, ancestors) => {
      if (typeof node.value !== 'string') return;
      const path = pathOf([...ancestors, node]);
      scalars.push({ path, isKey: key === 'key', text: node.value, offset: node.range?.[0] ?? 0 });
    },
  });
  return {
    value: document.toJS(),
    scalars,
    locate: ({ path, at, message }) => ({ ...place(document, path, at, lines), path: formatPath(path), message }),
  };
}

/** Keys and positions that lead to the last of these nodes. */
function pathOf(chain: readonly unknown[]): KeyPath {
  const path: (string | number)[] = [];
  chain.forEach((node, index) => {
    const next = chain[index + 1];
    if (isPair(node) && isScalar(node.key)) path.push(String(node.key.value));
    if (isSeq(node) && next !== undefined) path.push(node.items.indexOf(next));
  });
  return path;
}

/** The position of the deepest node on the path that is there. */
function place(document: Document, path: KeyPath, at: 'key' | 'value', lines: LineCounter) {
  let node = document.contents ?? null;
  let position = startOf(node) ?? 0;
  path.forEach((step, index) => {
    const { key, value } = childOf(resolve(node, document), step);
    const wanted = at === 'key' && index === path.length - 1 ? key : value;
    position = startOf(wanted) ?? startOf(key) ?? position;
    node = value;
  });
  const { line, col } = lines.linePos(position);
  return { line: Math.max(line, 1), column: Math.max(col, 1) };
}

function childOf(node: Node | null, step: string | number): { key: Node | null; value: Node | null } {
  if (isSeq<Node>(node) && typeof step === 'number') return { key: null, value: node.items[step] ?? null };
  if (!isMap<Node, Node>(node)) return { key: null, value: null };
  // Of duplicate keys the last one counts, as it does for the values.
  const pair = node.items.findLast(({ key }) => isScalar(key) && String(key.value) === String(step));
  return { key: pair?.key ?? null, value: pair?.value ?? null };
}

function resolve(node: Node | null, document: Document): Node | null {
  return isAlias(node) ? (node.resolve(document) ?? null) : node;
}

/** null for a value that is left out (`key:` alone has a range, but of nothing). */
function startOf(node: Node | null): number | null {
  const range = node?.range ?? null;
  return range === null || (isScalar(node) && node.value === null) ? null : range[0];
}

function danglingAliases(document: Document, lines: LineCounter): readonly Mistake[] {
  const mistakes: Mistake[] = [];
  visit(document, {
    Alias: (_key, node) => {
      if (node.resolve(document) !== undefined) return;
      const { line, col } = lines.linePos(node.range?.[0] ?? 0);
      mistakes.push({ line, column: col, path: '', message: `refers to something that is not there; ${QUOTES_HINT}` });
    },
  });
  return mistakes;
}

function syntaxMistake(error: YAMLError, lines: LineCounter): Mistake {
  const { line, col } = lines.linePos(error.pos[0]);
  return { line: Math.max(line, 1), column: Math.max(col, 1), path: '', message: syntaxWords(error) };
}

function syntaxWords({ code, message }: YAMLError): string {
  if (code === 'DUPLICATE_KEY') return 'this key occurs twice; the earlier one would be lost';
  if (code === 'MULTIPLE_DOCS') return 'a line "---" begins a second document; only one is read';
  if (code === 'TAB_AS_INDENT') return 'a tab indents this line; YAML wants spaces';
  // Some messages end in a quotation of the file.
  const words = message.replace(/: ".*$/s, '');
  return QUOTES_CODES.has(code) ? `not YAML: ${words}; ${QUOTES_HINT}` : `not YAML: ${words}`;
}

/** One slip makes the parser stumble several times over the same line. */
function firstOfEachLine(mistakes: readonly Mistake[]): readonly Mistake[] {
  return mistakes.filter(({ line }, index) => mistakes.findIndex((other) => other.line === line) === index);
}
