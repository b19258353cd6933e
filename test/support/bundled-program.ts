import { createHash, randomUUID } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BUNDLES } from './compile-cache.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const DIRECTORY = join(ROOT, BUNDLES);
const KEPT_MS = 60 * 60 * 1000;

/**
 * The program as it is in src/ now, built as it is for dist/, which may be older. Made once for the same sources, by the first test that
 * needs it.
 */
export const BUNDLED_CLI = await bundleProgram();

async function bundleProgram(): Promise<string> {
  for (;;) {
    const key = digestOfSources();
    const bundle = join(DIRECTORY, key);
    const cli = join(bundle, 'dist/cli.js');
    if (existsSync(cli)) return cli;
    removeOldBundles();
    const unfinished = join(DIRECTORY, `unfinished-${randomUUID()}`);
    // Loaded only where something is to be made.
    const { buildInto } = await import('../../esbuild.config.ts');
    await buildInto(join(unfinished, 'dist'));
    cpSync(join(ROOT, 'package.json'), join(unfinished, 'package.json'));
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
  for (const file of [
    ...sources,
    ...['package-lock.json', 'package.json', 'esbuild.config.ts'].map((name) => join(ROOT, name)),
  ]) {
    const content = readFileSync(file);
    hash.update(`${file}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex').slice(0, 32);
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
