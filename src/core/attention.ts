import type { ArchiveState } from './archive.ts';
import type { VaultConfig } from './config/config.ts';
import { DAY_MS } from './duration.ts';
import { waitsForRoom } from './hold-decision.ts';

/** What the decisions below look at; a row of the catalog has all of it. Times are milliseconds since 1970 UTC. */
export interface AttentionRow {
  readonly id: number;
  readonly vault: string;
  readonly key: string;
  readonly series: string | null;
  readonly state: ArchiveState;
  readonly reason: string | null;
  readonly lastModifiedMs: number;
  readonly damagedAtMs: number | null;
  readonly goneAtMs: number | null;
  readonly goneAcknowledgedAtMs: number | null;
  readonly conflictAtMs: number | null;
  readonly conflictAcknowledgedAtMs: number | null;
  readonly suspect: string | null;
}

/** Why an archive needs the owner, the most urgent first. */
export const ATTENTION_CAUSES = ['damaged', 'conflict', 'suspect', 'orphan', 'unavailable', 'held'] as const;
export type AttentionCause = (typeof ATTENTION_CAUSES)[number];

export interface AttentionItem<Row extends AttentionRow = AttentionRow> {
  readonly cause: AttentionCause;
  readonly archive: Row;
  /** What is the matter with this archive, for a person. */
  readonly why: string;
}

/** All that needs the owner for one cause: counted, not collected, for whoever may upload chooses how many there are. */
export interface AttentionMatter {
  readonly cause: AttentionCause;
  readonly count: number;
  /** The newest of them, a few. */
  readonly newest: readonly AttentionItem[];
  /** What the next step is told by: of those that the vault still has and of those that it does not, at least one if there is any. */
  readonly examples: readonly Pick<AttentionRow, 'id' | 'goneAtMs'>[];
  /** Of which series they are, each once. */
  readonly series: readonly Pick<AttentionRow, 'vault' | 'series'>[];
}

/** The expiry rule of each vault's own lifecycle, in milliseconds after LastModified; a vault that has none is absent. */
export type VaultExpiries = ReadonlyMap<string, number>;

/** The expiry rules that a configuration names. */
export function vaultExpiries(vaults: readonly Pick<VaultConfig, 'name' | 'expiresAfterMs'>[]): VaultExpiries {
  return new Map(
    vaults.flatMap(({ name, expiresAfterMs }) => (expiresAfterMs === null ? [] : [[name, expiresAfterMs]])),
  );
}

/** S3 expires at the midnight UTC after the days are full, and our clock and S3's need not agree: no sooner than this is "too early". */
export const EXPIRY_MARGIN_MS = 2 * DAY_MS;

/** What needs the owner among these rows, the most urgent cause first, within a cause in the order of the rows. One row may appear twice. */
export function attentionItems<Row extends AttentionRow>(
  rows: Iterable<Row>,
  expiries: VaultExpiries,
): AttentionItem<Row>[] {
  const items: AttentionItem<Row>[] = [];
  for (const archive of rows) {
    for (const cause of ATTENTION_CAUSES) {
      const why = REASONS[cause](archive, expiries);
      if (why !== null) items.push({ cause, archive, why });
    }
  }
  return items.sort((a, b) => ATTENTION_CAUSES.indexOf(a.cause) - ATTENTION_CAUSES.indexOf(b.cause));
}

/**
 * True for an orphan that the vault's own expiry explains: it was not missed before its time. An archive deleted early but missed only
 * after its time (the mirror was off meanwhile) cannot be told apart and counts as expired.
 */
export function isExplainedByExpiry(row: AttentionRow, expiries: VaultExpiries): boolean {
  const expiresAfterMs = expiries.get(row.vault);
  if (row.goneAtMs === null || expiresAfterMs === undefined) return false;
  return row.goneAtMs >= row.lastModifiedMs + expiresAfterMs - EXPIRY_MARGIN_MS;
}

/** accept: let it be downloaded. acknowledge: take note. drop: do without it. */
export const VERBS = ['accept', 'acknowledge', 'drop'] as const;
export type Verb = (typeof VERBS)[number];

/** The options of `resolve` that end each cause, the usual one first. */
export const RESOLVABLE_CAUSES: Readonly<Record<AttentionCause, readonly [Verb, ...Verb[]]>> = {
  damaged: ['drop'],
  conflict: ['acknowledge'],
  suspect: ['acknowledge'],
  orphan: ['acknowledge'],
  unavailable: ['accept', 'drop'],
  held: ['accept', 'drop'],
};

/**
 * The next step for archives that need the owner for one cause. The first of them that the step is about is named by its number, which names it
 * exactly, whatever characters its key is made of.
 */
export function nextStep(cause: AttentionCause, archives: readonly Pick<AttentionRow, 'id' | 'goneAtMs'>[]): string {
  const step = NEXT_STEPS[cause];
  const gone = archives.find(({ goneAtMs }) => goneAtMs !== null);
  if (cause === 'damaged') {
    // What the vault still has is pulled again; giving it up would be wrong, and is refused.
    return gone === undefined ? step : `${step} ${withId(GIVE_UP, gone)}`;
  }
  if (cause !== 'unavailable') return withId(step, archives[0]);
  const present = archives.find(({ goneAtMs }) => goneAtMs === null);
  const steps = [
    ...(present === undefined ? [] : [withId(step, present)]),
    ...(gone === undefined ? [] : [withId(LET_GO, gone)]),
  ];
  return steps.length === 0 ? step : steps.join(' ');
}

function withId(step: string, archive: { readonly id: number } | undefined): string {
  return step.replaceAll('ID', String(archive?.id ?? 'ID'));
}

const GIVE_UP = 'What the vault no longer has, and nobody else: `pullmirror resolve --archive ID --drop` gives it up.';

const LET_GO =
  'What left the vault cannot be downloaded any more: take its pin off (`pullmirror unpin --archive ID`), then `pullmirror resolve --archive ID --drop`.';

const NEXT_STEPS: Record<AttentionCause, string> = {
  damaged:
    'Do not rely on this copy: restore another archive of the series; look at `dmesg` for disk errors. The next pass pulls it again if the vault has it.',
  conflict:
    'Somebody or something wrote this key twice. Find out who; both versions are kept. Then: `pullmirror resolve --archive ID --acknowledge`, or for all of them `pullmirror resolve --all conflict --acknowledge`.',
  suspect:
    'Compare with the server that made it before you rely on it. Then: `pullmirror resolve --archive ID --acknowledge`, or for all of them `pullmirror resolve --all suspect --acknowledge`.',
  orphan:
    'Find out who deleted it from the vault; the copy here is kept. Then: `pullmirror resolve --archive ID --acknowledge`, or for all of them `pullmirror resolve --all orphan --acknowledge`.',
  unavailable:
    'Remove the cause named above, then put it back into the queue: `pullmirror resolve --archive ID --accept`, or for all of them `pullmirror resolve --all unavailable --accept`. Or do without it: `--drop` instead.',
  held: 'If it is expected, let it be downloaded: `pullmirror resolve --archive ID --accept`, or for all of them `pullmirror resolve --all held --accept`. If it is not: `--drop` instead, and it never is.',
};

type Reason = (row: AttentionRow, expiries: VaultExpiries) => string | null;

const REASONS: Record<AttentionCause, Reason> = {
  damaged(row) {
    if (row.damagedAtMs === null || row.state === 'pruned') return null;
    const lost = row.goneAtMs === null ? '' : ', and the vault no longer has it';
    return `${row.reason ?? 'the file on the disk is missing or not what was verified'}${lost}`;
  },
  conflict(row) {
    if (row.conflictAtMs === null || row.conflictAcknowledgedAtMs !== null || row.state === 'pruned') return null;
    return 'its key was known with other content';
  },
  suspect(row) {
    return row.suspect === null || row.state === 'pruned' ? null : row.suspect;
  },
  orphan(row, expiries) {
    const isOrphan = row.state === 'stored' && row.goneAtMs !== null && row.goneAcknowledgedAtMs === null;
    return isOrphan && !isExplainedByExpiry(row, expiries) ? 'it left the vault, and no expiry explains that' : null;
  },
  unavailable(row) {
    return row.state === 'unavailable' ? (row.reason ?? 'it cannot be downloaded') : null;
  },
  held(row) {
    // Accepting it makes no room: it comes when there is some.
    if (row.state !== 'held' || waitsForRoom(row)) return null;
    return row.reason ?? 'it waits for your word';
  },
};
