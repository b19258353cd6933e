import pLimit from 'p-limit';
import type { ListedObject } from '../core/archive.ts';
import type { VaultConfig } from '../core/config/config.ts';
import { isAppError } from '../core/errors.ts';
import { isFolderMarker } from '../core/key-path.ts';
import { hasTime } from '../vault/vault-reader.ts';
import { compareWithVault } from './adopt-existing-file.ts';
import type { ByteProgress } from './byte-progress.ts';
import { candidateFiles, type Ground } from './candidate-files.ts';
import type { ProofContext } from './fetch-archive.ts';

const CONCURRENCY = 8;

export interface AdoptionPreview {
  readonly vault: string;
  readonly listed: number;
  /** Archives whose file is here, proven against the vault. */
  readonly matching: number;
  readonly matchingBytes: number;
  /** Archives of which a file of the right size and name is here, and is not it. */
  readonly differing: number;
  /** Archives without a file here: fetched as far as the keep rules want them. */
  readonly absent: number;
}

/** What taking over a folder would find of one vault. Writes nothing anywhere. Throws AppError VAULT_*, OBJECT_*, STORE_*, INTERRUPTED. */
export async function previewAdoption(
  context: ProofContext & { readonly vault: VaultConfig; readonly ground: Ground; readonly progress: ByteProgress },
): Promise<AdoptionPreview> {
  const { reader, vault, ground, progress, signal } = context;
  const counts = { listed: 0, matching: 0, matchingBytes: 0, differing: 0, absent: 0 };
  const limit = pLimit(CONCURRENCY);
  const look = async (object: ListedObject): Promise<void> => {
    const sought = { ...object, vault: vault.name };
    let seen = false;
    for (const { file } of candidateFiles(ground, vault, object, () => true)) {
      seen = true;
      if (!(await matches(context, sought, file))) continue;
      counts.matching += 1;
      counts.matchingBytes += object.sizeBytes;
      return;
    }
    if (seen) counts.differing += 1;
    else counts.absent += 1;
  };
  for await (const page of reader.list({ prefix: vault.prefix, signal })) {
    const objects = page.objects.filter(hasTime).filter(({ key, sizeBytes }) => !isFolderMarker(key, sizeBytes));
    await Promise.all(objects.map((object) => limit(() => look(object))));
    counts.listed += page.objects.length;
    progress.say(`${vault.name}: ${counts.listed} listed, ${counts.matching} of them here`);
  }
  return { vault: vault.name, ...counts };
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
