import { parseArgs } from 'node:util';
import { playWorlds } from './play-worlds.ts';
import { scratchFolder } from './scratch-folder.ts';

/**
 * Many worlds: `node test/keeping/main.ts [--seed N] [--months N]`. The seed of a world that fails is printed; `--seed THAT --months 2` plays it
 * again.
 */
const { values } = parseArgs({
  options: { seed: { type: 'string' }, months: { type: 'string', default: '100' } },
});
const firstSeed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed);
const scratch = scratchFolder();
try {
  process.stdout.write(`${values.months} months, the first world of seed ${firstSeed}\n`);
  const beganMs = performance.now();
  const { tally, worlds, months, failures } = await playWorlds({
    firstSeed,
    months: Number(values.months),
    scratch: scratch.path,
  });
  for (const [what, count] of [...tally].sort()) process.stdout.write(`${String(count).padStart(9)} ${what}\n`);
  for (const failure of failures) process.stdout.write(`\n${failure}\n`);
  const seconds = ((performance.now() - beganMs) / 1000).toFixed(0);
  process.stdout.write(
    `${worlds} worlds of ${Math.round(months)} months in ${seconds} s, ${failures.length} of them wrong\n`,
  );
  if (failures.length > 0) process.exitCode = 1;
} finally {
  scratch.remove();
}
