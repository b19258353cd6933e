import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

/**
 * The long run: `npm run campaign -- [--seed N] [--months N] [--worlds N] [--archives N]`. The attacker against the keep rules for so many simulated
 * months, then the promoter's interleavings for so many worlds, then so many archives rebuilt and adopted within the memory budget (by the built
 * program); a line for each part, and one at the end. The same seed plays the same worlds. Writes nothing:
 * docs/campaign.md has the last result that somebody saw.
 */
const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    months: { type: 'string', default: '2000' },
    worlds: { type: 'string', default: '2000' },
    archives: { type: 'string', default: '100000' },
  },
});
const seed = values.seed ?? String(Math.floor(Math.random() * 2 ** 31));
const parts = [
  { name: 'keeping', script: '../keeping/main.ts', args: ['--seed', seed, '--months', values.months] },
  { name: 'promoter', script: '../promoter/interleavings/main.ts', args: ['--seed', seed, '--count', values.worlds] },
  { name: 'recovery', script: '../memory/measure-recovery.ts', args: [values.archives] },
];
let wrong = 0;
for (const { name, script, args } of parts) {
  const run = spawnSync(process.execPath, [join(import.meta.dirname, script), ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 64 * 1024 * 1024,
  });
  const lines = run.stdout.trimEnd().split('\n');
  if (run.status !== 0) {
    wrong += 1;
    process.stdout.write(`${run.stdout}\n`);
  }
  process.stdout.write(
    `${name}: ${run.status === 0 ? lines.at(-1) : `FAILED, exit status ${run.status ?? run.signal}`}\n`,
  );
}
process.stdout.write(`seed ${seed}: ${wrong === 0 ? 'nothing found' : `${wrong} of ${parts.length} parts failed`}\n`);
if (wrong > 0) process.exitCode = 1;
