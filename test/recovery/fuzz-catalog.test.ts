import t from 'tap';
import { fuzzCatalog } from './fuzz-catalog.ts';

// The same for hundreds of rounds is a suite of CI.
t.test('a catalog damaged at random: each command says so, no archive is touched, rebuild makes it good', async (t) => {
  const seed = Math.floor(Math.random() * 2 ** 32);
  t.comment(`seed ${seed}`);
  const { answers } = await fuzzCatalog({ rounds: 4, seed, archives: 40, tell: (line) => t.comment(line) });
  t.ok(Object.keys(answers).length > 0);
});
