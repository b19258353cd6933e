import { execFileSync } from 'node:child_process';
import { cpSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

export interface CopiedProgram {
  readonly cli: string;
  /** As `npm run build` does, which makes dist/promoter/lambda.cjs as well. */
  build(): void;
}

/** A copy of the program in an empty directory, without some parts of src/, as a release is without them, and without anything built. */
export function copyProgram(directory: string, { without }: { readonly without: readonly string[] }): CopiedProgram {
  cpSync(join(root, 'src'), join(directory, 'src'), { recursive: true });
  for (const name of ['package.json', 'esbuild.config.ts']) cpSync(join(root, name), join(directory, name));
  symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'));
  for (const part of without) rmSync(join(directory, 'src', part), { recursive: true });
  return {
    cli: join(directory, 'src/cli.ts'),
    build: () => {
      execFileSync('npm', ['run', '--silent', 'build'], { cwd: directory, stdio: ['ignore', 'ignore', 'inherit'] });
    },
  };
}
