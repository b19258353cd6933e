import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { AppError, systemCode } from '../../core/errors.ts';

/** The same file seen from src/cloud/template/ and from dist/cloud/template/. */
const BUNDLE = fileURLToPath(new URL('../../../dist/promoter/lambda.cjs', import.meta.url));

/**
 * The promoter as one CommonJS text, as `npm run build` makes it.
 *
 * @throws AppError PROMOTER_NOT_BUILT
 */
export async function readPromoterBundle(path = BUNDLE): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
    throw new AppError('PROMOTER_NOT_BUILT', `${path} is missing`, { cause: error });
  }
}
