import t from 'tap';
import { ACTORS, EVENT_NAMES } from '../../src/core/event-names.ts';
import { createCommandFixture } from '../support/command-fixture.ts';

const fixture = createCommandFixture();
t.teardown(() => fixture.remove());
fixture.store({ key: 'web1/here', content: 'here', series: 'files', lastModifiedMs: Date.now() });
const history = (...args: string[]) => fixture.run(['history', ...args]);

t.test('a mistyped name is not "no such event"', async (t) => {
  t.match(await history('--event', 'archive.pined'), {
    status: 2,
    stderr: /no event is called archive\.pined[\s\S]*archive\.pinned/,
  });
  t.match(await history('--event', 'archiv'), { status: 2, stderr: /Did you mean archive\?/ });
  t.match(await history('--actor', 'ower'), { status: 2, stderr: /Did you mean owner\?/ });
  t.match(await history('--since', '2026-11-20', '--until', '2026-11-19'), {
    status: 2,
    stderr: /--since is later than --until/,
  });
});

t.test('names and families that are known are looked for', async (t) => {
  for (const args of [
    ['--event', 'archive'],
    ['--event', 'scrub'],
    ['--event', 'archive.pinned'],
    ['--actor', 'self-check'],
    ['--since', '2026-11-20', '--until', '2026-11-20'],
  ])
    t.equal((await history(...args)).status, 0, args.join(' '));
});

t.test('each name once, in order', async (t) => {
  for (const names of [EVENT_NAMES, ACTORS]) t.strictSame([...names], [...new Set(names)].sort());
});
