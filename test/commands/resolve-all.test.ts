import t from 'tap';
import { createCommandFixture, parseOutput } from '../support/command-fixture.ts';

const fixture = createCommandFixture();
t.teardown(() => fixture.remove());

/** More than are named, and than go into one commit. */
const COUNT = 1203;
const ids = fixture.edit((catalog) =>
  catalog.transaction(() =>
    Array.from({ length: COUNT }, (_, index) => {
      const key = `held-${String(index).padStart(4, '0')}`;
      const listed = { key, versionId: null, etag: 'e', sizeBytes: 9, lastModifiedMs: 1, storageClass: null };
      const archive = { listed, series: null, state: 'held', reason: 'too large', conflict: false } as const;
      return catalog.archives.insert('web', archive, 1);
    }),
  ),
);
const [oldest = 0] = ids;
const heldNow = (): number => fixture.edit(({ counts }) => counts.summary()[0]?.held ?? 0);

t.test('the first are named, all are counted', async (t) => {
  const asked = await fixture.run(['resolve', '--all', 'held', '--json']);
  t.equal(asked.status, 3);
  const { open, openCount } = parseOutput('resolve', asked.stdout);
  t.strictSame([open.length, openCount, open[0]?.archiveId], [1000, COUNT, ids.at(-1)]);
  const told = await fixture.run(['resolve', '--all', 'held']);
  t.match(told, { status: 3, stdout: /held-1202 .*too large\n[\s\S]*\n {2}… and 1103 more\n$/ });
});

t.test('a pinned one keeps all of them from being dropped, wherever it stands', async (t) => {
  fixture.edit(({ pins }) =>
    pins.pin({ archiveId: oldest, pinnedAtMs: 1, reason: 'the tax office', expiresAtMs: null }),
  );
  const refused = await fixture.run(['resolve', '--all', 'held', '--drop']);
  t.match(refused.stderr, /held-0000 .* is pinned \(the tax office\); nothing was dropped/);
  t.equal(heldNow(), COUNT);
  fixture.edit(({ pins }) => pins.unpin(oldest));
});

t.test('the decision is carried out for all of them', async (t) => {
  const done = await fixture.run(['resolve', '--all', 'held', '--drop', '--json']);
  t.equal(done.status, 0, done.stderr);
  const { resolved, resolvedCount } = parseOutput('resolve', done.stdout);
  t.strictSame([resolved.length, resolvedCount], [1000, COUNT]);
  t.equal(heldNow(), 0);
});
