import t from 'tap';
import { BUNDLED_CLI } from '../support/bundled-program.ts';
import { killRecovery } from './kill-recovery.ts';

const MIB = 1024 * 1024;

// The same with hundreds of kills is a suite of CI.
const KILLS = 2;

t.test('a rebuild or adopt killed at any moment loses no file, and the next one goes on', async (t) => {
  const seed = Math.floor(Math.random() * 2 ** 32);
  t.comment(`seed ${seed}`);
  const { moments } = await killRecovery({
    program: BUNDLED_CLI,
    kills: KILLS,
    seed,
    smallArchives: 30,
    largeBytes: 10 * MIB,
    bytesPerSecond: 200 * MIB,
    tell: (line) => t.comment(line),
  });
  t.equal(
    Object.values(moments).reduce((sum, count) => sum + count, 0),
    KILLS,
  );
});
