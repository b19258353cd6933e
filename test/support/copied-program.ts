import { execFileSync } from 'node:child_process';
import { cpSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

export interface CopiedProgram {
  readonly cli: string;
  /** Makes dist/promoter/lambda.cjs as `npm run bundle` does. */
  bundlePromoter(): void;
}

/** A copy of the program in an empty directory, without some parts of src/, as a release is without them, and without anything built. */
export function copyProgram(directory: string, { without }: { readonly without: readonly string[] }): CopiedProgram {
  cpSync(join(root, 'src'), join(directory, 'src'), { recursive: true });
  cpSync(join(root, 'package.json'), join(directory, 'package.json'));
  symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'));
  for (const part of without) rmSync(join(directory, 'src', part), { recursive: true });
  return {
    cli: join(directory, 'src/cli.ts'),
    bundlePromoter: () => {
      execFileSync('npm', ['run', '--silent', 'bundle'], { cwd: directory, stdio: ['ignore', 'ignore', 'inherit'] });
    },
  };
}
