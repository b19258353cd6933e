import { join } from 'node:path';

/** The repository. */
export const ROOT_DIR = join(import.meta.dirname, '../..');
