// `node main.ts SCENARIO PROGRAM KILLS SEED`: what .ci/suites/kill.sh runs. Ends with 0 when nothing was wrong.
import { killPrune } from './kill-prune.ts';
import { killRecovery } from './kill-recovery.ts';
import { killRepair } from './kill-repair.ts';
import { killSync } from './kill-sync.ts';

const MIB = 1024 * 1024;

interface Killing {
  readonly program: string;
  readonly kills: number;
  readonly seed: number;
  readonly tell: (line: string) => void;
}

/** Each throws at the first thing that is wrong, and answers what it saw. */
const SCENARIOS: Readonly<Record<string, (killing: Killing) => Promise<unknown>>> = {
  async sync(killing) {
    const report = await killSync({
      ...killing,
      smallArchives: 300,
      largeBytes: 160 * MIB,
      bytesPerSecond: 64 * MIB,
      windowMs: 800,
    });
    if (report.servedPerByte >= 1.5)
      throw new Error(`the vault served ${report.servedPerByte.toFixed(2)} bytes for each byte mirrored`);
    return report;
  },
  repair: (killing) =>
    killRepair({ ...killing, spoiled: 40, smallArchives: 60, largeBytes: 24 * MIB, bytesPerSecond: 48 * MIB }),
  prune: (killing) => killPrune({ ...killing, archives: 1000 }),
  recovery: (killing) =>
    killRecovery({ ...killing, smallArchives: 200, largeBytes: 40 * MIB, bytesPerSecond: 400 * MIB }),
};

const [scenario = '', program = 'dist/cli.js', kills = '200', seed = '1'] = process.argv.slice(2);
const run = SCENARIOS[scenario];
if (run === undefined) throw new Error(`no scenario ${scenario}; there are ${Object.keys(SCENARIOS).join(', ')}`);
const tell = (line: string): void => {
  process.stdout.write(`${scenario}: ${line}\n`);
};
tell(JSON.stringify(await run({ program, kills: Number(kills), seed: Number(seed), tell })));
