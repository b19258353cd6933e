import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { runProgram } from '../support/command-fixture.ts';
import { copyProgram } from '../support/copied-program.ts';
import { exampleUploadSide } from '../support/upload-side-text.ts';

const dir = t.testdir({ 'good.yaml': exampleUploadSide });

t.test('template: one document, on standard output or in a file that is not replaced untold', async (t) => {
  const template = (...args: string[]) => runProgram(['cloud', 'template', 'good.yaml', ...args], { cwd: dir });
  const [printed, written] = await Promise.all([template(), template('--out', 'made/template.json')]);
  t.equal(printed.status, 0);
  t.match(JSON.parse(printed.stdout), { AWSTemplateFormatVersion: '2010-09-09', Resources: {} });
  t.match(written, { status: 0, stdout: /^made\/template\.json: written, \d+ bytes\nNext: / });
  const file = join(dir, 'made/template.json');
  t.equal(readFileSync(file, 'utf8'), printed.stdout);

  t.match(await template('--out', 'made/template.json'), { status: 0, stdout: /: unchanged, / });
  writeFileSync(file, 'mine');
  t.match(await template('--out', 'made/template.json'), {
    status: 1,
    stderr: /there is already: made\/template\.json[\s\S]*--force/,
  });
  t.equal(readFileSync(file, 'utf8'), 'mine');
  t.match(await template('--out', 'made/template.json', '--force'), { status: 0 });
  t.equal(readFileSync(file, 'utf8'), printed.stdout);
  mkdirSync(join(dir, 'folder'));
  t.match(await template('--out', 'folder'), { status: 1, stderr: /folder cannot be written/ });
});

t.test('without the promoter, which the build makes, there is no template', async (t) => {
  const cli = copyProgram(t.testdir({}), { without: ['promoter'] });
  const without = await runProgram(['cloud', 'template', 'good.yaml'], { cwd: dir, cli });
  t.match(without, { status: 1, stdout: '', stderr: /lambda\.cjs is missing[\s\S]*npm ci/ });
});

t.test('a release installed on a mirror is without the left half, says so, and does the rest', async (t) => {
  const cli = copyProgram(t.testdir({}), { without: ['cloud', 'promoter', 'demo'] });
  const commands = [['check', 'good.yaml'], ['policies', 'good.yaml'], ['template', 'good.yaml'], ['schema']];
  for (const { status, stdout, stderr } of await Promise.all(
    commands.map((args) => runProgram(['cloud', ...args], { cwd: dir, cli })),
  )) {
    t.equal(status, 1);
    t.equal(stdout, '');
    t.match(stderr, /^pullmirror: the left half is no part of a release installed on a mirror\n/);
    t.match(stderr, /next: On your own computer, in a clone of the source repository: `npm ci`/);
  }
  t.match(await runProgram(['status', '--config', 'nosuch.yaml'], { cwd: dir, cli }), { status: 78 });
});
