/**
 * What became of one upload. info: as it should be. warn: left in the inbox, for the owner to look at. error: something is wrong with the
 * vault or the promoter itself; the invocation fails, so that it is tried again and an alarm is raised.
 */
export const DECISION_LEVELS = {
  /** Copied to its name in the vault, compared, removed from the inbox. */
  promoted: 'info',
  /** Was in the vault already, by an earlier promotion that did not get as far as removing it from the inbox: compared and removed now. */
  finished: 'info',
  /** This version is not in the inbox any more: a second message about the same upload. */
  'already-moved': 'info',
  /** Found by the sweep while its own event may still come: looked at again by a later sweep. */
  waits: 'info',

  /** Another upload has the name. Never overwritten. */
  'name-taken': 'warn',
  /** No server's prefix, no rule for this name, or a name that would read as another period's. */
  'unknown-name': 'warn',
  /** The event is about another bucket than the inbox. */
  'other-bucket': 'warn',
  /** The inbox gave it no version id of its own: nothing would pin what is copied and what is deleted. */
  'not-versioned': 'warn',
  empty: 'warn',
  'too-small': 'warn',
  'too-large': 'warn',
  /** In a storage class that cannot be read without paying for its restoration. */
  'archived-class': 'warn',
  /** Found by the sweep, without its event, after the period that it was begun in: when an upload in parts was finished only its event tells. */
  'time-unknown': 'warn',

  /** The vault's copy is not what the inbox holds: nothing is deleted. */
  mismatch: 'error',
} as const satisfies Record<string, DecisionLevel>;

export type DecisionLevel = 'info' | 'warn' | 'error';
export type DecisionKind = keyof typeof DECISION_LEVELS;

/** How the copy was compared with its source before the source was deleted, strongest first; its size always is. */
export type CopyProof = 'checksum' | 'etag' | 'size';

export interface Decision {
  readonly kind: DecisionKind;
  /** Key in the inbox; untrusted. */
  readonly key: string;
  readonly versionId: string | null;
  /** The vault's name for it; null when it has none. */
  readonly vaultKey: string | null;
  /** null when it was decided without asking. */
  readonly sizeBytes: number | null;
  /** The time that names it: the event's, or in a sweep LastModified. */
  readonly uploadedAtMs: number;
  /** Only when it was copied or compared. */
  readonly proof?: CopyProof;
  /** More for a person, in words. */
  readonly why?: string;
}
