import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { formViolations, relativeTargets, type SourceFile, sourceViolations } from './support/architecture-rules.ts';
import { deletionViolations } from './support/deleting-files.ts';
import { importCycles } from './support/import-cycles.ts';
import { machinePathViolations, repositoryFiles, topLevelViolations } from './support/repository-rules.ts';

// The rules themselves are tested on bad examples in support/architecture-rules.test.ts.
const root = join(import.meta.dirname, '..');
const read = async (path: string): Promise<SourceFile> => ({ path, text: await readFile(join(root, path), 'utf8') });

const files = await repositoryFiles(root);
const typescript = await Promise.all(files.filter((path) => /^(?:src|test)\/.*\.ts$/.test(path)).map(read));
const sources = typescript.filter(({ path }) => path.startsWith('src/'));

t.ok(sources.length > 5, 'there are sources to look at');

t.test('parts import only what lies below them; core is pure', async (t) => {
  const manifest: { dependencies: Record<string, string> } = JSON.parse((await read('package.json')).text);
  const dependencies = Object.keys(manifest.dependencies);
  t.same(
    sources.flatMap((file) => sourceViolations(file, dependencies)),
    [],
  );
});

t.test('every import leads to a file, and none in a circle', async (t) => {
  const imports = new Map(sources.map((file) => [file.path, relativeTargets(file)]));
  const missing = [...imports].flatMap(([path, targets]) =>
    targets.filter((target) => !imports.has(target)).map((target) => `${path}: there is no ${target}`),
  );
  t.same(missing, []);
  t.same(
    importCycles(imports).map((cycle) => cycle.join(' -> ')),
    [],
  );
});

t.test('files are removed where the list says, and nowhere else', async (t) => {
  t.same(deletionViolations(sources), []);
});

t.test('tests keep the form of sources', async (t) => {
  const tests = typescript.filter(({ path }) => path.startsWith('test/'));
  t.same(tests.flatMap(formViolations), []);
});

t.test('the top level holds what a reader expects', async (t) => {
  t.same(topLevelViolations(files), []);
});

t.test('no path of a machine in any file', async (t) => {
  const texts = await Promise.all(files.map(read));
  t.same(
    texts.flatMap(({ path, text }) => machinePathViolations(path, text, root)),
    [],
  );
});
