import { readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, relative } from 'node:path';

/** What git ignores (.gitignore), and git itself. */
const NOT_OURS = new Set(['.git', 'node_modules', 'dist', '.tap']);

const TOP_LEVEL =
  /^(?:src|systemd|config|test|docs|\.ci|package\.json|package-lock\.json|tsconfig\.json|biome\.json|esbuild\.config\.ts|install\.sh|README\.md|LICENSE|CHANGELOG\.md|\.gitignore|\.gitattributes|\.npmrc)$/;

// Names that stand for anybody may be used in examples.
const HOME_DIRECTORY = /(?<![\w.~*-])\/(?:home|Users)\/(?!(?:me|you|user|pi)\/)[\w.-]+\/|(?<![\w.~*-])\/root\/[\w.]/;

/** All files that belong to the repository, as paths from `root` with slashes. */
export async function repositoryFiles(root: string): Promise<string[]> {
  const files: string[] = [];
  const walk = async (directory: string): Promise<void> => {
    for (const entry of await readdir(directory, { withFileTypes: true })) {
      if (NOT_OURS.has(entry.name) || entry.name.endsWith('.log')) continue;
      const path = join(directory, entry.name);
      if (entry.isDirectory()) await walk(path);
      else files.push(relative(root, path).replaceAll('\\', '/'));
    }
  };
  await walk(root);
  return files.sort();
}

/** The repository's top level is a promise to whoever opens it: only these names. */
export function topLevelViolations(files: readonly string[]): string[] {
  const names = new Set(files.map((path) => path.split('/')[0] ?? ''));
  return [...names].filter((name) => !TOP_LEVEL.test(name)).map((name) => `${name}: does not belong on the top level`);
}

/** Lines that name a directory of somebody's machine: a home directory, or the directory that this checkout lies in. */
export function machinePathViolations(path: string, text: string, root: string): string[] {
  const places = [root, homedir()].filter((place) => place.split('/').length > 2);
  return text.split('\n').flatMap((line, index) => {
    const found = HOME_DIRECTORY.exec(line)?.[0] ?? places.find((place) => line.includes(`${place}/`));
    return found === undefined ? [] : [`${path}:${index + 1}: ${found} exists on one machine only`];
  });
}
