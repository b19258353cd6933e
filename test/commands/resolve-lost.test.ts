import t from 'tap';
import { createCommandFixture } from '../support/command-fixture.ts';

const fixture = createCommandFixture();
t.teardown(() => fixture.remove());

/** Pinned while it waited for download, and deleted in the vault before that. */
const id = fixture.edit(({ archives, retention, pins }) => {
  const listed = { key: 'web1/a', versionId: null, etag: 'e', sizeBytes: 5, lastModifiedMs: 1000, storageClass: null };
  const lost = archives.insert(
    'web',
    { listed, series: 'files', state: 'wanted', reason: null, conflict: false },
    2000,
  );
  pins.pin({ archiveId: lost, pinnedAtMs: 3000, reason: 'look at it', expiresAtMs: null });
  archives.markGone(lost, 4000);
  retention.markLost(lost, 'it is pinned, and left the vault before it was downloaded');
  return lost;
});

t.test('what left the vault before its download is not put into the queue, and the hints lead out', async (t) => {
  for (const args of [
    ['--archive', String(id)],
    ['--all', 'unavailable'],
  ]) {
    const { status, stderr } = await fixture.run(['resolve', ...args, '--accept']);
    t.equal(status, 1, args.join(' '));
    t.match(stderr, /cannot be downloaded any more: the vault no longer has it/);
    t.match(stderr, `\`pullmirror unpin --archive ${id}\`), then \`pullmirror resolve --archive ${id} --drop\``);
  }
  const { stdout } = await fixture.run(['status']);
  t.match(stdout, /1 unavailable/);
  t.notMatch(stdout, '--accept');
  t.equal((await fixture.run(['unpin', '--archive', String(id)])).status, 0);
  t.equal((await fixture.run(['resolve', '--archive', String(id), '--drop'])).status, 0);
  t.notMatch((await fixture.run(['status'])).stdout, /unavailable/);
});
