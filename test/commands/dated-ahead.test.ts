import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { systemClock } from '../../src/commands/system-clock.ts';
import { startS3Server } from '../../src/demo/s3-server/start-s3-server.ts';
import { createCommandFixture, DAY, parseOutput } from '../support/command-fixture.ts';

const BUCKET = 'vault-bucket';
const now = Date.now();

t.test(
  'an archive that the vault dates in the future is named, blames no clock, is no newest, and is acknowledged',
  async (t) => {
    const dataDir = mkdtempSync(join(tmpdir(), 'pullmirror-s3-'));
    const users = [{ accessKeyId: 'AKTEST', secretAccessKey: 'secret-of-the-test' }];
    const server = await startS3Server({ dataDir, users, clock: systemClock });
    server.addBucket(BUCKET, { versioning: 'Enabled' });
    const fixture = createCommandFixture({ endpoint: server.url });
    t.teardown(async () => {
      await server.close();
      fixture.remove();
      rmSync(dataDir, { recursive: true, force: true });
    });
    server.seed(BUCKET, [
      { key: 'web1/2026-11-20.tar.gz.gpg', body: 'genuine', lastModifiedMs: now - DAY / 2 },
      { key: 'web1/2031-01-01.tar.gz.gpg', body: 'odd', lastModifiedMs: now + 1000 * DAY },
    ]);
    t.equal((await fixture.run(['sync'])).status, 3);
    const odd = await fixture.run(['status']);
    t.equal(odd.status, 3);
    t.notMatch(odd.stdout, /clock is in doubt/);
    t.match(odd.stdout, /2031-01-01\.tar\.gz\.gpg \(archive \d+\)[\s\S]*the vault dates it 20.* by its own clock/);
    const [files] = parseOutput('status', (await fixture.run(['status', '--json'])).stdout).series;
    t.match(files, {
      series: 'files',
      freshness: 'fresh',
      newest: new Date(Math.floor(now / 1000) * 1000 - DAY / 2).toISOString().slice(0, 16),
    });
    const restored = await fixture.run(['restore', '--series', 'files', '--latest', '--stdout']);
    t.equal(restored.stdout, 'genuine');
    t.equal((await fixture.run(['resolve', '2031-01-01.tar.gz.gpg', '--acknowledge'])).status, 0);
    const known = await fixture.run(['status', '--json']);
    t.equal(known.status, 0, known.stdout);
    t.match(parseOutput('status', known.stdout), {
      verdict: 'good',
      clockProblem: null,
      attention: [],
      series: [{ freshness: 'fresh', frozen: [] }, {}],
    });
    t.equal((await fixture.run(['restore', '--series', 'files', '--latest', '--stdout'])).stdout, 'genuine');
  },
);
