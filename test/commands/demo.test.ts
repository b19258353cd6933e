import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { copyProgram } from '../support/copied-program.ts';

const { NODE_OPTIONS: _, ...env } = process.env;

t.test('an installed release, which is without the demo, says where it is to be had', async (t) => {
  tellsWhereItIs(t, copyProgram(t.testdir({}), { without: ['demo'] }));
});

t.test('so does a package that was installed without what only development needs', async (t) => {
  // Outside of the repository, above whose folders Node would find everything after all.
  const dir = mkdtempSync(join(tmpdir(), 'pullmirror-release-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  const cli = copyProgram(dir, { without: [] });
  const modules = join(dir, 'node_modules');
  rmSync(modules);
  mkdirSync(modules);
  const all = join(import.meta.dirname, '../../node_modules');
  for (const name of readdirSync(all)) {
    if (name !== '@cloud-copilot') symlinkSync(join(all, name), join(modules, name));
  }
  tellsWhereItIs(t, cli);
});

function tellsWhereItIs(t: Test, cli: string): void {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, 'demo'], { encoding: 'utf8', env });
  t.equal(status, 1);
  t.equal(stdout, '');
  t.match(stderr, /^pullmirror: the demo is no part of an installed release\n/);
  t.match(stderr, /next: In a clone of the source repository: `npm ci && npm run demo`\./);
}
