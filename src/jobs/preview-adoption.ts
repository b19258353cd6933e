import pLimit from 'p-limit';
import type { ListedObject } from '../core/archive.ts';
import type { VaultConfig } from '../core/config/config.ts';
import { isAppError } from '../core/errors.ts';
import { isFolderMarker } from '../core/key-path.ts';
import { LOST_AND_FOUND, PRIVATE_FOLDER } from '../store/store-layout.ts';
import { walkFolder } from '../store/walk-folder.ts';
import { hasTime } from '../vault/vault-reader.ts';
import { compareWithVault } from './adopt-existing-file.ts';
import type { ByteProgress } from './byte-progress.ts';
import { candidateFiles, type Ground } from './candidate-files.ts';
import type { ProofContext } from './fetch-archive.ts';

const CONCURRENCY = 8;
const MAX_NAMES = 100;

export interface AdoptionPreview {
  readonly vault: string;
  readonly listed: number;
  /** Archives whose file is here, proven against the vault. */
  readonly matching: number;
  readonly matchingBytes: number;
  /** Archives of which a file of the right size and name is here, and is not it. */
  readonly differing: number;
  /** The first of these files, below the root. */
  readonly differingNames: readonly string[];
  /** Archives without a file here: fetched as far as the keep rules want them. */
  readonly absent: number;
}

/**
 * What taking over a folder would find of one vault; adds the files that it would take, below the root, to `taken`. Writes nothing anywhere. Throws AppError VAULT_*, OBJECT_*, STORE_*, INTERRUPTED.
 */
export async function previewAdoption(
  context: ProofContext & {
    readonly vault: VaultConfig;
    readonly ground: Ground;
    readonly progress: ByteProgress;
    readonly taken: Set<string>;
  },
): Promise<AdoptionPreview> {
  const { reader, vault, ground, progress, signal } = context;
  const differingNames: string[] = [];
  const counts = { listed: 0, matching: 0, matchingBytes: 0, differing: 0, absent: 0 };
  const limit = pLimit(CONCURRENCY);
  const look = async (object: ListedObject): Promise<void> => {
    const sought = { ...object, vault: vault.name };
    let seen: string | null = null;
    for (const { file, relativePath } of candidateFiles(ground, vault, object, () => true)) {
      seen ??= relativePath;
      if (!(await matches(context, sought, file))) continue;
      context.taken.add(relativePath);
      counts.matching += 1;
      counts.matchingBytes += object.sizeBytes;
      return;
    }
    if (seen === null) counts.absent += 1;
    else {
      counts.differing += 1;
      if (differingNames.length < MAX_NAMES) differingNames.push(seen);
    }
  };
  for await (const page of reader.list({ prefix: vault.prefix, signal })) {
    const objects = page.objects.filter(hasTime).filter(({ key, sizeBytes }) => !isFolderMarker(key, sizeBytes));
    await Promise.all(objects.map((object) => limit(() => look(object))));
    // The last line is the caller's.
    if (counts.listed > 0) progress.say(`${vault.name}: ${counts.listed} looked for, ${counts.matching} of them here`);
    counts.listed += page.objects.length;
  }
  return { vault: vault.name, ...counts, differingNames };
}

/** The files below a folder that nobody would take: their number, and the first names. Throws AppError STORE_*. */
export async function previewLeft(
  root: string,
  taken: ReadonlySet<string>,
): Promise<{ readonly count: number; readonly names: readonly string[] }> {
  const names: string[] = [];
  let count = 0;
  for await (const path of walkFolder(root)) {
    if (taken.has(path) || path.startsWith(`${PRIVATE_FOLDER}/`) || path === LOST_AND_FOUND) continue;
    count += 1;
    if (names.length < MAX_NAMES) names.push(path);
  }
  return { count, names };
}

async function matches(
  context: ProofContext & { readonly progress: ByteProgress },
  sought: ListedObject & { readonly vault: string },
  file: string,
): Promise<boolean> {
  try {
    const found = await compareWithVault(context, sought, file);
    return found !== 'other' && found !== 'unknown';
  } catch (error) {
    // One object's trouble says nothing of the others.
    if (isAppError(error) && error.code.startsWith('OBJECT_')) return false;
    throw error;
  }
}
