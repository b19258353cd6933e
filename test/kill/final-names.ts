import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { SUMS_NAME, SUMS_TEMPORARY_NAME } from '../../src/core/sha256sums.ts';
import type { KnownArchive } from './known-vault.ts';

/** Looks at every file that bears its final name; remembers what it has hashed by inode, time and size. */
export class FinalNames {
  readonly #vaultDir: string;
  readonly #archives: ReadonlyMap<string, KnownArchive>;
  readonly #right = new Set<string>();

  constructor(vaultDir: string, archives: ReadonlyMap<string, KnownArchive>) {
    this.#vaultDir = vaultDir;
    this.#archives = archives;
  }

  /** The number of archives under their final names. Throws when one of them is incomplete, wrong or unknown. */
  async check(): Promise<number> {
    if (!existsSync(this.#vaultDir)) return 0;
    let present = 0;
    for (const entry of readdirSync(this.#vaultDir, { recursive: true, withFileTypes: true })) {
      if (entry.isDirectory()) continue;
      const path = join(entry.parentPath, entry.name);
      const key = relative(this.#vaultDir, path);
      if (key === SUMS_NAME || key === SUMS_TEMPORARY_NAME) continue;
      const known = this.#archives.get(key);
      if (known === undefined) throw new Error(`${key}: nothing of that name is in the vault`);
      await this.#checkOne(path, known);
      present += 1;
    }
    return present;
  }

  async #checkOne(path: string, known: KnownArchive): Promise<void> {
    const { ino, mtimeNs, size } = statSync(path, { bigint: true });
    if (size !== BigInt(known.sizeBytes)) throw new Error(`${path} has ${size} bytes instead of ${known.sizeBytes}`);
    const identity = `${path} ${ino} ${mtimeNs} ${size}`;
    if (this.#right.has(identity)) return;
    const hash = createHash('sha256');
    await pipeline(createReadStream(path, { highWaterMark: 1024 * 1024 }), hash);
    if (hash.digest('hex') !== known.sha256) throw new Error(`${path} holds other bytes than the vault`);
    this.#right.add(identity);
  }
}
