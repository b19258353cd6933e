import { cpSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { BUNDLED_CLI } from './bundled-program.ts';
import { ROOT_DIR } from './root-dir.ts';

/** A copy of the built program in an empty directory, without what belongs to some parts of src/, as a release is without them (install.sh). */
export function copyProgram(directory: string, { without }: { readonly without: readonly string[] }): string {
  cpSync(join(dirname(BUNDLED_CLI), '..'), directory, { recursive: true });
  symlinkSync(join(ROOT_DIR, 'node_modules'), join(directory, 'node_modules'));
  const chunks = join(directory, 'dist/chunks');
  for (const name of readdirSync(chunks)) {
    const text = readFileSync(join(chunks, name), 'utf8');
    if (without.some((part) => text.includes(`\n// src/${part}/`))) rmSync(join(chunks, name));
  }
  if (without.includes('promoter')) rmSync(join(directory, 'dist/promoter'), { recursive: true });
  return join(directory, 'dist/cli.js');
}
