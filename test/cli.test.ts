import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, cpSync, existsSync, linkSync, readFileSync, realpathSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const CLI = fileURLToPath(new URL('../src/cli.ts', import.meta.url));
const NODE_MODULES = fileURLToPath(new URL('../node_modules', import.meta.url));
const OWN_NODE = fileURLToPath(new URL(`../node_modules/node-linux-${process.arch}/bin/node`, import.meta.url));
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};
const { NODE_OPTIONS: _, ...env } = process.env;

/** Makes Node say that it is an old one: a module for --import, run before the program. */
const pretendOld = (where: string) =>
  `data:text/javascript,if(${where})Object.defineProperty(process.versions,"node",{value:"20.20.0"})`;

t.test('a Node that is too old, and no other at hand: told before anything can crash', async (t) => {
  // Where this is the clone's own Node, the program must not start it again and again.
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', pretendOld('true'), CLI, '--version'], {
    encoding: 'utf8',
    env,
  });
  t.equal(status, 78);
  t.equal(stdout, '');
  t.match(
    stderr,
    /^pullmirror: Node 20\.20\.0 at .* is too old; at least 22\.14 is needed\n {2}why: .*\n {2}next: Install Node 22\.14/,
  );
});

t.test('a clone whose node_modules is a link: its own Node does not start itself for ever', async (t) => {
  const clone = t.testdir({ 'package.json': '{"type":"module"}', src: {}, starts: '' });
  symlinkSync(NODE_MODULES, join(clone, 'node_modules'));
  copyFileSync(CLI, join(clone, 'src/cli.ts'));
  cpSync(join(CLI, '../core'), join(clone, 'src/core'), { recursive: true });
  const starts = join(clone, 'starts');
  // Ends what would go on without an end.
  const count = `data:text/javascript,import{appendFileSync as a,statSync as s}from"node:fs";const f=${JSON.stringify(starts)};a(f,".");if(s(f).size>4)process.exit(99)`;
  const { status, stderr } = spawnSync(
    OWN_NODE,
    ['--import', count, '--import', pretendOld('true'), join(clone, 'src/cli.ts'), '--version'],
    { encoding: 'utf8', env, timeout: 20_000 },
  );
  t.equal(readFileSync(starts, 'utf8'), '.', 'one process');
  t.equal(status, 78);
  t.match(stderr, /is too old/);
});

t.test('in a clone, its own Node takes over', async (t) => {
  t.ok(existsSync(OWN_NODE), 'npm ci installs it');
  // The same binary under another name plays the machine's Node.
  const old = join(t.testdir(), 'node');
  linkSync(realpathSync(OWN_NODE), old);
  const pretend = ['--import', pretendOld(`process.execPath===${JSON.stringify(old)}`)];

  const { status, stdout } = spawnSync(old, [...pretend, CLI, '--version'], { encoding: 'utf8', env });
  t.equal(status, 0);
  t.equal(stdout, `${version}\n`);
  t.equal(spawnSync(old, [...pretend, CLI, 'nonsense'], { env }).status, 2, 'its exit status is passed on');

  const waiting = `data:text/javascript,if(process.execArgv.some((flag)=>flag.startsWith('--max-old-space-size'))){process.stdout.write("up");setInterval(()=>{},1e6)}`;
  const child = spawn(old, [...pretend, '--import', waiting, CLI, '--help'], {
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  child.stdout.once('data', () => child.kill('SIGTERM'));
  const [code] = (await once(child, 'exit')) as [number | null];
  t.ok(code === 143 || code === 75, `signals are passed on (${code})`);
});
