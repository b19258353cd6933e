/*
 * What is built: the program in a few files, as the start of hundreds of small ones takes twice the time and some 5 to 9 MiB more memory, and the promoter
 * as the one text that goes into the template. `node esbuild.config.ts` writes dist/.
 */
import { chmodSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type BuildOptions, build } from 'esbuild';

const ROOT = import.meta.dirname;

/** Readable as it is: somebody may have to look into it on a Pi. */
const PROGRAM: BuildOptions = {
  entryPoints: ['src/cli.ts'],
  format: 'esm',
  splitting: true,
  target: 'node22',
  // ES modules leave out what is not used: most of the S3 client.
  mainFields: ['module', 'main'],
  chunkNames: 'chunks/[name]-[hash]',
  // Native; looks for files beside itself; in another shape for a bundler than for Node; with files of data beside it.
  external: ['better-sqlite3', 'pino', 'hash-wasm', '@cloud-copilot/*'],
  // Some dependencies are CommonJS.
  banner: { js: `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);` },
};

/** As short as can be: a template may have 51,200 bytes. */
const PROMOTER: BuildOptions = {
  entryPoints: { 'promoter/lambda': 'src/promoter/commonjs-module.ts' },
  outExtension: { '.js': '.cjs' },
  format: 'cjs',
  target: 'node24',
  minify: true,
  // The Lambda runtime has it.
  external: ['@aws-sdk/*'],
  logOverride: { 'commonjs-variable-in-esm': 'silent' },
};

/** Writes cli.js with chunks/, and promoter/lambda.cjs, into a directory. */
export async function buildInto(outdir: string): Promise<void> {
  const common: BuildOptions = { absWorkingDir: ROOT, outdir, bundle: true, platform: 'node', logLevel: 'warning' };
  await Promise.all([PROGRAM, PROMOTER].map((options) => build({ ...common, ...options })));
  chmodSync(join(outdir, 'cli.js'), 0o755);
}

if (import.meta.main) {
  const dist = join(ROOT, 'dist');
  rmSync(dist, { recursive: true, force: true });
  await buildInto(dist);
}
