import { AppError, systemCode } from '../core/errors.ts';

/**
 * Loads a part of the left half when a command needs it: it is no part of a mirror, and a release installed on one is without it.
 * Throws CLOUD_NOT_HERE there.
 */
export async function loadCloud<Part>(load: () => Promise<Part>): Promise<Part> {
  try {
    return await load();
  } catch (error) {
    if (systemCode(error) !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new AppError('CLOUD_NOT_HERE', 'the left half is no part of a release installed on a mirror', {
      cause: error,
    });
  }
}
