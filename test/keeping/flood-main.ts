import { parseArgs } from 'node:util';
import { playFlood } from './play-flood.ts';
import { scratchFolder } from './scratch-folder.ts';

/**
 * A flood on a small disk: `node test/keeping/flood-main.ts --folder DIR [--junk N]`. The folder is empty and lies on a filesystem of its own that is too
 * small for the flood.
 */
const { values } = parseArgs({ options: { folder: { type: 'string' }, junk: { type: 'string', default: '10000' } } });
if (values.folder === undefined) throw new Error('--folder DIR is needed');
const card = scratchFolder();
try {
  const disk = { folder: values.folder, stateFolder: card.path, minFree: '10%', daysAfter: 6 };
  const result = await playFlood({ ...disk, junk: Number(values.junk), bytes: 7_000_000 });
  process.stdout.write(`${JSON.stringify({ ...result, exits: [...result.exits] }, null, 2)}\n`);
  const problems = [
    ...result.missing.map((key) => `${key} is missing`),
    ...result.late.map((key) => `${key} did not come with the next pass`),
    ...(result.told.join() === 'frozen files bulk' ? [] : ['not one alarm told of it']),
    ...(result.leastRoomBytes < 0 ? [`minFree was eaten into by ${-result.leastRoomBytes} bytes`] : []),
  ];
  for (const problem of problems) process.stdout.write(`${problem}\n`);
  if (problems.length > 0) process.exitCode = 1;
} finally {
  card.remove();
}
