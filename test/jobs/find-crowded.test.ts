import t from 'tap';
import { attentionGroups } from '../../src/core/attention-groups.ts';
import { findCrowded } from '../../src/jobs/find-crowded.ts';
import { createCommandFixture } from '../support/command-fixture.ts';

const KEEP = { last: 1, hourly: 0, daily: 0, weekly: 0, monthly: 0, yearly: 0, withinMs: null };

t.test('a series with rules and too many archives needs the owner', async (t) => {
  const fixture = createCommandFixture();
  t.teardown(() => fixture.remove());
  fixture.store(...['a', 'b', 'c'].map((key) => ({ key, content: key, series: 'files' })));
  fixture.edit((catalog) => {
    const series = { name: 'files', vault: 'web', keep: KEEP };
    t.strictSame(findCrowded(catalog, [series], 3), []);
    t.strictSame(findCrowded(catalog, [{ ...series, keep: null }], 2), [], 'nothing is planned of it');
    const crowded = findCrowded(catalog, [series], 2);
    t.strictSame(crowded, [{ vault: 'web', series: 'files', archives: 3 }]);
    t.match(attentionGroups([], [], crowded), [{ cause: 'crowded', count: 1, next: /files of web \(3\).*split/ }]);
  });
});
