import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { createCommandFixture, parseOutput, runProgram } from '../support/command-fixture.ts';

const fixture = createCommandFixture();
t.teardown(() => fixture.remove());

t.test('a mistake in the command line is exit 2, with a suggestion', async (t) => {
  const [command, option, argument, none, count] = await Promise.all([
    fixture.run(['staus']),
    fixture.run(['sync', '--ful']),
    fixture.run(['init']),
    fixture.run([]),
    fixture.run(['history', '--limit', 'many']),
  ]);
  t.match(command, {
    status: 2,
    stdout: '',
    stderr: /^pullmirror: unknown command 'staus'\n {2}next: Did you mean status\?/,
  });
  t.match(option, { status: 2, stderr: /unknown option '--ful'\n {2}next: Did you mean --full\?/ });
  t.match(argument, { status: 2, stderr: /missing required argument 'DIR'/ });
  t.match(none, { status: 2, stdout: '', stderr: /Usage: pullmirror[\s\S]*no command was given/ });
  t.match(count, { status: 2, stderr: /whole number/ });
});

t.test('history of nothing: a vault that is not configured is a mistake, a filter may fit no event', async (t) => {
  const [vault, none, all] = await Promise.all([
    fixture.run(['history', '--vault', 'nosuch']),
    fixture.run(['history', '--event', 'archive.damaged']),
    fixture.run(['history']),
  ]);
  t.match(vault, { status: 2, stdout: '', stderr: /no vault is called nosuch\n {2}next: Configured are: web\./ });
  t.match(none, { status: 0, stdout: 'No such event.\n' });
  t.match(all, { status: 0 });
  t.notMatch(all.stdout, 'No such event');
});

t.test('errors name what, where, why and the next step; as JSON with --json; no stack unless asked', async (t) => {
  const missing = join(fixture.dir, 'no.yaml');
  const [words, json, verbose] = await Promise.all([
    runProgram(['--config', missing, 'status'], {}),
    runProgram(['status', '--json', '--config', missing], {}),
    runProgram(['--verbose', '--config', missing, 'status'], {}),
  ]);
  t.equal(words.status, 78);
  t.match(words.stderr, /^pullmirror: there is no .*no\.yaml\n {2}why: ENOENT.*\n {2}next: .*--config FILE/);
  t.notMatch(words.stderr, /\n {4,}at /);
  t.equal(json.status, 78);
  t.equal(json.stderr, '');
  t.equal(parseOutput('error', json.stdout).error.code, 'CONFIG_NOT_FOUND');
  t.match(verbose.stderr, /\n +at /);
});

t.test('nothing of a hostile name reaches the terminal raw', async (t) => {
  const { stderr } = await fixture.run(['restore', '\x1b]0;owned\x07\x9b2J\nnext: rm -rf']);
  t.match(stderr, /\\x1b\]0;owned\\x07\\x9b2J\\x0anext/);
  t.notMatch(stderr.replaceAll('\n', ''), /[\p{Cc}\p{Cf}]/u);
});

t.test('config check: all mistakes at once; config schema is JSON', async (t) => {
  const file = join(fixture.dir, 'bad.yaml');
  writeFileSync(file, 'stor: { path: /srv/archive }\nvaults: []\n');
  const [good, bad, json, schema] = await Promise.all([
    fixture.run(['config', 'check']),
    runProgram(['config', 'check', '--config', file], {}),
    runProgram(['config', 'check', '--json', '--config', file], {}),
    fixture.run(['config', 'schema']),
  ]);
  t.match(good, { status: 0, stdout: /is good/ });
  t.equal(bad.status, 78);
  t.match(bad.stderr, /bad\.yaml:1:1: .*store/);
  t.equal(json.status, 78);
  t.ok(parseOutput('config-check', json.stdout).mistakes.length >= 2);
  t.match(JSON.parse(schema.stdout), { properties: { vaults: {} } });
});

t.test('the version; and init, twice', async (t) => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  const [shown, init] = await Promise.all([
    fixture.run(['--version']),
    fixture.run(['init', fixture.storeDir, '--json']),
  ]);
  t.equal(shown.stdout, `${version}\n`);
  t.match(parseOutput('init', init.stdout), { created: false, path: fixture.storeDir });
});
