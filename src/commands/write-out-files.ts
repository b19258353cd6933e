import { mkdir, readdir, readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
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

/** Files of this ending that lie in the folder beside those: left by an earlier description, perhaps. */
export async function strangersBeside(folder: string, ending: string, files: readonly OutFile[]): Promise<string[]> {
  const ours = new Set(files.map(({ path }) => resolve(path)));
  const there = (await readdir(folder)).filter((name) => name.endsWith(ending)).sort();
  return there.map((name) => join(folder, name)).filter((path) => !ours.has(resolve(path)));
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
    await makeFolder(dirname(path));
    await writeFileAtomically({ path, temporaryPath: `${path}.partial`, mode: 0o644, pieces: [text] });
  } catch (error) {
    throw unusable(path, error);
  }
}

/** Not `recursive: true`: where a folder can have no entries of ours (/proc), Node tries that again and again, for ever. */
async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    const code = systemCode(error);
    if (code === 'EEXIST') return;
    const parent = dirname(folder);
    if (code !== 'ENOENT' || parent === folder) throw error;
    await makeFolder(parent);
    await mkdir(folder);
  }
}

function unusable(path: string, cause: unknown): unknown {
  if (systemCode(cause) === undefined) return cause;
  return new AppError('DESTINATION_UNUSABLE', `${resolve(path)} cannot be written`, { cause });
}
