import t from 'tap';
import { playFlood } from './play-flood.ts';
import { scratchFolder } from './scratch-folder.ts';

t.test('four hundred junk archives in a day: everything genuine arrives and stays, one alarm tells', async (t) => {
  const scratch = scratchFolder();
  const card = scratchFolder();
  t.teardown(scratch.remove);
  t.teardown(card.remove);
  const result = await playFlood({
    folder: scratch.path,
    stateFolder: card.path,
    junk: 400,
    bytes: 200,
    minFree: '1MB',
    daysAfter: 14,
  });
  t.same(result.missing, [], 'what was there before, and the other series, as the rules have it, after every pass');
  t.same(result.late, [], 'each pass brought the newest of every series');
  t.ok(result.junkOnDisk < 10, 'in the end the rules have removed the junk');
  t.same(result.told, ['frozen files bulk']);
});
