import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { playWorlds } from './play-worlds.ts';
import { embeddedStage, realStage } from './stage.ts';

/**
 * Many worlds: `node test/promoter/interleavings/main.ts [--seed N] [--count N] [--endpoint URL]`. Without an endpoint on the embedded server.
 * The seed of a world that fails is printed; `--seed THAT --count 1` plays it again.
 */
const { values } = parseArgs({
  options: { seed: { type: 'string' }, count: { type: 'string', default: '1000' }, endpoint: { type: 'string' } },
});
const firstSeed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed);
const scratch = mkdtempSync(join(tmpdir(), 'pullmirror-interleavings-'));
const stage = values.endpoint === undefined ? await embeddedStage(scratch) : realStage(values.endpoint);
try {
  process.stdout.write(
    `${values.count} worlds, the first of seed ${firstSeed}, on ${values.endpoint ?? 'the embedded server'}\n`,
  );
  const beganMs = performance.now();
  const { tally, failures } = await playWorlds(stage, { firstSeed, count: Number(values.count) });
  for (const [what, count] of [...tally].sort()) process.stdout.write(`${String(count).padStart(9)} ${what}\n`);
  for (const failure of failures) process.stdout.write(`\n${failure}\n`);
  const seconds = ((performance.now() - beganMs) / 1000).toFixed(0);
  process.stdout.write(`${values.count} worlds in ${seconds} s, ${failures.length} of them wrong\n`);
  if (failures.length > 0) process.exitCode = 1;
} finally {
  await stage.close();
  rmSync(scratch, { recursive: true, force: true });
}
