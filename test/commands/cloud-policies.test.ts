import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parseOutput, runProgram } from '../support/command-fixture.ts';
import { exampleUploadSide, uploadSideText } from '../support/upload-side-text.ts';

const dir = t.testdir({
  'good.yaml': exampleUploadSide,
  'dangerous.yaml': uploadSideText({ servers: [{ name: 'web1', mayDelete: true }] }),
});
const run = (...args: string[]) => runProgram(['cloud', ...args], { cwd: dir });

t.test('policies: every one by name, for people and for programs', async (t) => {
  const [words, json, minio, wrong] = await Promise.all([
    run('policies', 'dangerous.yaml'),
    run('policies', 'dangerous.yaml', '--json'),
    run('policies', 'dangerous.yaml', '--json', '--for', 'minio'),
    run('policies', 'dangerous.yaml', '--for', 'azure'),
  ]);
  t.equal(words.status, 0);
  t.match(words.stderr, /warning: dangerous\.yaml:1:\d+: servers\[0\]\.mayDelete/);
  const document = parseOutput('cloud-policies', json.stdout);
  t.equal(json.stderr, words.stderr);
  t.equal(document.files, null);
  t.match(document.warnings[0], { code: 'may-delete' });
  for (const { name, forWhom, document: policy } of document.policies) {
    const printed = words.stdout.split(`# ${name}, for the `)[1]?.split('\n\n')[0] ?? '';
    t.match(printed, forWhom.join(', '), name);
    t.same(JSON.parse(printed.slice(printed.indexOf('\n{'))), policy, `${name} is printed as it is`);
  }
  t.not(JSON.stringify(parseOutput('cloud-policies', minio.stdout).policies), JSON.stringify(document.policies));
  t.match(wrong, { status: 2, stderr: /Allowed choices are aws, radosgw, minio/ });
});

t.test('policies: files that are never replaced untold', async (t) => {
  const write = (...more: string[]) => run('policies', 'good.yaml', '--out', 'policies', ...more);
  const { stdout } = await run('policies', 'good.yaml', '--json');
  const { policies } = parseOutput('cloud-policies', stdout);
  const first = parseOutput('cloud-policies', (await write('--json')).stdout);
  const expected = [...policies.map(({ name }) => `policies/${name}.json`), 'policies/CONSOLE-STEPS.md'];
  t.same(
    first.files,
    expected.map((path) => ({ path, state: 'written' })),
  );
  t.same(readdirSync(join(dir, 'policies')).sort(), expected.map((path) => path.slice('policies/'.length)).sort());
  for (const { name, document } of policies) {
    t.same(JSON.parse(readFileSync(join(dir, 'policies', `${name}.json`), 'utf8')), document, name);
  }
  const steps = readFileSync(join(dir, 'policies/CONSOLE-STEPS.md'), 'utf8');
  for (const { name } of policies) t.match(steps, name, `the steps name ${name}`);

  const again = await write();
  t.notMatch(again.stdout, /: written/, 'the same again writes nothing');
  t.notMatch(again.stderr, 'not of this description');
  writeFileSync(join(dir, 'policies/pullmirror-server-gone-folder.json'), '{}');
  t.match((await write()).stderr, 'policies/pullmirror-server-gone-folder.json is not of this description');
  const [changed = '', gone = ''] = expected;
  writeFileSync(join(dir, changed), '{}');
  rmSync(join(dir, gone));
  const refused = await write();
  t.match(refused, { status: 1, stdout: '', stderr: /with other content there is already: (\S+)\n[\s\S]*--force/ });
  t.ok(refused.stderr.includes(`: ${changed}\n`), 'it names that file alone');
  t.equal(readFileSync(join(dir, changed), 'utf8'), '{}');
  t.notOk(existsSync(join(dir, gone)), 'nothing else is written either');
  const forced = parseOutput('cloud-policies', (await write('--force', '--json')).stdout).files ?? [];
  t.same(
    forced.filter(({ state }) => state === 'written').map(({ path }) => path),
    [changed, gone],
  );
  t.not(readFileSync(join(dir, changed), 'utf8'), '{}');
});

t.test('a folder that cannot be made is told of at once', async (t) => {
  const deep = await run('policies', 'good.yaml', '--out', 'new/folder');
  t.equal(deep.status, 0, deep.stderr);
  const unmade = await run('policies', 'good.yaml', '--out', '/proc/pullmirror/policies');
  t.match(unmade, { status: 1, stderr: /\/proc\/pullmirror\/policies.* cannot be written/ });
});
