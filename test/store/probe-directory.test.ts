import { readdirSync } from 'node:fs';
import t from 'tap';
import { PROBE_PREFIX, probeDirectory } from '../../src/store/probe-directory.ts';

t.test('a Linux filesystem has what a store needs, and nothing stays behind', async (t) => {
  const folder = t.testdir({ [`${PROBE_PREFIX}killed`]: { Case: '' } });
  t.equal(probeDirectory(folder), null);
  t.same(readdirSync(folder), []);
});

t.test('where nothing can be made it throws', async (t) => {
  t.throws(() => probeDirectory('/proc'), { code: 'ENOENT' });
});
