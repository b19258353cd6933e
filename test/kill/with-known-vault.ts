import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type KnownVault, type KnownVaultOptions, startKnownVault } from './known-vault.ts';

/** What every one of these programs is told. */
export interface KillOptions {
  /** src/cli.ts or dist/cli.js. */
  readonly program: string;
  /** So many kills that hit a program at work. */
  readonly kills: number;
  readonly seed: number;
  readonly tell: (line: string) => void;
}

/** Has a vault, and an empty directory for stores, for as long as `work` takes. */
export async function withKnownVault<T>(
  options: KnownVaultOptions,
  random: () => number,
  work: (vault: KnownVault, dir: string) => Promise<T>,
): Promise<T> {
  // The real path: a store behind a symbolic link, as /tmp is on some machines, is refused.
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'pullmirror-kill-')));
  try {
    const vault = await startKnownVault(dir, options, random);
    try {
      return await work(vault, dir);
    } finally {
      await vault.close();
    }
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
