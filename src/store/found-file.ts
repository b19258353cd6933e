import { constants, rmdirSync, unlinkSync } from 'node:fs';
import { type FileHandle, lstat, open, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AppError, systemCode } from '../core/errors.ts';
import { type FileIdentity, identityOf, isSameFile, isUntouched } from './file-identity.ts';
import { ARCHIVE_MODE } from './partial-file.ts';
import { translateFsError } from './translate-fs-error.ts';

/**
 * A file that turned out to be an archive, where it was found: the publisher gives it its final name by a link, as it does to a download. Where
 * it bears that name already, nothing but its mode and time changes.
 */
export class FoundFile {
  readonly path: string;
  /** Its final name is another one than `path`. */
  readonly #moves: boolean;
  readonly #isArchive: () => boolean;
  readonly #proven: FileIdentity;
  #isUntouched = false;

  /**
   * @param args.proven the file that was hashed: whatever lies under its name by now, only that one is the archive
   * @param args.isArchive does another archive lie under the name where it was found, so that the name has to stay?
   */
  constructor(args: { path: string; moves: boolean; proven: FileIdentity; isArchive: () => boolean }) {
    this.path = args.path;
    this.#proven = args.proven;
    this.#moves = args.moves;
    this.#isArchive = args.isArchive;
  }

  /**
   * Makes it look like an archive: read-only, the vault's time. Its bytes were forced onto the disk when they were hashed. What is another file by now is left
   * alone; `requireProven` tells of it, so that the others of its group do not wait for nothing.
   */
  async seal({ mtimeMs }: { mtimeMs: number }): Promise<void> {
    try {
      const file = await open(this.path, constants.O_RDONLY | constants.O_NOFOLLOW);
      try {
        await this.#shape(file, mtimeMs);
      } finally {
        await file.close();
      }
    } catch (error) {
      throw this.#translate(error);
    }
  }

  async close(): Promise<void> {}

  /** Throws STORE_UNSUITABLE when it was not the proven file any more that was sealed. */
  requireProven(): void {
    if (!this.#isUntouched) throw this.#replaced();
  }

  /** The same, of what bears the final name now; a name that was given to another file is taken away from it again. */
  async requireFinal(finalPath: string): Promise<void> {
    if (isSameFile(this.#proven, await lstat(finalPath, { bigint: true }))) return;
    if (this.#moves) removeSecondName(finalPath);
    throw this.#replaced();
  }

  /** Takes away the name under which it was found, once it has its final one. */
  async remove(): Promise<void> {
    if (!this.#moves || this.#isArchive()) return;
    try {
      // Whatever else has been put there meanwhile stays.
      if (isSameFile(this.#proven, await lstat(this.path, { bigint: true }))) await unlink(this.path);
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw this.#translate(error, dirname(this.path));
    }
  }

  async #shape(file: FileHandle, mtimeMs: number): Promise<void> {
    const facts = await file.stat({ bigint: true });
    this.#isUntouched = isUntouched(this.#proven, identityOf(facts));
    if (!this.#isUntouched) return;
    if (Math.abs(Number(facts.mtimeNs) / 1e6 - mtimeMs) >= 1) await file.utimes(mtimeMs / 1000, mtimeMs / 1000);
    if ((Number(facts.mode) & 0o7777) !== ARCHIVE_MODE) await file.chmod(ARCHIVE_MODE);
  }

  #replaced(): AppError {
    return new AppError('STORE_UNSUITABLE', `${this.path} was written or replaced by something else just now`, {
      hint: 'Stop what writes into the store (aws s3 sync, rclone, a cron job with them), then run the command again.',
    });
  }

  /** @param owned what must belong to this user for that to work */
  #translate(error: unknown, owned = this.path): unknown {
    if (systemCode(error) !== 'EPERM' && systemCode(error) !== 'EACCES')
      return translateFsError(error, `taking over ${this.path}`);
    return new AppError('STORE_UNSUITABLE', `${owned} belongs to another user, or may not be changed`, {
      cause: error,
      hint: 'Give the folder and all in it to the user that runs pullmirror: chown -hR USER DIR. Then run the command again.',
    });
  }
}

/** Removes a name of a file that has another one as well, and is an archive under that. */
export function removeSecondName(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    throw translateFsError(error, `removing the second name ${path}`);
  }
}

/** Removes a folder if nothing is in it, and this user may; says whether it is gone. */
export function removeIfEmpty(path: string): boolean {
  try {
    rmdirSync(path);
    return true;
  } catch (error) {
    const code = systemCode(error) ?? '';
    if (code === 'ENOENT') return true;
    // An empty folder too many harms nobody: not worth an end of the work.
    if (['ENOTEMPTY', 'EEXIST', 'EACCES', 'EPERM'].includes(code)) return false;
    throw translateFsError(error, `removing the empty folder ${path}`);
  }
}
