import t from 'tap';
import { BUNDLED_CLI } from '../support/bundled-program.ts';
import { killRepair } from './kill-repair.ts';

const MIB = 1024 * 1024;

// The same with hundreds of kills is a suite of CI.
const KILLS = 2;

t.test(
  'a repair killed at any moment loses neither the good file nor the bad one, and the next one goes on',
  async (t) => {
    const seed = Math.floor(Math.random() * 2 ** 32);
    t.comment(`seed ${seed}`);
    const { moments } = await killRepair({
      program: BUNDLED_CLI,
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
