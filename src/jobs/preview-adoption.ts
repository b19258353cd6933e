import pLimit from 'p-limit';
import type { ListedObject } from '../core/archive.ts';
import type { VaultConfig } from '../core/config/config.ts';
import { isAppError } from '../core/errors.ts';
import { isFolderMarker } from '../core/key-path.ts';
import { LOST_AND_FOUND, PRIVATE_FOLDER } from '../store/store-layout.ts';
import { walkFolder } from '../store/walk-folder.ts';
import { hasTime, type VaultReader } from '../vault/vault-reader.ts';
import { compareWithVault } from './adopt-existing-file.ts';
import type { ByteProgress } from './byte-progress.ts';
import { archiveNamed, type Candidate, candidateFiles, type Ground } from './candidate-files.ts';
import type { ProofContext } from './fetch-archive.ts';
import { withRetries } from './with-retries.ts';

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

interface PreviewContext extends ProofContext {
  readonly vault: VaultConfig;
  /** All that the folder may hold archives of, this one among them, and who can be asked about each. */
  readonly vaults: readonly VaultConfig[];
  readonly readers: ReadonlyMap<string, VaultReader>;
  readonly ground: Ground;
  readonly progress: ByteProgress;
  readonly taken: Set<string>;
}

/**
 * What taking over a folder would find of one vault; adds the files that it would take, below the root, to `taken`. Writes nothing anywhere. Throws AppError VAULT_*, OBJECT_*, STORE_*, INTERRUPTED.
 */
export async function previewAdoption(context: PreviewContext): Promise<AdoptionPreview> {
  const { reader, vault, ground, progress, taken, signal } = context;
  const differingNames: string[] = [];
  const counts = { listed: 0, matching: 0, matchingBytes: 0, differing: 0, absent: 0 };
  const limit = pLimit(CONCURRENCY);
  const look = async (object: ListedObject): Promise<void> => {
    const sought = { ...object, vault: vault.name };
    let seen: string | null = null;
    for (const candidate of candidateFiles(ground, vault, object, (path) => !taken.has(path))) {
      const { file, relativePath } = candidate;
      // Before anything is waited for: another archive may be looking for the same file.
      taken.add(relativePath);
      const others = await isOthers(context, candidate, object);
      if (others || !(await matches(context, sought, file))) {
        taken.delete(relativePath);
        if (!others) seen ??= relativePath;
        continue;
      }
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

/** As `ClaimedPlaces.isOthers`, before there is a catalog: does another vault list an archive that has this place by its name? */
async function isOthers(
  context: PreviewContext,
  { path, relativePath }: Candidate,
  { key, sizeBytes }: ListedObject,
): Promise<boolean> {
  if (path !== null) return false;
  const named = archiveNamed(relativePath);
  const other = context.vaults.find(({ name }) => name === named?.vault);
  const reader = context.readers.get(other?.name ?? '');
  if (named === null || other === undefined || reader === undefined) return false;
  if ((other.name === context.vault.name && named.key === key) || !named.key.startsWith(other.prefix)) return false;
  return withRetries(context, async () => {
    // In the order of keys this one is the first.
    for await (const { objects } of reader.list({ prefix: named.key, signal: context.signal })) {
      return objects.some((one) => one.key === named.key && one.sizeBytes === sizeBytes);
    }
    return false;
  });
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
