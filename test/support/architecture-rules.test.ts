import t from 'tap';
import { formViolations, sourceViolations } from './architecture-rules.ts';
import { importCycles } from './import-cycles.ts';
import { machinePathViolations, repositoryFiles, topLevelViolations } from './repository-rules.ts';
import { importsOf } from './source-imports.ts';

const DEPENDENCIES = ['yaml', 'pino', '@aws-sdk/client-s3', 'better-sqlite3'];
const check = (path: string, ...lines: string[]): string[] =>
  sourceViolations({ path, text: lines.join('\n') }, DEPENDENCIES);

t.test('finds every form of import', async (t) => {
  const source = [
    "import a from './a.ts';",
    "import type { B } from './b.ts';",
    "import { type C, d } from './c.ts';",
    'import {',
    '  one,',
    '  two,',
    "} from './lines.ts';",
    "import * as e from './e.ts';",
    "import './effect.ts';",
    "export { f } from './f.ts';",
    "export * from './g.ts';",
    "export type { H } from './h.ts';",
    'import i from "./i.ts";',
    "const late = await import('./late.ts');",
    'const tick = import(`./tick.ts`);',
    "const old = require('./old.ts');",
    'const dark = import(name);',
    `const half = import(\`./\${name}.ts\`);`,
  ].join('\n');
  t.same(
    importsOf(source).map(({ specifier, kind }) => (kind === 'static' ? specifier : `${kind} ${specifier}`)),
    [
      ...['a', 'b', 'c', 'lines', 'e', 'effect', 'f', 'g', 'h', 'i'].map((name) => `./${name}.ts`),
      ...['dynamic ./late.ts', 'dynamic ./tick.ts', 'dynamic ./old.ts', 'unknown import(', 'unknown import('],
    ],
  );
});

t.test('is not fooled by comments, exported values and look-alikes', async (t) => {
  const source = [
    '/**',
    " * import x from './x.ts' and import('./y.ts')",
    ' */',
    "// import z from './z.ts';",
    "export const from = 'store';",
    "export const text = 'import of data';",
    'export function important(a: string) {',
    "  return a === 'from' ? schema.import('./q.ts') : 1; // import('./w.ts')",
    '}',
    'require(where);',
    "import real from './real.ts';",
  ].join('\n');
  t.same(importsOf(source), [{ specifier: './real.ts', kind: 'static' }]);
});

t.test('layers', async (t) => {
  const forbidden: [string, string][] = [
    ['src/core/a.ts', '../store/b.ts'],
    ['src/store/a.ts', '../vault/b.ts'],
    ['src/vault/sub/a.ts', '../../store/b.ts'],
    ['src/store/a.ts', '../jobs/b.ts'],
    ['src/jobs/a.ts', '../commands/b.ts'],
    ['src/jobs/a.ts', '../daemon.ts'],
    ['src/daemon.ts', './cli.ts'],
    ['src/commands/a.ts', '../cli.ts'],
    ['src/cloud/a.ts', '../store/b.ts'],
    ['src/cloud/a.ts', '../promoter/b.ts'],
    ['src/promoter/a.ts', '../vault/b.ts'],
    ['src/daemon/a.ts', '../cloud/b.ts'],
    ['src/cli.ts', './demo/b.ts'],
    ['src/commands/sync.ts', '../demo/b.ts'],
    ['src/store/a.ts', '../../test/support/b.ts'],
    ['src/store/a.ts', './b'],
  ];
  for (const [path, specifier] of forbidden) {
    t.equal(check(path, `import { b } from '${specifier}';`).length, 1, `${path} may not import ${specifier}`);
    t.equal(check(path, `import type { B } from '${specifier}';`).length, 1, 'nor its types');
    t.equal(check(path, `const b = await import('${specifier}');`).length, 1, 'nor late');
  }
  const allowed: [string, string][] = [
    ['src/cli.ts', './commands/sync.ts'],
    ['src/commands/sync.ts', '../jobs/pass.ts'],
    ['src/commands/cloud.ts', '../cloud/plan.ts'],
    ['src/commands/demo.ts', '../demo/story.ts'],
    ['src/demo/story.ts', '../jobs/pass.ts'],
    ['src/daemon.ts', './status/page.ts'],
    ['src/jobs/pass.ts', '../vault/s3.ts'],
    ['src/store/catalog/a.ts', '../b.ts'],
    ['src/vault/a.ts', '../core/b.ts'],
    ['src/promoter/a.ts', '../core/b.ts'],
  ];
  for (const [path, specifier] of allowed) t.same(check(path, `import { b } from '${specifier}';`), []);
  t.match(check('src/utils/a.ts'), [/the part utils is unknown/]);
  t.match(check('src/store/a.ts', 'await import(where);'), [/cannot be checked/]);
});

t.test('only declared dependencies', async (t) => {
  t.match(check('src/store/a.ts', "import x from 'fast-xml-parser';"), [/not among the dependencies/]);
  t.match(check('src/vault/a.ts', "import x from '@smithy/types';"), [/not among the dependencies/]);
  t.same(check('src/vault/a.ts', "import x from '@aws-sdk/client-s3';", "import fs from 'node:fs';"), []);
  const evaluator = "import x from '@cloud-copilot/iam-simulate';";
  t.same(check('src/demo/iam/evaluate-request.ts', evaluator), []);
  t.match(check('src/demo/stage.ts', evaluator), [/not among the dependencies/], 'only in its one file');
  t.match(check('src/demo/iam/evaluate-request.ts', "import x from 'fast-check';"), [/not among the dependencies/]);
});

t.test('core is pure', async (t) => {
  for (const specifier of [
    ...[
      'fs',
      'fs/promises',
      'net',
      'http',
      'https',
      'tls',
      'dgram',
      'child_process',
      'worker_threads',
      'timers',
      'os',
      'process',
    ],
  ]) {
    t.ok(check('src/core/a.ts', `import { x } from 'node:${specifier}';`).length > 0, specifier);
  }
  for (const specifier of ['better-sqlite3', '@aws-sdk/client-s3', 'pino', 'fs']) {
    t.equal(check('src/core/a.ts', `import { x } from '${specifier}';`).length, 1, specifier);
  }
  for (const line of [
    'const t = Date.now();',
    'const now = Date.now;',
    'const t = new Date();',
    'const t = new Date;',
    'const t = Date();',
    'const t = performance.now();',
    'const r = Math.random();',
    'const id = randomUUID();',
    'const zone = process.env.TZ;',
    "const zone = process['env'];",
    'setTimeout(go, 1);',
    "await fetch('x');",
  ]) {
    t.equal(check('src/core/a.ts', line).length, 1, line);
    t.same(check('src/jobs/a.ts', line), [], 'elsewhere it is allowed');
  }
  t.same(
    check(
      'src/core/sub/a.ts',
      "import { createHash } from 'node:crypto';",
      "import { crc32 } from 'node:zlib';",
      '/** No Date.now() here. */',
      'const t = new Date(at); // never new Date()',
      'const process = (x: number) => x;',
    ),
    [],
  );
});

t.test('form', async (t) => {
  const form = (path: string, text = ''): string[] => formViolations({ path, text });
  for (const path of [
    'src/core/fooBar.ts',
    'src/Core/a.ts',
    'src/core/foo_bar.ts',
    'src/core/-a.ts',
    'src/core/a.tsx',
  ]) {
    t.match(form(path), [/kebab-case/], path);
  }
  t.same(form('test/store/a1-b2.test.ts'), []);
  t.match(form('src/core/a.ts', 'const a = 1;\nexport default a;'), [/default export/]);
  t.match(form('src/core/a.ts', 'export {\n  a as default,\n};'), [/default export/]);
  t.same(form('src/core/a.ts', '// export default\nexport const a = 1;'), []);
  t.match(form('src/core/a.ts', 'x\n'.repeat(400)), [/401 lines/]);
  t.same(form('src/core/a.ts', 'x\n'.repeat(399)), []);
});

t.test('cycles', async (t) => {
  const graph = (edges: Record<string, string[]>): string[][] => importCycles(new Map(Object.entries(edges)));
  t.same(graph({ a: ['b'], b: ['c'], c: ['a'] }), [['a', 'b', 'c', 'a']]);
  t.same(graph({ a: ['a'] }), [['a', 'a']]);
  t.same(graph({ z: ['a'], a: ['b'], b: ['a'] }), [['a', 'b', 'a']]);
  t.same(graph({ a: ['b', 'c'], b: ['d'], c: ['d'], d: [] }), []);
});

t.test('top level and paths of a machine', async (t) => {
  t.same(topLevelViolations(['src/a.ts', 'README.md', 'esbuild.config.ts', '.ci/run']), []);
  t.match(topLevelViolations(['notes.md', 'scripts/x.sh', 'src/a.ts']), [/^notes\.md/, /^scripts/]);
  const home = ['', 'home', 'somebody', 'x'].join('/');
  const root = ['', 'build', 'checkout'].join('/');
  const paths = (text: string): string[] => machinePathViolations('a.md', text, root);
  t.match(paths(`fine\nsee ${home}`), [/^a\.md:2/]);
  t.match(paths(`"${['', 'Users', 'jane', 'y'].join('/')}"`), [/^a\.md:1/]);
  t.match(paths(`${['', 'root', '.aws'].join('/')}`), [/^a\.md:1/]);
  t.match(paths(`cd ${root}/src`), [/^a\.md:1/]);
  t.same(
    paths(
      '/srv/archive /var/lib/pullmirror https://host.example/home/x/ ./home/a/b chroot/home /home/me/x ProtectHome=yes /root',
    ),
    [],
  );
  const walked = await repositoryFiles(
    t.testdir({ src: { 'a.ts': '' }, node_modules: { b: '' }, dist: { c: '' }, '.ci': { run: '' }, 'x.log': '' }),
  );
  t.same(walked, ['.ci/run', 'src/a.ts']);
});
