// `node main.ts ROUNDS SEED`: what .ci/suites/recovery.sh runs. Ends with 0 when nothing was wrong.
import { fuzzCatalog } from './fuzz-catalog.ts';

const [rounds = '200', seed = '1'] = process.argv.slice(2);
const tell = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
tell(JSON.stringify(await fuzzCatalog({ rounds: Number(rounds), seed: Number(seed), archives: 60, tell })));
