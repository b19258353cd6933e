import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** All bundles lie here; the directory of each goes when the sources have changed. */
export const BUNDLES = '.tap/program';

/**
 * Where Node keeps the compiled code of a program that tests start, which else takes half the time of a start: beside a bundle; for others,
 * and for users that may not write there, in a directory of the user's, as no user could read another's.
 */
export function compileCacheOf(program: string, uid = process.getuid?.()): string {
  if (program.includes(`/${BUNDLES}/`) && uid === process.getuid?.()) return join(dirname(program), 'compiled');
  return join(tmpdir(), `pullmirror-compile-cache-${uid ?? ''}`);
}
