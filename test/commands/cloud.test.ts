import { existsSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parseOutput, runProgram } from '../support/command-fixture.ts';
import { exampleUploadSide, uploadSideText } from '../support/upload-side-text.ts';

const dir = t.testdir({
  'good.yaml': exampleUploadSide,
  'dangerous.yaml': uploadSideText({ servers: [{ name: 'web1', mayDelete: true }] }),
  'bad.yaml': 'regin: eu-central-1\nvault: s3://x\nsecret: hunter2hunter2\n',
});
const run = (...args: string[]) => runProgram(['cloud', ...args], { cwd: dir });

t.test('check: what it says, what it costs at most; nothing on standard error when all is calm', async (t) => {
  const { status, stdout, stderr } = await run('check', 'good.yaml');
  t.equal(status, 0);
  t.equal(stderr, '');
  t.match(stdout, /^good\.yaml is good\./);
  for (const words of [
    /server web1 +may only upload below web1\//,
    / sql\.gz\.gpg becomes \{date\}\.\{hour\}\.sql\.gz\.gpg, 1 B to 1\.0 GB/,
    /vault +example-vault, locked for 30 days \(governance\), removed after 400 days/,
    /maximum cost +[\d.]+ USD a month .*us-east-1/,
  ]) {
    t.match(stdout, words);
  }
});

t.test('check: dangers on standard error, and in the document', async (t) => {
  const [words, json] = await Promise.all([run('check', 'dangerous.yaml'), run('check', '--json', 'dangerous.yaml')]);
  t.equal(words.status, 0);
  t.match(words.stderr, /^warning: dangerous\.yaml:1:\d+: servers\[0\]\.mayDelete: Whoever breaks into web1 /);
  t.match(words.stdout, /maximum cost +none: without lifecycle\.expire/);
  t.equal(json.status, 0);
  t.equal(json.stderr, words.stderr);
  t.match(parseOutput('cloud-check', json.stdout), {
    valid: true,
    warnings: [
      { code: 'may-delete', line: 1 },
      { code: 'never-expires' },
      { code: 'no-mirrors' },
      { code: 'no-notify-email' },
    ],
    maximumMonthlyCost: { usd: null, why: /lifecycle\.expire/ },
  });
});

t.test('a bad description: exit 78 in every command, all mistakes at once, no secret, nothing written', async (t) => {
  const all = await Promise.all([
    run('check', 'bad.yaml'),
    run('policies', 'bad.yaml', '--out', 'none'),
    run('template', 'bad.yaml'),
  ]);
  for (const { status, stdout, stderr } of all) {
    t.equal(status, 78);
    t.equal(stdout, '');
    t.match(stderr, /^pullmirror: bad\.yaml:1:1: region: is missing\n/);
    t.match(stderr, /bad\.yaml:1:1: regin: unknown key; the nearest known one is "region"\n/);
    t.match(stderr, /bad\.yaml:2:8: vault: "s3:\/\/x" is not a bucket name/);
    t.match(stderr, /bad\.yaml:3:1: secret: never keys in this file/);
    t.match(stderr, /next: .*config\/upload-side\.example\.yaml/);
    t.notMatch(stderr, 'hunter2');
  }
  t.notOk(existsSync(join(dir, 'none')));
  const json = await run('check', 'bad.yaml', '--json');
  t.equal(json.status, 78);
  t.match(parseOutput('cloud-check', json.stdout), {
    valid: false,
    maximumMonthlyCost: null,
    mistakes: [{ path: 'region' }, { path: 'timezone' }],
  });
  const missing = await run('check', 'nosuch.yaml');
  t.match(missing, {
    status: 78,
    stderr: /there is no .*nosuch\.yaml[\s\S]*a copy of config\/upload-side\.example\.yaml/,
  });
});

t.test('schema: for an editor', async (t) => {
  const { status, stdout } = await run('schema');
  t.equal(status, 0);
  t.match(JSON.parse(stdout), { properties: { servers: { items: { properties: { mayDelete: {} } } } } });
});
