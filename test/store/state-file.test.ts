import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { EMPTY_STATE } from '../../src/core/mirror-state.ts';
import { openStateFile, prepareStateDirectory } from '../../src/store/state-file.ts';
import { runUnprivileged } from '../support/run-unprivileged.ts';

t.test('no file is an empty state, what was saved is found again', async (t) => {
  const directory = t.testdir({ 'state.json.new': 'left by a crash' });
  const file = openStateFile(directory);
  t.same([file.state, file.problem], [EMPTY_STATE, null]);
  const state = { ...EMPTY_STATE, storeId: 'id-1' };
  await file.save(state);
  t.same(file.state, state);
  t.same(openStateFile(directory).state, state);
  t.same(readdirSync(directory), ['state.json']);
  t.equal(statSync(join(directory, 'state.json')).mode & 0o137, 0);
});

t.test('saving the same state writes nothing', async (t) => {
  const directory = t.testdir();
  const file = openStateFile(directory);
  await file.save({ ...EMPTY_STATE, storeId: 'id-1' });
  const inode = () => statSync(join(directory, 'state.json'), { bigint: true }).ino;
  const before = inode();
  await file.save({ ...EMPTY_STATE, storeId: 'id-1' });
  await openStateFile(directory).save({ ...EMPTY_STATE, storeId: 'id-1' });
  t.equal(inode(), before);
});

t.test('saves at the same time are carried out in order', async (t) => {
  const directory = t.testdir();
  const file = openStateFile(directory);
  await Promise.all(['a', 'b', 'c'].map((storeId) => file.save({ ...EMPTY_STATE, storeId })));
  t.equal(openStateFile(directory).state.storeId, 'c');
  t.same(readdirSync(directory), ['state.json']);
});

t.test('garbage is an empty state, and said', async (t) => {
  const directory = t.testdir({ 'state.json': '{"v":1,' });
  const file = openStateFile(directory);
  t.same(file.state, EMPTY_STATE);
  t.match(file.problem, /state\.json is damaged: it is no JSON/);
  await file.save(EMPTY_STATE);
  t.equal(openStateFile(directory).problem, null, 'the next save mends it');
  rmSync(join(directory, 'state.json'));
  mkdirSync(join(directory, 'state.json'));
  t.match(openStateFile(directory).problem, /cannot be read: EISDIR/);
});

t.test('a directory that is missing, a file, or in the way', async (t) => {
  const directory = t.testdir({ file: '' });
  t.throws(() => openStateFile(join(directory, 'gone')), { code: 'STATE_UNUSABLE', hint: /install -d/ });
  for (const path of [join(directory, 'gone/inner'), join(directory, 'file'), join(directory, 'file/inner')]) {
    t.throws(() => openStateFile(path), { code: 'STATE_UNUSABLE' });
    t.throws(() => prepareStateDirectory(path), { code: 'STATE_UNUSABLE' });
  }
  t.doesNotThrow(() => prepareStateDirectory(directory));
  const file = openStateFile(directory);
  rmSync(directory, { recursive: true });
  await t.rejects(file.save({ ...EMPTY_STATE, storeId: 'x' }), { code: 'STATE_UNUSABLE' });
  mkdirSync(directory);
  await file.save({ ...EMPTY_STATE, storeId: 'x' });
  t.match(
    readFileSync(join(directory, 'state.json'), 'utf8'),
    /"storeId": "x"/,
    'a failed save does not block the next',
  );
});

t.test('a directory that this user may not write', async (t) => {
  const directory = t.testdir();
  chmodSync(directory, 0o555);
  const module = join(import.meta.dirname, '../../src/store/state-file.ts');
  const script = `import { prepareStateDirectory } from ${JSON.stringify(module)};
    try { prepareStateDirectory(${JSON.stringify(directory)}) } catch (error) { console.log(error.code) }`;
  const output = runUnprivileged(script, module);
  chmodSync(directory, 0o755);
  if (output === null) t.comment('not tried: nobody cannot reach this checkout');
  else t.equal(output, 'STATE_UNUSABLE\n');
});
