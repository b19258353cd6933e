import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import t from 'tap';
import { acquireStoreLock } from '../../src/store/store-lock.ts';
import { runUnprivileged } from '../support/run-unprivileged.ts';
import { makeStore } from '../support/test-store.ts';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

async function holdElsewhere(root: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [join(import.meta.dirname, '../support/hold-lock.ts'), root], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return child;
}

t.test('one writer at a time, and holding writes nothing', async (t) => {
  const { root } = makeStore(t.testdir());
  const folder = join(root, '.pullmirror');
  const look = () => {
    const { size, mtimeNs, ctimeNs } = statSync(join(folder, 'lock.db'), { bigint: true });
    return [size, mtimeNs, ctimeNs, readdirSync(folder), statSync(folder, { bigint: true }).mtimeNs].join(' ');
  };
  const before = look();
  const lock = acquireStoreLock(root);
  t.equal(look(), before, 'while held');
  t.throws(() => acquireStoreLock(root), {
    code: 'STORE_LOCKED',
    message: new RegExp(`this process \\(${process.pid}\\)`),
  });
  lock.release();
  lock.release();
  t.equal(look(), before, 'after release');
  acquireStoreLock(root).release();
});

t.test('another process is named, and kill -9 releases', async (t) => {
  const { root } = makeStore(t.testdir());
  const child = await holdElsewhere(root);
  t.throws(() => acquireStoreLock(root), { code: 'STORE_LOCKED', message: new RegExp(`process ${child.pid}$`) });
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
  acquireStoreLock(root).release();
});

t.test('a lock that nobody keeps a reference to is held on', async (t) => {
  const { root } = makeStore(t.testdir());
  acquireStoreLock(root);
  for (let n = 0; n < 3; n++) {
    collectGarbage();
    await new Promise(setImmediate);
  }
  t.throws(() => acquireStoreLock(root), { code: 'STORE_LOCKED' });
});

t.test('trouble in its place', async (t) => {
  const { root } = makeStore(t.testdir());
  const path = join(root, '.pullmirror', 'lock.db');
  rmSync(path);
  acquireStoreLock(root).release();
  t.equal(statSync(path).size, 0, 'made anew');

  writeFileSync(path, 'rubbish '.repeat(1000));
  t.throws(() => acquireStoreLock(root), { code: 'STORE_FORMAT', hint: /Delete/ });
  rmSync(path);
  symlinkSync('../../elsewhere', path);
  t.throws(() => acquireStoreLock(root), { code: 'STORE_SYMLINK' });
  t.throws(() => statSync(join(root, '..', 'elsewhere')), { code: 'ENOENT' });
  rmSync(join(root, '.pullmirror'), { recursive: true });
  t.throws(() => acquireStoreLock(root), { code: 'STORE_MISSING' });
});

t.test('a lock file that this user may not write', async (t) => {
  const { root } = makeStore(t.testdir());
  chmodSync(join(root, '.pullmirror'), 0o755);
  chmodSync(join(root, '.pullmirror', 'lock.db'), 0o444);
  const module = join(import.meta.dirname, '../../src/store/store-lock.ts');
  const script = `import { acquireStoreLock } from ${JSON.stringify(module)};
    try { acquireStoreLock(${JSON.stringify(root)}) } catch (error) { console.log(error.code) }`;
  const output = runUnprivileged(script, module);
  if (output === null) t.comment('not tried: nobody cannot reach this checkout');
  else t.equal(output, 'STORE_FORBIDDEN\n');
});
