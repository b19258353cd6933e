import { fileURLToPath } from 'node:url';
import t from 'tap';
import { killRepair } from './kill-repair.ts';

const MIB = 1024 * 1024;

// The same with hundreds of kills is a suite of CI.
const KILLS = 3;

t.test(
  'a repair killed at any moment loses neither the good file nor the bad one, and the next one goes on',
  async (t) => {
    const seed = Math.floor(Math.random() * 2 ** 32);
    t.comment(`seed ${seed}`);
    const { moments } = await killRepair({
      program: fileURLToPath(new URL('../../src/cli.ts', import.meta.url)),
      kills: KILLS,
      seed,
      spoiled: 12,
      smallArchives: 20,
      largeBytes: 10 * MIB,
      bytesPerSecond: 48 * MIB,
      tell: (line) => t.comment(line),
    });
    t.equal(
      Object.values(moments).reduce((sum, count) => sum + count, 0),
      KILLS,
    );
  },
);
