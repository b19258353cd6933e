import t from 'tap';
import { BUNDLED_CLI } from '../support/bundled-program.ts';
import { killSync } from './kill-sync.ts';

const MIB = 1024 * 1024;

// The same with many more kills, and those of prune, repair, rebuild and adopt, are a suite of CI.
t.test('a sync killed at any moment leaves only complete files, and the next one goes on', async (t) => {
  const seed = Math.floor(Math.random() * 2 ** 32);
  t.comment(`seed ${seed}`);
  const report = await killSync({
    program: BUNDLED_CLI,
    kills: 3,
    seed,
    smallArchives: 100,
    largeBytes: 40 * MIB,
    bytesPerSecond: 48 * MIB,
    windowMs: 500,
    tell: (line) => t.comment(line),
  });
  t.ok(report.servedPerByte < 1.5, `the vault served ${report.servedPerByte.toFixed(2)} bytes for each byte mirrored`);
});
