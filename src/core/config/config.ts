import type { MatchPattern } from '../series-match.ts';
import type { SizeLimit } from '../size.ts';
import type { DailyWindow, TimetableEntry } from './daily-window.ts';

/** The owner's configuration, checked and with parsed values. Made by `parseConfig` only; see config/pullmirror.example.yaml. */
export interface Config {
  /** Where it was read from, for messages. */
  readonly file: string;
  /** IANA name; days, weeks and times without offset are meant in it. */
  readonly timezone: string;
  readonly store: StoreConfig;
  /** Absolute path of the state directory on the machine's own card. */
  readonly stateDir: string;
  readonly vaults: readonly VaultConfig[];
  /** Cron expression of the passes, as node-cron takes it. */
  readonly schedule: string;
  readonly downloads: DownloadsConfig;
  /** In the order of the file: the first match wins. */
  readonly series: readonly SeriesConfig[];
  readonly retention: RetentionConfig;
  readonly status: StatusConfig;
  readonly alerts: AlertsConfig;
}

export interface StoreConfig {
  /** Absolute, without a slash at the end. */
  readonly path: string;
  /** Room on the disk that is never eaten. */
  readonly minFree: SizeLimit;
  readonly whenFull: 'pause' | 'thin';
  /** Of each series `thin` leaves so many of the newest verified archives alone. */
  readonly floor: number;
}

export interface VaultConfig {
  /** Folder name in the store. */
  readonly name: string;
  readonly bucket: string;
  readonly region: string;
  /** Only keys that begin with this are mirrored; '' for all. */
  readonly prefix: string;
  /** Without a slash at the end; null for AWS itself. */
  readonly endpoint: string | null;
  readonly forcePathStyle: boolean;
  readonly credentials: CredentialsConfig;
  /** After this age the vault's own lifecycle removes an archive; null when it never does. */
  readonly expiresAfterMs: number | null;
}

/** Where the key comes from: the SDK's own chain, a profile of its usual files, or one file in the AWS shared-credentials format. */
export type CredentialsConfig =
  | { readonly kind: 'chain' }
  | { readonly kind: 'profile'; readonly profile: string }
  | { readonly kind: 'file'; readonly file: string; readonly profile: string };

export interface DownloadsConfig {
  /** Archives at a time. */
  readonly concurrency: number;
  /** Ranges of one large archive at a time. */
  readonly ranges: number;
  /** Bytes a second for all downloads together; null is unlimited. `limitAt` applies the timetable. */
  readonly limitBytesPerSecond: number | null;
  /** Daily windows in the owner's timezone with limits of their own; they do not overlap. */
  readonly timetable: readonly TimetableEntry[];
  /** A connection that is silent for so long is given up. */
  readonly idleTimeoutMs: number;
}

export interface SeriesConfig {
  readonly name: string;
  readonly vault: string;
  readonly match: MatchPattern;
  /** A new archive is due this often; null when nobody says. */
  readonly expectEveryMs: number | null;
  /** null: nothing of this series is ever pruned. */
  readonly keep: KeepConfig | null;
  /** The same key again and again in a versioned vault: a new version is a backup, not a conflict. */
  readonly versions: boolean;
  /** A size this many times above or below what is usual for the series is not taken for granted. */
  readonly sizeFactor: number;
}

/** Rules as restic's `forget` has them; 0 switches a rule off; at least one is on. */
export interface KeepConfig {
  readonly last: number;
  readonly hourly: number;
  readonly daily: number;
  readonly weekly: number;
  readonly monthly: number;
  readonly yearly: number;
  /** Everything within this time before the newest archive; null when not set. */
  readonly withinMs: number | null;
}

export interface RetentionConfig {
  /** How long a removal stays announced before it happens. */
  readonly announceMs: number;
  readonly scrubEveryMs: number;
  readonly scrubWindow: DailyWindow;
}

export interface StatusConfig {
  readonly listen: ListenAddress;
  /** Host names that the page answers to, lower case, besides the listen address itself. */
  readonly hosts: readonly string[];
  readonly passwordFile: string | null;
  readonly tokenFile: string | null;
  /** 'off' shows status only, and only on a loopback address. */
  readonly login: 'on' | 'off';
}

export interface ListenAddress {
  /** As written, for display. */
  readonly text: string;
  /** Without brackets. */
  readonly host: string;
  readonly port: number;
  readonly loopback: boolean;
}

/** Each channel is null when it is not set. */
export interface AlertsConfig {
  readonly ntfy: UrlChannel | null;
  readonly webhook: UrlChannel | null;
  readonly healthchecks: { readonly url: string } | null;
  readonly email: EmailChannel | null;
}

export interface UrlChannel {
  readonly url: string;
  /** File that holds a bearer token, or null. */
  readonly tokenFile: string | null;
}

export interface EmailChannel {
  /** smtp://host:port (STARTTLS where offered) or smtps://host:port. */
  readonly smtp: string;
  readonly from: string;
  readonly to: readonly string[];
  readonly user: string | null;
  readonly passwordFile: string | null;
}
