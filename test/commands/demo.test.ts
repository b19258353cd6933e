import { spawnSync } from 'node:child_process';
import t from 'tap';
import { copyProgram } from '../support/copied-program.ts';

const { NODE_OPTIONS: _, ...env } = process.env;

t.test('an installed release, which is without the demo, says where it is to be had', async (t) => {
  const { cli } = copyProgram(t.testdir({}), { without: ['demo'] });
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, 'demo'], { encoding: 'utf8', env });
  t.equal(status, 1);
  t.equal(stdout, '');
  t.match(stderr, /^pullmirror: the demo is no part of an installed release\n/);
  t.match(stderr, /next: In a clone of the source repository: `npm ci && npm run demo`\./);
});
