import t from 'tap';
import { BUNDLED_CLI } from '../support/bundled-program.ts';
import { killPrune } from './kill-prune.ts';

// The same with hundreds of kills is a suite of CI.
const KILLS = 2;

t.test('a prune killed at any moment removes nothing but what is due, and the next one goes on', async (t) => {
  const seed = Math.floor(Math.random() * 2 ** 32);
  t.comment(`seed ${seed}`);
  const { moments } = await killPrune({
    program: BUNDLED_CLI,
    kills: KILLS,
    seed,
    archives: 500,
    tell: (line) => t.comment(line),
  });
  t.equal(
    Object.values(moments).reduce((sum, count) => sum + count, 0),
    KILLS,
  );
});
