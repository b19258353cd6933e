import t from 'tap';
import { playWorlds } from './play-worlds.ts';
import { scratchFolder } from './scratch-folder.ts';

/*
 * Worlds drawn from a seed (world-plan.ts), each some months long: series of several kinds and rhythms on two servers, the real mirror on a real store,
 * a vault in memory, and from some moment on somebody who owns one of the servers (attacker.ts): names, dates, sizes, numbers and times of uploads,
 * wrong checksums of the uploader, bytes that fail verification, listings that lie about when his uploads came or lack entries; where the vault is weak
 * deletions and overwriting, too. The Pi's clock jumps about, or S3 tells no time. The owner pins, releases and acknowledges, wisely or not.
 *
 * After every pass and every prune (witness.ts, which shares no code with the keep rules):
 *  - no archive that was uploaded before the takeover, and none of the other server, is removed or not wanted while the owner's rules would keep it in
 *    the world without the attacker, in which the server goes on at its rhythm (owner-rules.ts). Series without expectEvery are promised nothing once they are attacked;
 *  - nothing pinned or frozen, and no series' newest, is removed; nothing at all while the clock is in doubt, or sooner than announced;
 *  - every file has its row and its bytes, every row its file, and SHA256SUMS says the same (from time to time).
 *
 * Hundreds of months are played by .ci/suites/keeping.sh, thousands by `npm run campaign`. One world again: `node test/keeping/main.ts --seed N --months 2`.
 */
t.test('nobody but the owner steers what is removed', async (t) => {
  const scratch = scratchFolder();
  t.teardown(scratch.remove);
  // The second would fail without the protection against floods.
  const first = await playWorlds({ firstSeed: 1365, months: 1, scratch: scratch.path });
  const second = await playWorlds({ firstSeed: 3012, months: 1, scratch: scratch.path });
  t.same([...first.failures, ...second.failures], []);
  // Otherwise nothing was tried.
  for (const what of ['junk uploads', 'genuine ones among them', 'prunes', 'prunes refused for the clock', 'pins']) {
    t.ok((first.tally.get(what) ?? 0) + (second.tally.get(what) ?? 0) > 0, what);
  }
});
