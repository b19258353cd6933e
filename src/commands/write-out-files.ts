import { mkdir, readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { AppError, systemCode } from '../core/errors.ts';
import { writeFileAtomically } from '../store/write-file-atomically.ts';

export interface OutFile {
  readonly path: string;
  readonly text: string;
}

export interface WrittenFile {
  readonly path: string;
  readonly state: 'written' | 'unchanged';
}

/**
 * Writes files that the owner asked for, each whole, making their folder where it is missing. What is there with other content is replaced
 * only with `force`; without it nothing at all is written.
 *
 * @throws AppError DESTINATION_EXISTS naming all that is in the way, DESTINATION_UNUSABLE
 */
export async function writeOutFiles(files: readonly OutFile[], force: boolean): Promise<readonly WrittenFile[]> {
  const found = await Promise.all(files.map(async (file) => ({ ...file, there: await textOf(file.path) })));
  const inTheWay = found.filter(({ there, text }) => there !== null && there !== text);
  if (inTheWay.length > 0 && !force) {
    const names = inTheWay.map(({ path }) => path).join(', ');
    throw new AppError('DESTINATION_EXISTS', `with other content there is already: ${names}`);
  }
  const written: WrittenFile[] = [];
  for (const { path, text, there } of found) {
    if (there !== text) await writeOne(path, text);
    written.push({ path, state: there === text ? 'unchanged' : 'written' });
  }
  return written;
}

async function textOf(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null;
    throw unusable(path, error);
  }
}

async function writeOne(path: string, text: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFileAtomically({ path, temporaryPath: `${path}.partial`, mode: 0o644, pieces: [text] });
  } catch (error) {
    throw unusable(path, error);
  }
}

function unusable(path: string, cause: unknown): unknown {
  if (systemCode(cause) === undefined) return cause;
  return new AppError('DESTINATION_UNUSABLE', `${resolve(path)} cannot be written`, { cause });
}
