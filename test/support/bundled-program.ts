import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Plugin } from 'esbuild';
import { BUNDLES } from './compile-cache.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const DIRECTORY = join(ROOT, BUNDLES);
const KEPT_MS = 60 * 60 * 1000;

/**
 * The program as it is in src/ now, in a few large files: hundreds of small ones take most of the time of a start, and tests start it
 * hundreds of times. Made once for the same sources, by the first test that needs it. The suites in .ci run the program as it is shipped.
 */
export const BUNDLED_CLI = await bundleProgram();

async function bundleProgram(): Promise<string> {
  for (;;) {
    const key = digestOfSources();
    const bundle = join(DIRECTORY, key);
    const cli = join(bundle, 'src/cli.js');
    if (existsSync(cli)) return cli;
    removeOldBundles();
    const unfinished = join(DIRECTORY, `unfinished-${randomUUID()}`);
    await bundleInto(join(unfinished, 'src'));
    // Somebody may have saved a file meanwhile: what was built is then of neither state.
    const isCurrent = digestOfSources() === key;
    if (isCurrent && takeName(unfinished, bundle)) return cli;
    rmSync(unfinished, { recursive: true });
  }
}

function digestOfSources(): string {
  const hash = createHash('sha256');
  const names = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  const sources = names.sort().map((name) => join(ROOT, 'src', name));
  for (const file of [...sources, join(ROOT, 'package-lock.json'), fileURLToPath(import.meta.url)]) {
    const content = readFileSync(file);
    hash.update(`${file}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex').slice(0, 32);
}

async function bundleInto(outdir: string): Promise<void> {
  // Loaded only where something is to be made.
  const { build } = await import('esbuild');
  await build({
    absWorkingDir: ROOT,
    entryPoints: ['src/cli.ts'],
    outdir,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    keepNames: true,
    chunkNames: 'chunks/[name]-[hash]',
    // Native; in another shape for a bundler than for Node; with files of data beside it.
    external: ['better-sqlite3', 'hash-wasm', '@cloud-copilot/*'],
    // Some dependencies are CommonJS.
    banner: { js: `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);` },
    plugins: [keepPlaces()],
    logLevel: 'warning',
  });
}

/** The program finds other files by where its sources lie; only the demo asks where the program itself is, one folder up from a chunk. */
function keepPlaces(): Plugin {
  return {
    name: 'keep-places',
    setup(build) {
      build.onLoad({ filter: /\/src\/.*\.ts$/ }, async ({ path }) => {
        if (path.startsWith(join(ROOT, 'src/demo/'))) return undefined;
        const source = await readFile(path, 'utf8');
        return {
          loader: 'ts',
          contents: source.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href)),
        };
      });
    },
  };
}

/** False where another test was faster, which is as good. */
function takeName(from: string, to: string): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    if (existsSync(to)) return false;
    throw error;
  }
}

/** Of sources that have changed since; young ones may be running in another terminal. */
function removeOldBundles(): void {
  mkdirSync(DIRECTORY, { recursive: true });
  for (const name of readdirSync(DIRECTORY)) {
    const path = join(DIRECTORY, name);
    const changed = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
    if (changed !== undefined && changed < Date.now() - KEPT_MS) rmSync(path, { recursive: true, force: true });
  }
}
