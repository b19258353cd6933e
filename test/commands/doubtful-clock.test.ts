import t from 'tap';
import { createCommandFixture, DAY } from '../support/command-fixture.ts';

const now = Date.now();
const DOUBT =
  /^pullmirror: this machine's clock is in doubt: it says .*; what is recorded now is dated by that\n {2}next: /;

// To the program it is all the same whether its clock is wrong or what it knows is shifted; the vault (127.0.0.1:9) tells nothing.
for (const [name, knownMs] of [
  ['earlier than what the store knows', now + 4000 * DAY],
  ['years after it', now - 4000 * DAY],
] as const) {
  t.test(`verify and pin by a clock that is ${name} say so, and leave no time of it behind`, async (t) => {
    const fixture = createCommandFixture();
    t.teardown(() => fixture.remove());
    const hashedMs = knownMs - 3 * DAY;
    const [row] = fixture.store({ key: 'web1/a', content: 'abc', series: 'files', lastModifiedMs: hashedMs });
    if (row === undefined) throw new Error('the fixture is incomplete');
    fixture.edit((catalog) => catalog.setFact('trusted_now', String(knownMs)));
    const verified = await fixture.run(['verify']);
    t.equal(verified.status, 0, verified.stderr);
    t.match(verified.stderr, DOUBT);
    const until = new Date(knownMs - DAY).toISOString();
    const over = await fixture.run(['pin', 'web1/a', '--reason', 'mine', '--until', until]);
    t.match([over.status, over.stderr], [2, /is over already/]);
    const pinned = await fixture.run([
      'pin',
      'web1/a',
      '--reason',
      'mine',
      '--until',
      new Date(knownMs + 9 * DAY).toISOString(),
    ]);
    t.equal(pinned.status, 0, pinned.stderr);
    t.match(pinned.stderr, DOUBT);
    fixture.edit((catalog) => {
      const times = [
        catalog.archives.byId(row.id)?.verifiedAtMs,
        ...catalog.history.newest({}, 9).map(({ atMs }) => atMs),
      ];
      t.ok(times.length > 2);
      for (const atMs of times) t.ok(atMs != null && atMs >= hashedMs && atMs < knownMs + DAY, String(atMs));
    });
    t.match((await fixture.run(['verify', '--due'])).stdout, /Nothing/, 'it was hashed a moment ago');
  });
}

t.test('a clock that agrees with what is known says nothing', async (t) => {
  const fixture = createCommandFixture();
  t.teardown(() => fixture.remove());
  fixture.store({ key: 'web1/a', content: 'abc', series: 'files', lastModifiedMs: now - DAY });
  fixture.edit((catalog) => catalog.setFact('trusted_now', String(now - 20 * DAY)));
  t.match(await fixture.run(['verify']), { status: 0, stderr: '' });
});
