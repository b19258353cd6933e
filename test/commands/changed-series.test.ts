import { readFileSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { createCommandFixture, DAY, parseOutput } from '../support/command-fixture.ts';

t.test('series that are new or renamed in the configuration, before a pass has sorted the archives', async (t) => {
  const fixture = createCommandFixture();
  t.teardown(() => fixture.remove());
  const [row] = fixture.store({
    key: 'web1/2026-11-20.tar.gz.gpg',
    content: 'a',
    lastModifiedMs: Date.now() - DAY / 4,
  });
  if (row === undefined) throw new Error('the fixture is incomplete');
  t.equal((await fixture.run(['verify'])).status, 0, 'sorts them by the series of now');
  t.match((await fixture.run(['status'])).stdout, /^The series is fresh|^1 of 2 series is fresh/);
  t.equal((await fixture.run(['freeze', 'files', '--reason', 'moving'])).status, 0);

  const text = readFileSync(fixture.configFile, 'utf8').replace('name: files,', 'name: all,');
  writeFileSync(fixture.configFile, text);
  const { status, stdout } = await fixture.run(['status']);
  t.equal(status, 75, stdout);
  t.match(stdout, /^Waiting: the series have changed in the configuration, and the next pass sorts/);
  t.match(stdout, /\nall is unknown: the configuration of the series has changed/);
  t.notMatch(stdout, /no archive yet|no archive of a series/);

  const old = await fixture.run(['history', '--series', 'files', '--json']);
  t.equal(old.status, 0, old.stdout);
  t.match(parseOutput('history', old.stdout).events, [{ event: 'series.frozen' }]);
  t.match(await fixture.run(['history', '--series', 'fiels']), { status: 2, stderr: /no series is called fiels/ });

  const verified = await fixture.run(['verify', 'all', '--json']);
  t.match(parseOutput('verify', verified.stdout), { checked: 1 });
  t.match((await fixture.run(['status', '--json'])).stdout, /"series":"all","vault":"web","freshness":"fresh"/);
});
