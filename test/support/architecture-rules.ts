import { posix } from 'node:path';
import { importsOf, withoutComments } from './source-imports.ts';

/** One source file: its path from the root of the repository, with slashes, and its text. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/**
 * Who may import whom, besides its own folder. The first component below src/ names the part; a part that is not in this table is a mistake:
 * decide where it belongs first. Nobody may import demo/ except src/commands/demo.ts.
 */
const BELOW = ['store', 'vault', 'core'];
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  cli: ['commands', 'daemon', 'jobs', 'status', 'alerts', 'cloud', 'promoter', ...BELOW],
  commands: ['daemon', 'jobs', 'status', 'alerts', 'cloud', 'promoter', ...BELOW],
  daemon: ['jobs', 'status', 'alerts', ...BELOW],
  jobs: BELOW,
  status: BELOW,
  alerts: BELOW,
  store: ['core'],
  vault: ['core'],
  cloud: ['core'],
  promoter: ['core'],
  core: [],
};
const DEMO_COMMAND = 'src/commands/demo.ts';

/** Development dependencies that one file of the demo may import: the finished program, whose licence is another, never carries them. */
const DEMO_MODULES: Readonly<Record<string, string>> = {
  '@cloud-copilot/iam-simulate': 'src/demo/iam/evaluate-request.ts',
};

/** All that core/ may take from outside: computations. Whatever opens a file, a socket or a process, or tells the time, is not here. */
const CORE_MODULES = [
  ...['buffer', 'crypto', 'path', 'path/posix', 'string_decoder', 'url', 'util', 'zlib'].map((name) => `node:${name}`),
  ...['fastest-levenshtein', 'hash-wasm', 'yaml', 'zod'],
];

const CORE_IMPURITIES: readonly (readonly [RegExp, string])[] = [
  [/\bDate\.now\b/, 'Date.now: time is an argument'],
  [
    /\bnew Date\b(?!\s*\()|\bnew Date\(\s*\)|(?<!new )\bDate\(\s*\)/,
    'new Date without an argument: time is an argument',
  ],
  [/\bperformance\.now\b|\bhrtime\b/, 'a stopwatch: time is an argument'],
  [/\bMath\.random\b/, 'Math.random: randomness is an argument'],
  [/\brandom(?:UUID|Bytes|Int|Fill|FillSync)\b|\bgetRandomValues\b/, 'random bytes: randomness is an argument'],
  [/\bprocess\s*[.[]|\bfrom 'node:process'/, 'process: what a machine says is an argument'],
  [/\bset(?:Timeout|Interval|Immediate)\b/, 'a timer'],
  [/\bfetch\s*\(|\bnew (?:WebSocket|EventSource|Worker)\b/, 'the network or a thread'],
];

const MAX_LINES = 400;
const KEBAB_PATH = /^(?:[a-z0-9]+(?:-[a-z0-9]+)*\/)*[a-z0-9]+(?:-[a-z0-9]+)*(?:\.test|\.d)?\.ts$/;
const DEFAULT_EXPORT = /^[ \t]*export\s+default\b|^[ \t]*export\s*\{[^}]*\bas\s+default\b/m;

/** What is wrong with one file of src/, in words. `dependencies` are the names that the finished program may import. */
export function sourceViolations(file: SourceFile, dependencies: readonly string[]): string[] {
  return [...importViolations(file, dependencies), ...purityViolations(file), ...formViolations(file)];
}

/** Rules for every TypeScript file, tests included. */
export function formViolations({ path, text }: SourceFile): string[] {
  const violations: string[] = [];
  if (!KEBAB_PATH.test(path)) violations.push(`${path}: names are kebab-case`);
  if (DEFAULT_EXPORT.test(withoutComments(text))) violations.push(`${path}: a default export`);
  const lines = text.split('\n').length;
  if (lines > MAX_LINES)
    violations.push(`${path}: ${lines} lines, more than ${MAX_LINES}: it has two reasons to exist`);
  return violations;
}

/** The files of src/ that a file imports, as paths from the root of the repository. */
export function relativeTargets({ path, text }: SourceFile): string[] {
  return importsOf(text)
    .filter(({ specifier }) => specifier.startsWith('.'))
    .map(({ specifier }) => posix.join(posix.dirname(path), specifier));
}

function importViolations(file: SourceFile, dependencies: readonly string[]): string[] {
  const { path } = file;
  const part = partOf(path);
  const allowed = MAY_IMPORT[part];
  if (allowed === undefined && part !== 'demo')
    return [`${path}: the part ${part} is unknown to the architecture test`];
  const violations: string[] = [];
  for (const { specifier, kind } of importsOf(file.text)) {
    if (kind === 'unknown') violations.push(`${path}: ${specifier}…) cannot be checked; import by a plain string`);
    else if (!specifier.startsWith('.')) violations.push(...moduleViolations(path, part, specifier, dependencies));
  }
  for (const target of relativeTargets(file)) {
    if (!target.startsWith('src/')) violations.push(`${path}: imports ${target}, outside src/`);
    else if (!target.endsWith('.ts')) violations.push(`${path}: imports ${target} without its ending .ts`);
    else if (!mayImport(path, part, partOf(target))) violations.push(`${path}: ${part} may not import ${target}`);
  }
  return violations;
}

function mayImport(path: string, part: string, target: string): boolean {
  if (target === 'demo' && part !== 'demo') return path === DEMO_COMMAND;
  return part === 'demo' || part === target || MAY_IMPORT[part]?.includes(target) === true;
}

function moduleViolations(path: string, part: string, specifier: string, dependencies: readonly string[]): string[] {
  const name = packageName(specifier);
  if (part === 'core' && !CORE_MODULES.includes(specifier) && !CORE_MODULES.includes(name)) {
    return [`${path}: core is pure and may not import ${specifier}`];
  }
  if (specifier.startsWith('node:') || dependencies.includes(name) || DEMO_MODULES[name] === path) return [];
  return [`${path}: ${specifier} is not among the dependencies of the finished program`];
}

function purityViolations({ path, text }: SourceFile): string[] {
  if (partOf(path) !== 'core') return [];
  const code = withoutComments(text);
  return CORE_IMPURITIES.filter(([pattern]) => pattern.test(code)).map(
    ([, why]) => `${path}: core is pure; found ${why}`,
  );
}

/** 'src/store/catalog/catalog.ts' is of the part 'store', 'src/cli.ts' of 'cli'. */
function partOf(path: string): string {
  return (
    path
      .replace(/^src\//, '')
      .split('/')[0]
      ?.replace(/\.ts$/, '') ?? ''
  );
}

function packageName(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
