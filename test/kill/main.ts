// `node main.ts PROGRAM KILLS SEED`: what .ci/suites/kill.sh runs. Ends with 0 when nothing was wrong.
import { killSync } from './kill-sync.ts';

const MIB = 1024 * 1024;
const [program = 'dist/cli.js', kills = '200', seed = '1'] = process.argv.slice(2);
const report = await killSync({
  program,
  kills: Number(kills),
  seed: Number(seed),
  smallArchives: 300,
  largeBytes: 160 * MIB,
  bytesPerSecond: 64 * MIB,
  windowMs: 800,
  tell: (line) => process.stdout.write(`${line}\n`),
});
process.stdout.write(`${JSON.stringify(report)}\n`);
if (report.servedPerByte >= 1.5)
  throw new Error(`the vault served ${report.servedPerByte.toFixed(2)} bytes for each byte mirrored`);
