import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { EMPTY_STATE, EMPTY_VAULT_STATE, formatState } from '../../src/core/mirror-state.ts';
import { createCommandFixture, DAY, parseOutput } from '../support/command-fixture.ts';

const now = Date.now();

t.test('an archive from the future is not 0 s old', async (t) => {
  const fixture = createCommandFixture();
  t.teardown(() => fixture.remove());
  fixture.store({ key: 'web1/a', content: 'abc', series: 'files', lastModifiedMs: now + 2 * DAY });
  const { status, stdout } = await fixture.run(['status']);
  t.equal(status, 75, stdout);
  t.match(
    stdout,
    /^Waiting: this machine's clock is in doubt: .*, but the newest archive of files is of 20.* UTC; newest/,
  );
  t.match(stdout, /\n {2}next: .*timedatectl set-ntp true/);
  t.match(stdout, /files +web +unknown +20\S+ \S+ +- +20/);
  t.notMatch(stdout, /0 s old|series is fresh/);
  const report = parseOutput('status', (await fixture.run(['status', '--json'])).stdout);
  t.match(report, { verdict: 'temporary', clockProblem: { code: 'CLOCK_IN_DOUBT' } });
});

t.test('a good pass of the future, or a later time that was trusted, is not taken for a recent one', async (t) => {
  const fixture = createCommandFixture();
  t.teardown(() => fixture.remove());
  fixture.store({ key: 'web1/a', content: 'abc', series: 'files', lastModifiedMs: now - DAY / 4 });
  t.equal((await fixture.run(['status'])).status, 0);
  fixture.edit((catalog) => catalog.setFact('trusted_now', String(now + DAY)));
  t.equal((await fixture.run(['status'])).status, 75);
  fixture.edit((catalog) => catalog.setFact('trusted_now', String(now)));
  const web = { ...EMPTY_VAULT_STATE, lastGoodPassAt: now + 4000 * DAY };
  writeFileSync(join(fixture.stateDir, 'state.json'), formatState({ ...EMPTY_STATE, vaults: { web } }));
  const { status, stdout } = await fixture.run(['status']);
  t.equal(status, 75, stdout);
  t.match(stdout, /^Waiting: this machine's clock is in doubt: .* the last good pass over web was at 20/);
});

t.test('what was hashed at a time that has not come was hashed nobody knows when', async (t) => {
  const fixture = createCommandFixture();
  t.teardown(() => fixture.remove());
  const [row] = fixture.store({ key: 'web1/a', content: 'abc', series: 'files', lastModifiedMs: now - DAY / 4 });
  fixture.edit(({ archives }) => archives.recordVerified(row?.id ?? 0, now + 4000 * DAY));
  const { status, stdout } = await fixture.run(['status']);
  t.equal(status, 75, stdout);
  t.match(stdout, /^Waiting: 1 archive has not been hashed for more than 45 days, as far as is known; /);
  t.match((await fixture.run(['list'])).stdout, / NOT KNOWN +web\/web1\/a/);
});
