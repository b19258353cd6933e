import { createCipheriv, createDecipheriv, pbkdf2Sync, randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { AppError, systemCode } from '../core/errors.ts';
import { type ProgramRun, runProgram } from './run-program.ts';

/** How the web server encrypts its backups, and how their owner opens them again. */
export interface Cipher {
  /** How it is called in the story. */
  readonly words: string;
  /** The last part of an archive's name. */
  readonly suffix: 'gpg' | 'enc';
  encrypt(plain: Uint8Array): Promise<Buffer>;
  decrypt(encrypted: Uint8Array): Promise<Buffer>;
  /** The command that opens a file by hand and writes to standard output. */
  command(file: string): string;
}

export interface CipherOptions {
  /** Relative to `dir`. */
  readonly passphraseFile: string;
  readonly dir: string;
  readonly passphrase: string;
  /** For gpg's own files. */
  readonly homeDir: string;
  readonly signal: AbortSignal;
}

/** Real gpg where there is one that works; elsewhere AES-256 by Node, in the file format of `openssl enc`. */
export async function chooseCipher(options: CipherOptions): Promise<Cipher> {
  const gpg = gpgCipher(options);
  try {
    const proof = Buffer.from('a round trip');
    if ((await gpg.decrypt(await gpg.encrypt(proof))).equals(proof)) return gpg;
  } catch (error) {
    // Not there, or there and unwilling.
    if (systemCode(error) !== 'ENOENT' && !(error instanceof AppError)) throw error;
    options.signal.throwIfAborted();
  }
  return opensslCipher(options);
}

function gpgCipher({ passphraseFile, dir, homeDir, signal }: CipherOptions): Cipher {
  mkdirSync(homeDir, { mode: 0o700 });
  // No agent: it would outlive the demo. Without one gpg cannot measure how often to hash the passphrase and has to be told; the passphrase
  // is random, so that often is not needed.
  const quiet = ['--homedir', homeDir, '--batch', '--quiet', '--no-autostart', '--pinentry-mode', 'loopback'];
  const run = async (args: readonly string[], input: Uint8Array): Promise<Buffer> => {
    const all = [...quiet, '--passphrase-file', passphraseFile, ...args];
    return outputOf('gpg', await runProgram('gpg', all, { input, signal, cwd: dir }));
  };
  const strength = ['--cipher-algo', 'AES256', '--s2k-count', '1048576'];
  return {
    words: 'gpg, symmetric, AES-256',
    suffix: 'gpg',
    encrypt: (plain) => run([...strength, '--compress-algo', 'none', '--symmetric'], plain),
    decrypt: (encrypted) => run(['--decrypt'], encrypted),
    command: (file) => `gpg --batch --pinentry-mode loopback --passphrase-file ${passphraseFile} -d ${file}`,
  };
}

const OPENSSL_MAGIC = Buffer.from('Salted__');
const ITERATIONS = 10_000;

/** What `openssl enc -aes-256-cbc -pbkdf2` writes: "Salted__", eight bytes of salt, the cipher text. */
function opensslCipher({ passphrase, passphraseFile }: CipherOptions): Cipher {
  const derive = (salt: Uint8Array) => {
    const bytes = pbkdf2Sync(passphrase, salt, ITERATIONS, 48, 'sha256');
    return ['aes-256-cbc', bytes.subarray(0, 32), bytes.subarray(32)] as const;
  };
  return {
    words: 'AES-256 by Node, readable by openssl (gpg is not installed here)',
    suffix: 'enc',
    async encrypt(plain) {
      const salt = randomBytes(8);
      const cipher = createCipheriv(...derive(salt));
      return Buffer.concat([OPENSSL_MAGIC, salt, cipher.update(plain), cipher.final()]);
    },
    async decrypt(encrypted) {
      const cipher = createDecipheriv(...derive(encrypted.subarray(8, 16)));
      return Buffer.concat([cipher.update(encrypted.subarray(16)), cipher.final()]);
    },
    command: (file) => `openssl enc -d -aes-256-cbc -pbkdf2 -pass file:${passphraseFile} -in ${file}`,
  };
}

/** What a program wrote, or an error with its words. */
export function outputOf(name: string, run: ProgramRun): Buffer {
  if (run.status === 0) return run.stdout;
  throw new AppError('INTERNAL', `${name} ended with exit status ${run.status ?? 'none'}: ${run.text.trim()}`);
}
