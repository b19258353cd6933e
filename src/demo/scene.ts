import type { BackupServer, Uploaded } from './backup-server.ts';
import type { BadLine } from './bad-line.ts';
import type { Cipher } from './cipher.ts';
import type { Narrator } from './narrator.ts';
import type { ProgramRun } from './run-program.ts';
import type { S3Server } from './s3-server/start-s3-server.ts';
import type { StoryClock } from './story-clock.ts';
import type { VaultAdministrator } from './vault-administrator.ts';

export interface ShowOptions {
  /** The exit status that it must have: 0 unless said, null for a process that is killed. */
  readonly exit?: number | null;
  /** Asked again and again; when it says yes the process is killed with SIGKILL, as by a power cut. */
  readonly killWhen?: () => boolean;
}

/** Everything of one demo; the scenes act on it, one after the other, and each finds what those before it left. */
export interface Stage {
  readonly dir: string;
  readonly storeDir: string;
  readonly restoredDir: string;
  readonly configFile: string;
  readonly tell: Narrator;
  readonly cipher: Cipher;
  /** The web server that makes backups. */
  readonly site: BackupServer;
  readonly s3: S3Server;
  /** Between the mirror and the vault. */
  readonly line: BadLine;
  readonly admin: VaultAdministrator;
  /** What the mirror's own key could do, if somebody took it. */
  readonly mirrorKey: VaultAdministrator;
  readonly clock: StoryClock;
  /** When the story is told (milliseconds since 1970 UTC): backups before it are made with the clocks set back. */
  readonly nowMs: number;
  /** What lies in the vault by the good will of its owner, by key. */
  readonly uploaded: Map<string, Uploaded>;
  readonly signal: AbortSignal;
  /** Runs the real program with the demo's configuration, shows command and output, and insists on its exit status. */
  pullmirror(args: readonly string[], options?: ShowOptions): Promise<ProgramRun>;
}

/** One part of the story: it says what it does, does it, and claims only what it has looked at. */
export interface Scene {
  readonly title: string;
  play(stage: Stage): Promise<void>;
}
