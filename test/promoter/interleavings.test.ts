import t from 'tap';
import { playWorlds } from './interleavings/play-worlds.ts';
import { embeddedStage } from './interleavings/stage.ts';

/*
 * Random interleavings of all that can come to the promoter, each a small world drawn from a seed: uploads (in one piece, in parts, floods, names and
 * sizes made up by an attacker) around midnight and both changes of daylight saving; messages that are lost, doubled, late and out of order;
 * invocations and sweeps that run at the same time with their requests shuffled, and that die before or after any of them; answers that are lost,
 * requests that are sent twice, 503s and 409s; versions that somebody else deletes. The server is real, the promoter is the real one, and
 * everything that goes wrong goes wrong on the wire (turns.ts).
 *
 * After every step (ledger.ts):
 *  - whatever was in the vault is there still, once under its name, and nobody has deleted or overwritten it;
 *  - every archive is one upload's, byte for byte, under the prefix of that upload's server, at a name that the rules give to the time of its event,
 *    or, if it came in one piece and no event told of it for a day, or no other name was possible yet, to its LastModified; no upload has two;
 *  - what is gone from the inbox is in the vault, or was deleted by somebody who is not the promoter;
 *  - the promoter has sent no request that it has no right to: in the vault it only ever completes copies with If-None-Match, in the inbox it only
 *    ever deletes by version.
 * When everything came to rest, after the last event and sweeps a day later (check-end.ts):
 *  - for every upload that can be promoted its name is taken, by itself or by another upload of that period; but for uploads in parts that no
 *    message told of: when they were finished nobody knows;
 *  - it is the first upload of its period: no other of the same key was finished (by its event) before this one was begun, unless that one could have
 *    had another name (an upload in parts bears the time of its beginning, and only its own event tells that of its end), or is not readable any more;
 *  - uploads without a rule, too small and too large ones and those in an archived class are still in the inbox.
 *
 * Thousands of worlds, and hundreds on an independent server, are played by .ci/suites/promoter.sh. One world again:
 * `node test/promoter/interleavings/main.ts --seed N --count 1`.
 */
t.test('uploads, messages, crashes and sweeps in any order', async (t) => {
  const stage = await embeddedStage(t.testdir());
  t.teardown(() => stage.close());
  const { tally, failures } = await playWorlds(stage, { firstSeed: 3020, count: 9 });
  t.same(failures, []);
  // Otherwise nothing was tried.
  for (const what of [
    'promoted during an event',
    'promoted during a sweep',
    'an event failed',
    'promoted in a repeated hour',
  ]) {
    t.ok((tally.get(what) ?? 0) > 0, what);
  }
  t.ok((tally.get('a completion was answered 412') ?? 0) > 0, 'two were at the same name');
  t.ok((tally.get('finished during an event') ?? 0) > 0, 'a promotion was finished that somebody else had begun');
});
