import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { AdoptionJson } from '../core/adoption-schema.ts';
import { printableName } from '../core/printable.ts';
import { formatBytes } from '../core/size.ts';
import { formatUtc } from '../core/zoned-time.ts';
import type { AdoptedVault, AdoptFilesReport } from '../jobs/adopt-files.ts';
import { PRIVATE_FOLDER } from '../store/store-layout.ts';
import type { Output } from './output.ts';

const SHOWN_NAMES = 20;

export function adoptionJson(report: AdoptFilesReport, root: string): AdoptionJson {
  const { note, vaults, damaged, left, disagreeing, corrected, frozen, finished, stopped } = report;
  return {
    from: note.from,
    copyMadeAt: note.copyMadeAtMs === null ? null : formatUtc(note.copyMadeAtMs),
    aside: asidePath(root, note),
    finished,
    vaults: vaults.map((vault) => ({ ...vault, failures: [...vault.failures] })),
    damaged: { count: damaged.damaged, names: [...damaged.names] },
    left: { count: left.count, names: [...left.names] },
    disagreeing: [...disagreeing],
    corrected: [...corrected],
    frozen: [...frozen],
    stopped,
  };
}

/** Where that is which was in the way; null: nothing was. */
export function asidePath(root: string, { aside }: AdoptFilesReport['note']): string | null {
  const path = join(root, PRIVATE_FOLDER, aside);
  return existsSync(path) ? path : null;
}

/** What became of the files, for a person. */
export function tellAdoption(report: AdoptFilesReport, out: Output): void {
  const { note, vaults, damaged, left, disagreeing, corrected, frozen, finished, stopped } = report;
  for (const vault of vaults) {
    out.line(vaultWords(vault, note.from));
    const { failures, problem } = vault;
    for (const trouble of [...(problem === null ? [] : [problem]), ...failures.slice(0, SHOWN_NAMES)]) {
      out.line(`  ${trouble.message}`);
      out.line(`    next: ${trouble.hint}`);
    }
  }
  tellFiles(
    `${damaged.damaged} archives lost their file or part of it; the next sync fetches them again:`,
    damaged.damaged,
    damaged.names,
    out,
  );
  tellFiles(
    `${corrected.length} files of which the catalog had a wrong SHA-256; file and SHA256SUMS agree, and so does it now:`,
    corrected.length,
    corrected,
    out,
  );
  tellFiles(
    `${disagreeing.length} files of which the catalog and SHA256SUMS, as it was, say different things, and the file agrees with neither, or its vault denies it:`,
    disagreeing.length,
    disagreeing,
    out,
  );
  if (disagreeing.length > 0) {
    out.line(
      'The catalog does NOT agree with the disk about the files above. SHA256SUMS as it was is in the folder with',
    );
    out.line('the former catalog. Next: `pullmirror verify --repair`, which asks the vault.');
  }
  if (note.from === 'copy' && frozen.length > 0) {
    out.line(
      'The copy of the catalog is, or may be, older than what is on the disk: pins and freezes made since then are LOST.',
    );
    out.line(
      'Every series is frozen instead. Pin again what must stay, then `pullmirror release NAME --cause rebuilt`.',
    );
  }
  const words = finished
    ? `${left.count} ${left.count === 1 ? 'file matches nothing that is known; it is left as it is' : 'files match nothing that is known; they are left as they are'}:`
    : `${left.count} ${left.count === 1 ? 'file is' : 'files are'} not known yet:`;
  tellFiles(words, left.count, left.names, out);
  if (stopped !== null) {
    out.line(stopped.message);
    out.line(`  next: ${stopped.hint}`);
  }
}

function vaultWords(one: AdoptedVault, from: AdoptFilesReport['note']['from']): string {
  const { vault, listed, known, adopted, adoptedBytes, orphans, lacking, unwanted } = one;
  const words = [`${vault}: ${listed} listed`];
  if (known > 0) words.push(`${known} known ${from === 'copy' ? 'from the copy' : 'already'}`);
  if (adopted > 0 || known === 0) words.push(`${adopted} (${formatBytes(adoptedBytes)}) found on the disk and proven`);
  if (orphans > 0) words.push(`${orphans} that the vault has lost, by our own SHA256SUMS`);
  if (unwanted > 0) words.push(`${unwanted} not wanted by the keep rules and not here`);
  if (lacking > unwanted || unwanted === 0) words.push(`${lacking - unwanted} without a file here`);
  return words.join(', ');
}

export function tellFiles(words: string, count: number, names: readonly string[], out: Output): void {
  if (count === 0) return;
  out.line(words);
  tellNames(count, names, out);
}

export function tellNames(count: number, names: readonly string[], out: Output): void {
  for (const name of names.slice(0, SHOWN_NAMES)) out.line(`  ${printableName(name)}`);
  if (count > SHOWN_NAMES) out.line(`  … and ${count - Math.min(SHOWN_NAMES, names.length)} more`);
}
