import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, systemCode } from '../../core/errors.ts';

/**
 * The promoter as one CommonJS text, as `npm run build` makes it below the program's root.
 *
 * @throws AppError PROMOTER_NOT_BUILT
 */
export async function readPromoterBundle(rootDir: string): Promise<string> {
  const path = join(rootDir, 'dist/promoter/lambda.cjs');
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
    throw new AppError('PROMOTER_NOT_BUILT', `${path} is missing`, { cause: error });
  }
}
