import { rmSync } from 'node:fs';
import t from 'tap';
import { createCommandFixture, DAY } from '../support/command-fixture.ts';

t.test('a reader that leaves takes nothing back of what was found', async (t) => {
  const fixture = createCommandFixture();
  t.teardown(() => fixture.remove());
  const [row] = fixture.store({ key: 'web1/a', content: 'abc', series: 'files', lastModifiedMs: Date.now() - DAY / 4 });
  if (row === undefined) throw new Error('the fixture is incomplete');
  // As `| head -1` when it is quick, and `| true` always.
  const unread = (args: readonly string[]) =>
    fixture
      .run(args, { meanwhile: (child) => child.stdout?.destroy() })
      .then(({ status, stderr }) => ({ status, stderr }));
  t.same(await unread(['status']), { status: 0, stderr: '' });
  rmSync(fixture.fileOf(row));
  t.same(await unread(['verify']), { status: 3, stderr: '' }, 'and it is recorded');
  t.same(await unread(['status']), { status: 3, stderr: '' });
  t.same(await unread(['status', '--json']), { status: 3, stderr: '' });
  t.same(await unread(['list']), { status: 0, stderr: '' }, 'that is no judgement');
  t.same(await unread(['history', '--json']), { status: 0, stderr: '' });
});
