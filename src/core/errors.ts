/** What a process tells its caller by its exit status (sysexits.h gives 75 EX_TEMPFAIL and 78 EX_CONFIG their numbers). */
export const EXIT = { done: 0, failed: 1, usage: 2, needsOwner: 3, temporary: 75, configuration: 78 } as const;

export type ExitStatus = (typeof EXIT)[keyof typeof EXIT];

export interface ErrorKind {
  /** May the same call succeed later without anybody doing anything? */
  readonly retry: boolean;
  readonly exit: ExitStatus;
  /** The next step, for a person; an AppError may carry a more exact one. */
  readonly hint: string;
}

const config = (hint: string): ErrorKind => ({ retry: false, exit: EXIT.configuration, hint });
const temporary = (hint: string): ErrorKind => ({ retry: true, exit: EXIT.temporary, hint });
const failed = (hint: string): ErrorKind => ({ retry: false, exit: EXIT.failed, hint });
const transient = (hint: string): ErrorKind => ({ retry: true, exit: EXIT.failed, hint });

/** Every error an operator can meet, declared once. The README's table is compared with this one by a test. */
export const ERROR_KINDS = {
  USAGE: { retry: false, exit: EXIT.usage, hint: 'See `pullmirror --help`.' },
  INTERNAL: failed('This is a defect of pullmirror. Run again with --verbose and report what it prints.'),
  NODE_TOO_OLD: config('Install Node 22.14 or later; Node 24 is recommended.'),
  DEMO_NOT_HERE: failed('In a clone of the source repository: `npm ci && npm run demo`.'),
  CLOUD_NOT_HERE: failed(
    'On your own computer, in a clone of the source repository: `npm ci`, then `npx pullmirror cloud …`.',
  ),
  INTERRUPTED: { retry: false, exit: EXIT.temporary, hint: 'Run the command again; it goes on where it stopped.' },

  CONFIG_NOT_FOUND: config('Name the file with --config FILE, or copy config/pullmirror.example.yaml.'),
  CONFIG_INVALID: config('Correct the lines named above; `pullmirror config check` shows all mistakes at once.'),
  POLICY_TOO_LARGE: config('Shorten `names` and prefixes, or limit fewer servers by file name.'),
  TEMPLATE_TOO_LARGE: config(
    'Shorten names, prefixes, `names` and rules of the servers, or describe some of them in a second file, with a `name` and buckets of their own.',
  ),
  PROMOTER_NOT_BUILT: failed(
    'In a clone of the source repository: `npm ci`. An installed mirror is without the upload side.',
  ),

  STORE_NOT_INITIALISED: config('Mount the disk, then run `pullmirror init DIR` once.'),
  STORE_UNSUITABLE: config('Use a disk with ext4, xfs or btrfs, mounted at a directory of its own.'),
  STORE_NOT_EMPTY: config('Choose an empty directory, or take over what is in this one: `pullmirror adopt DIR`.'),
  STORE_SYMLINK: config('Write the real path of the store into `store.path`.'),
  STORE_FORMAT: config('Install the release of pullmirror that wrote this store, or a later one.'),
  STORE_MISSING: temporary('Plug in and mount the disk; nothing is written until it is back.'),
  STORE_WRONG: temporary('Mount the disk that belongs here; nothing is written to this one.'),
  STORE_READ_ONLY: temporary('Find out why the disk is read-only (`dmesg`), mend it, mount it writable again.'),
  STORE_FORBIDDEN: temporary(
    'Give the user that runs pullmirror write access to the store (`chown -R`), or run as the user that owns it.',
  ),
  STORE_FULL: temporary(
    'Make room: fewer archives by your keep rules and `pullmirror prune`, `store.whenFull: thin`, a larger disk, or a smaller `store.minFree`.',
  ),
  STORE_IO: temporary('Look at `dmesg`: the disk, its cable or its power supply may be failing.'),
  STORE_LOCKED: temporary('Wait for the other pullmirror to end; pins and reads work meanwhile.'),
  CATALOG_CORRUPT: config(
    'The archives are untouched, and restore.sh on the disk works. `pullmirror rebuild` makes the catalog good again.',
  ),
  CATALOG_UNFINISHED: temporary(
    'The next `pullmirror sync` goes on with it as soon as it can, `pullmirror rebuild` at once. If it waits for a vault that is gone for good, take that vault out of the configuration.',
  ),
  CATALOG_NEWER: config('Install the release of pullmirror that wrote this catalog, or a later one.'),
  STATE_UNUSABLE: config('Make the `state:` directory writable for the user that runs pullmirror.'),

  CLOCK_IN_DOUBT: temporary(
    'Let systemd set the clock (`timedatectl set-ntp true`) and the vaults be reached. If an earlier run trusted a time that was wrong: `pullmirror prune --reset-clock`.',
  ),

  VAULT_NO_CREDENTIALS: config('Set `credentials: { profile: … }` or `{ file: … }` for this vault.'),
  VAULT_WRONG_KEY: config('Check the access key and its secret; a deleted key looks like this too.'),
  VAULT_DENIED: config('Give the mirror key s3:ListBucket on the bucket and s3:GetObject on its objects.'),
  VAULT_NO_BUCKET: config('Check `bucket`, `region` and `endpoint` of this vault.'),
  VAULT_WRONG_REGION: config('Set `region` of this vault to the bucket’s own region.'),
  VAULT_CLOCK_SKEW: temporary(
    'Set the clock of this machine (`timedatectl`); S3 refuses requests more than 15 minutes off.',
  ),
  VAULT_TLS: temporary('Check the certificate of the endpoint and the clock of this machine.'),
  VAULT_UNREACHABLE: temporary('Check the network, the name server and `endpoint`; pullmirror tries again by itself.'),
  VAULT_BUSY: temporary('The vault asks for fewer requests; pullmirror slows down and tries again by itself.'),
  VAULT_SERVER_ERROR: temporary('The vault failed on its side; pullmirror tries again by itself.'),
  VAULT_UNSUPPORTED: config(
    'This S3 server lacks something that pullmirror needs; see the README for servers known to work.',
  ),
  VAULT_BAD_ANSWER: transient('The answer was not valid S3; a proxy between here and the vault may be at fault.'),
  VAULT_LISTING_EMPTY: {
    retry: false,
    exit: EXIT.needsOwner,
    hint: 'A known vault listed nothing at all. Look into the bucket; nothing was deleted here. If it was emptied for good: `pullmirror sync --emptied VAULT`, or take it out of the configuration.',
  },
  VAULT_LISTING_SHRUNK: {
    retry: false,
    exit: EXIT.needsOwner,
    hint: 'Archives left the vault unexpectedly. Look into the bucket; all copies here are kept.',
  },
  VAULT_KEY_CROWDED: {
    retry: false,
    exit: EXIT.needsOwner,
    hint: 'Find out who writes this key over and over, and remove what is not needed of it in the vault. All other keys are mirrored.',
  },
  VAULT_KEY_UNREADABLE: {
    retry: false,
    exit: EXIT.needsOwner,
    hint: 'Copy the object to a readable name in the vault if you need it here. All other keys are mirrored.',
  },
  VAULT_TIME_UNREADABLE: {
    retry: false,
    exit: EXIT.needsOwner,
    hint: 'Copy the object to a new name in the vault if you need it here, and remove this one. All other objects are mirrored.',
  },

  OBJECT_GONE: failed('The object left the vault between the listing and its download.'),
  OBJECT_CHANGED: transient('The object was replaced in the vault during its download; the next pass lists it anew.'),
  OBJECT_ARCHIVED: failed(
    'The object lies in an archive storage class; restore it in the vault if you want it mirrored.',
  ),
  OBJECT_DENIED: failed(
    'Give the mirror key s3:GetObject and s3:GetObjectVersion on this object (and kms:Decrypt if encrypted).',
  ),
  TRANSFER_CUT: temporary('The connection broke; pullmirror resumes by itself.'),
  TRANSFER_STALLED: temporary('The connection stood still; pullmirror resumes by itself.'),
  VERIFICATION_FAILED: {
    retry: false,
    exit: EXIT.needsOwner,
    hint: '`pullmirror resolve --quarantine` says what was promised and what came, twice. Look at the object in the vault, and at the memory and disk of this machine; then `pullmirror resolve NAME --accept` has it fetched again.',
  },
  REPAIR_DIFFERS: {
    retry: false,
    exit: EXIT.needsOwner,
    hint: 'Find out who changed the vault: what was verified here is not there any more. Nothing was replaced; what came lies in quarantine. Restore another archive.',
  },

  SERIES_NOT_FROZEN: failed('`pullmirror release` without a name lists what is frozen, and why.'),
  ARCHIVE_NOT_FOUND: failed('`pullmirror list` shows what is here.'),
  ARCHIVE_PINNED: failed('`pullmirror unpin` takes the pin off; `pullmirror pin --list` says why it is there.'),
  ARCHIVE_DAMAGED: {
    retry: false,
    exit: EXIT.needsOwner,
    hint: 'The file on the disk is not what was verified. Restore another archive; `pullmirror verify --repair` gets this one from the vault again.',
  },
  DESTINATION_EXISTS: failed('Choose another destination, or say --force to replace it.'),
  DESTINATION_UNUSABLE: failed('Choose a directory that exists and that you may write to.'),
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof ERROR_KINDS;

export interface AppErrorOptions {
  readonly cause?: unknown;
  /** Replaces the kind's own next step where a more exact one is known. */
  readonly hint?: string;
  /** Server-requested pause before a retry, in milliseconds (Retry-After). */
  readonly retryAfterMs?: number;
}

/**
 * The one error of this program. `message` says what and where (path, key, endpoint), `cause` why, `hint` the next step.
 * Foreign errors (S3, SQLite, fs) are translated into it where they enter.
 */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly hint: string;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.hint = options.hint ?? ERROR_KINDS[code].hint;
    this.retryAfterMs = options.retryAfterMs;
  }

  get kind(): ErrorKind {
    return ERROR_KINDS[this.code];
  }
}

/** True for an AppError with one of the codes: the only way other code asks what went wrong. */
export function isAppError(error: unknown, ...codes: ErrorCode[]): error is AppError {
  return error instanceof AppError && (codes.length === 0 || codes.includes(error.code));
}

/** The `code` of a Node system error ('ENOENT', …), or undefined for anything else. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
