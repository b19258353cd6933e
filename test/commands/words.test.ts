import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { attentionGroups } from '../../src/core/attention-groups.ts';
import { DATA_SUFFIX } from '../../src/store/quarantine.ts';
import { REASON_SUFFIX } from '../../src/store/quarantine-reason.ts';
import { createCommandFixture, DAY, parseOutput } from '../support/command-fixture.ts';

const fixture = createCommandFixture();
t.teardown(() => fixture.remove());
const t0 = Date.now() - 100 * DAY;
const [v1, v2] = fixture.store(
  { key: 'x', content: 'one', versionId: 'v1', lastModifiedMs: t0 },
  { key: 'x', content: 'two', versionId: 'v2', lastModifiedMs: t0 + DAY, path: 'x%v2' },
);
if (!v1 || !v2) throw new Error('the fixture is incomplete');

t.test('hints name what helps', async (t) => {
  const cases: readonly [args: string[], status: number, words: RegExp][] = [
    [['resolve', '--quarantine', 'nix'], 1, /next: `pullmirror resolve --quarantine` shows the names/],
    [['resolve', '--all', 'orphan', 'x'], 2, /--all chooses the archives itself; leave out the names/],
    [['resolve'], 2, /resolve needs a NAME/],
    [['pin', '--list', 'x'], 2, /--list shows all that is pinned; leave out the names/],
    [['pin'], 2, /pin needs a NAME/],
    [['freeze'], 2, /next: Configured are: files, sql\./],
    [['pin', 'x', '--vault', 'nix', '--reason', 'r'], 2, /no vault is called nix\n {2}next: .*Configured are: web/],
    [['unpin', 'x', '--vault', 'nix'], 2, /no vault is called nix/],
    [['resolve', 'x', '--vault', 'wbe'], 2, /Did you mean web\?/],
    [['restore', 'x', '--vault', 'nix'], 2, /no vault is called nix/],
  ];
  const answers = await Promise.all(cases.map(([args]) => fixture.run(args)));
  for (const [index, [args, status, words]] of cases.entries()) {
    t.match(answers[index], { status, stderr: words }, args.join(' '));
  }
});

t.test('outside the series `verify` has no name to be given', async (t) => {
  const { stdout } = await fixture.run(['status']);
  t.match(stdout, /not hashed for too long; `pullmirror verify`$/m);
});

t.test('a number beside a name says which version is meant', async (t) => {
  const one = await fixture.run(['pin', 'x', '--archive', String(v1.id), '--reason', 'r', '--json']);
  t.match(parseOutput('pin', one.stdout).pinned, [{ archiveId: v1.id }]);
  t.equal(parseOutput('pin', one.stdout).pinned.length, 1);
  const all = await fixture.run(['pin', 'x', '--reason', 'r', '--json']);
  t.equal(parseOutput('pin', all.stdout).pinned.length, 2);
});

t.test('a folder in quarantine: what is to be done by hand, and after it', async (t) => {
  const folder = join(fixture.storeDir, '.pullmirror/quarantine');
  mkdirSync(join(folder, `odd${DATA_SUFFIX}`), { recursive: true });
  writeFileSync(join(folder, `odd${REASON_SUFFIX}`), '{}');
  const first = await fixture.run(['resolve', '--quarantine', 'odd', '--drop']);
  t.match(first, {
    status: 1,
    stderr: /is a folder\n {2}next: .*by hand\. Then `pullmirror resolve --quarantine odd --drop`/,
  });
  rmSync(join(folder, `odd${DATA_SUFFIX}`), { recursive: true });
  t.match(await fixture.run(['resolve', '--quarantine', 'odd', '--drop']), { status: 0 });
  t.same(readdirSync(folder), []);
});

t.test('every frozen series is in the command that releases it', async (t) => {
  const freeze = (series: string, cause: 'sizes' | 'failed') => {
    const facts = { id: 1, vault: 'web', series, cause, reason: 'r', beganAtMs: t0, throughId: 1, extendedAtMs: null };
    return { ...facts, knownEvent: 0, awaitsRelease: true };
  };
  const [group] = attentionGroups([], [freeze('a', 'sizes'), freeze('b', 'sizes'), freeze('c', 'failed')]);
  t.match(group?.next, '`pullmirror release a b --cause sizes`, `pullmirror release c --cause failed`.');
});
