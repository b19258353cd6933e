import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { formatChecksumLine } from '../../src/core/sha256sums.ts';
import { README_TEXT } from '../../src/store/disk-readme.ts';
import { RESTORE_SCRIPT } from '../../src/store/restore-script.ts';
import { runUnprivileged } from '../support/run-unprivileged.ts';

const ODD_NAMES = [
  'with  two blanks',
  ' leading',
  'trailing ',
  '-rf',
  '*',
  '$(reboot)',
  "a'b",
  'a"b',
  '%0A%25',
  'ü€😀',
  'a;b&c|d',
  '[x]',
  '~',
];

/** A store as a person finds it: no program of ours but the script. */
function setUp(t: Test, [program = '', ...first]: readonly string[]) {
  const folder = t.testdir({ store: {}, 'target dir': {}, bin: {} });
  const store = join(folder, 'store');
  const target = join(folder, 'target dir');
  writeFileSync(join(store, 'restore.sh'), RESTORE_SCRIPT);
  const add = (vault: string, path: string, content: string) => {
    const file = join(store, vault, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    utimesSync(file, 1e9, 1e9);
    const sha256 = createHash('sha256').update(content).digest('hex');
    appendFileSync(join(store, vault, 'SHA256SUMS'), formatChecksumLine({ sha256, path }));
  };
  const run = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(program, [...first, join(store, 'restore.sh'), ...args], {
      cwd: target,
      encoding: 'utf8',
    });
    return { status, stdout, stderr };
  };
  return { store, target, add, run };
}

/** On Debian sh is dash: no need to try it twice. */
const shells = [['dash'], ['bash'], ['busybox', 'sh']].filter(
  ([program = '']) => spawnSync(program, ['--help']).error === undefined,
);

for (const shell of shells.length > 0 ? shells : [['sh']]) {
  t.test(`restore.sh under ${shell.join(' ')}`, async (t) => {
    t.test('lists', async (t) => {
      const { add, run } = setUp(t, shell);
      add('web', 'web1/a.gpg', 'A');
      for (const name of ODD_NAMES) add('web', `odd/${name}`, name);
      add('sql', 'b.gpg', 'B');
      const lines = ['sql/b.gpg', 'web/web1/a.gpg', ...ODD_NAMES.map((name) => `web/odd/${name}`)];
      t.same(run('--list'), { status: 0, stdout: `${lines.join('\n')}\n`, stderr: '' });
      t.same(run('--list', 'sql'), { status: 0, stdout: 'sql/b.gpg\n', stderr: '' });
      t.match(run('--list', 'gone'), { status: 1, stderr: /no vault named gone/ });
    });

    t.test('restores, odd names too, and changes nothing on the disk', async (t) => {
      const { store, target, add, run } = setUp(t, shell);
      add('web', 'web1/a.gpg', 'A');
      for (const name of ODD_NAMES) add('web', `odd/${name}`, `content of ${name}`);
      const result = run(...['web/web1/a.gpg', ...ODD_NAMES.map((name) => `web/odd/${name}`)]);
      t.match(result, { status: 0, stderr: '' });
      t.equal(readFileSync(join(target, 'a.gpg'), 'utf8'), 'A');
      t.equal(statSync(join(target, 'a.gpg')).mtimeMs, 1e12, 'with its time');
      for (const name of ODD_NAMES) t.equal(readFileSync(join(target, name), 'utf8'), `content of ${name}`);
      t.equal(readdirSync(target).length, ODD_NAMES.length + 1, 'nothing else');
      t.same(readdirSync(store).sort(), ['restore.sh', 'web']);
    });

    t.test('into another directory, without the name of the vault', async (t) => {
      const { store, add, run } = setUp(t, shell);
      add('web', 'web1/a.gpg', 'A');
      const to = join(store, '..', 'bin');
      t.match(run('--to', to, 'web1/a.gpg'), { status: 0 });
      t.equal(readFileSync(join(to, 'a.gpg'), 'utf8'), 'A');
      t.match(run('--to', join(to, 'gone'), 'web1/a.gpg'), { status: 1, stderr: /not a directory/ });
    });

    t.test('a name that several vaults have', async (t) => {
      const { target, add, run } = setUp(t, shell);
      add('web', 'a.gpg', 'A');
      add('sql', 'a.gpg', 'B');
      t.match(run('a.gpg'), { status: 1, stderr: /several vaults: sql\/a\.gpg web\/a\.gpg/ });
      t.match(run('sql/a.gpg'), { status: 0 });
      t.equal(readFileSync(join(target, 'a.gpg'), 'utf8'), 'B');
    });

    t.test('nothing is overwritten', async (t) => {
      const { target, add, run } = setUp(t, shell);
      add('web', 'a.gpg', 'A');
      writeFileSync(join(target, 'a.gpg'), 'mine');
      t.match(run('web/a.gpg'), { status: 1, stderr: /exists already/ });
      t.equal(readFileSync(join(target, 'a.gpg'), 'utf8'), 'mine');
    });

    t.test('a damaged or missing archive is never restored', async (t) => {
      const { store, target, add, run } = setUp(t, shell);
      add('web', 'a.gpg', 'A');
      add('web', 'b.gpg', 'B');
      add('web', 'c.gpg', 'C');
      t.match(run('--verify'), { status: 0, stdout: /web: every archive matches/ });
      appendFileSync(join(store, 'web', 'a.gpg'), 'x');
      rmSync(join(store, 'web', 'b.gpg'));
      const verified = run('--verify');
      t.match(verified, { status: 1, stdout: /web\/a\.gpg: FAILED\nweb\/b\.gpg: FAILED open or read\n/ });
      t.notMatch(verified.stdout, 'c.gpg');
      const restored = run('web/a.gpg', 'web/b.gpg', 'web/c.gpg');
      t.match(restored, { status: 1, stderr: /a\.gpg is damaged/ });
      t.same(readdirSync(target), ['c.gpg'], 'and one failure does not stop the others');
    });

    t.test('a copy that differs is removed', async (t) => {
      const { store, target, add, run } = setUp(t, shell);
      add('web', 'a.gpg', 'A');
      const bin = join(store, '..', 'bin');
      writeFileSync(join(bin, 'cp'), '#!/bin/sh\nshift $(($# - 1))\nprintf broken >"$1"\n', { mode: 0o755 });
      const before = process.env.PATH;
      process.env.PATH = `${bin}:${before}`;
      const result = run('web/a.gpg');
      process.env.PATH = before;
      t.match(result, { status: 1, stderr: /damaged on its way/ });
      t.same(readdirSync(target), []);
    });

    t.test('a list with a torn or foreign line still serves', async (t) => {
      const { store, add, run } = setUp(t, shell);
      add('web', 'a.gpg', 'A');
      appendFileSync(join(store, 'web', 'SHA256SUMS'), 'rubbish\n');
      t.match(run('--list'), { status: 1, stdout: 'web/a.gpg\n', stderr: /not a checksum line: rubbish/ });
      t.match(run('web/a.gpg'), { status: 0 });
    });

    t.test('usage', async (t) => {
      const { run } = setUp(t, shell);
      t.match(run('--help'), { status: 0, stdout: /^Usage:/, stderr: '' });
      t.match(run(), { status: 2, stderr: /^Usage:/ });
      t.match(run('--rubbish'), { status: 2 });
      t.match(run('--to'), { status: 2 });
      t.match(run('--list'), { status: 1, stderr: /no vault/ });
      t.match(run('gone.gpg'), { status: 1, stderr: /no archive is called gone\.gpg/ });
    });
  });
}

t.test('it uses coreutils only', async (t) => {
  const folder = t.testdir({ bin: {}, store: {} });
  const script = join(folder, 'store', 'restore.sh');
  writeFileSync(script, RESTORE_SCRIPT);
  const tools = ['cat', 'dirname', 'basename', 'sha256sum', 'cp', 'mv', 'rm', 'touch', 'mktemp', 'stat'];
  for (const tool of tools) {
    const path = ['/bin', '/usr/bin'].map((place) => join(place, tool)).find(existsSync);
    writeFileSync(join(folder, 'bin', tool), `#!/bin/sh\nexec ${path} "$@"\n`, { mode: 0o755 });
  }
  mkdirSync(join(folder, 'store', 'web'));
  writeFileSync(join(folder, 'store', 'web', 'a'), 'A');
  const sha256 = createHash('sha256').update('A').digest('hex');
  writeFileSync(join(folder, 'store', 'web', 'SHA256SUMS'), formatChecksumLine({ sha256, path: 'a' }));
  for (const args of [['--list'], ['--verify'], ['--to', folder, 'a'], ['--help']]) {
    const { status, stderr } = spawnSync('/bin/sh', [script, ...args], {
      encoding: 'utf8',
      env: { PATH: join(folder, 'bin') },
    });
    t.same({ status, stderr }, { status: 0, stderr: '' }, args.join(' '));
  }
});

t.test('what belongs to another user is said to, never to be wrong', async (t) => {
  const { store, target, add } = setUp(t, ['sh']);
  add('web', 'web1/a.gpg', 'A');
  add('sql', 'b.gpg', 'B');
  mkdirSync(join(store, 'lost+found'), { mode: 0o000 });
  const runs = (...commands: string[][]) => {
    const script = `import { spawnSync } from 'node:child_process';
      const run = (args) => spawnSync('sh', [${JSON.stringify(join(store, 'restore.sh'))}, ...args], { encoding: 'utf8' });
      console.log(JSON.stringify(${JSON.stringify(commands)}.map(run)));`;
    const output = runUnprivileged(script, join(import.meta.dirname, '../../src/store/restore-script.ts'));
    return output === null ? null : (JSON.parse(output) as { status: number; stdout: string; stderr: string }[]);
  };
  const asked = [['--list'], ['--list', 'sql'], ['--verify', 'web'], ['--to', target, 'web/web1/a.gpg']];
  for (const closed of ['web', 'web/web1', 'web/web1/a.gpg']) {
    chmodSync(join(store, closed), 0o000);
    const answers = runs(...asked);
    chmodSync(join(store, closed), 0o755);
    if (answers === null) return t.comment('not tried: nobody cannot reach this checkout');
    const [list, other, verify, restore] = answers;
    const words = new RegExp(`/${closed} belongs to uid \\d+ .*sudo sh restore\\.sh`);
    t.match(list, {
      status: closed === 'web' ? 1 : 0,
      stdout: /sql\/b\.gpg/,
      ...(closed === 'web' ? { stderr: words } : {}),
    });
    t.match(other, { status: 0, stdout: 'sql/b.gpg\n', stderr: '' }, 'what is open is told as ever');
    for (const one of [verify, restore]) {
      t.match(one, { status: 1, stderr: words });
      t.notMatch(one?.stderr, /no vault|no archive is called|damaged or|is damaged|lost.found/);
    }
  }
});

t.test('the README names what is there', async (t) => {
  for (const word of ['SHA256SUMS', 'restore.sh', 'index.html', '.pullmirror', '%XX', 'gpg -d', 'sudo sh'])
    t.match(README_TEXT, word);
  t.ok(README_TEXT.split('\n').every((line) => line.length <= 120));
});
