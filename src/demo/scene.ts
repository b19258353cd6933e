import type { UploadSide } from '../cloud/description/upload-side.ts';
import type { BackupServer, Uploaded } from './backup-server.ts';
import type { BadLine } from './bad-line.ts';
import type { Cipher } from './cipher.ts';
import type { CloudKeys } from './cloud.ts';
import type { CloudAccount } from './cloud-account.ts';
import type { Inbox } from './inbox.ts';
import type { Narrator } from './narrator.ts';
import type { PromoterFunction } from './promoter-function.ts';
import type { ProgramRun } from './run-program.ts';
import type { S3Key } from './s3-key.ts';
import type { S3Server } from './s3-server/start-s3-server.ts';
import type { StoryClock } from './story-clock.ts';
import type { VaultAdministrator } from './vault-administrator.ts';

export interface ShowOptions {
  /** The exit status that it must have: 0 unless said, null for a process that is killed. */
  readonly exit?: number | null;
  /** Asked again and again; when it says yes the process is killed with SIGKILL, as by a power cut. */
  readonly killWhen?: () => boolean;
}

/** A web server with the key that it uploads with. */
export interface Uploader {
  readonly site: BackupServer;
  readonly key: S3Key;
}

/** Everything of one demo; the scenes act on it, one after the other, and each finds what those before it left. */
export interface Stage {
  /** The program of which the demo is a part. */
  readonly cliFile: string;
  readonly dir: string;
  readonly storeDir: string;
  readonly restoredDir: string;
  /** upload-side.yaml, and what stands in it. */
  readonly sideFile: string;
  readonly side: UploadSide;
  readonly configFile: string;
  readonly tell: Narrator;
  readonly cipher: Cipher;
  readonly s3: S3Server;
  /** Users and policies, which the S3 server obeys. */
  readonly account: CloudAccount;
  /** The server of the story, and the victim of its attack. */
  readonly web1: Uploader;
  readonly web2: Uploader;
  readonly inbox: Inbox;
  /** Between inbox and vault. */
  readonly promoter: PromoterFunction;
  /** Between the mirror and the vault. */
  readonly line: BadLine;
  readonly admin: VaultAdministrator;
  readonly keys: CloudKeys;
  readonly clock: StoryClock;
  /**
   * When the story is told (milliseconds since 1970 UTC); earlier than now by minutes at most. Backups before it are made with the clocks set
   * back, and its hour does not end while it is told.
   */
  readonly nowMs: number;
  /** What lies in the vault by the good will of its owner, by key. */
  readonly uploaded: Map<string, Uploaded>;
  /** What an attacker got into the vault: SHA-256 by key. */
  readonly forged: Map<string, string>;
  readonly signal: AbortSignal;
  /** Runs the real program with the demo's configuration, shows command and output, and insists on its exit status. */
  pullmirror(args: readonly string[], options?: ShowOptions): Promise<ProgramRun>;
}

/** One part of the story: it says what it does, does it, and claims only what it has looked at. */
export interface Scene {
  readonly title: string;
  play(stage: Stage): Promise<void>;
}
