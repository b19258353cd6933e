import { spawnSync } from 'node:child_process';
import { cpSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const root = fileURLToPath(new URL('../../', import.meta.url));
const { NODE_OPTIONS: _, ...env } = process.env;

t.test('an installed release, which is without the demo, says where it is to be had', async (t) => {
  const release = t.testdir({});
  cpSync(join(root, 'src'), join(release, 'src'), { recursive: true });
  cpSync(join(root, 'package.json'), join(release, 'package.json'));
  symlinkSync(join(root, 'node_modules'), join(release, 'node_modules'));
  rmSync(join(release, 'src/demo'), { recursive: true });
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(release, 'src/cli.ts'), 'demo'], {
    encoding: 'utf8',
    env,
  });
  t.equal(status, 1);
  t.equal(stdout, '');
  t.match(stderr, /^pullmirror: the demo is no part of an installed release\n/);
  t.match(stderr, /next: In a clone of the source repository: `npm ci && npm run demo`\./);
});
