import type { KeyPath } from '../../core/config/mistake.ts';

export const WARNING_CODES = [
  'unknown-region',
  'bucket-with-dot',
  'may-list',
  'may-delete',
  'owner-acl',
  'any-number-of-names',
  'one-a-day',
  'slow-promotion',
  'compliance',
  'lock-before-mirror',
  'inbox-expires-soon',
  'expire-near-absence',
  'archive-near-absence',
  'archive-must-be-restored',
  'archive-minimum-days',
  'archive-small-objects',
  'never-expires',
  'no-mirrors',
  'no-notify-email',
] as const;
export type WarningCode = (typeof WARNING_CODES)[number];

/** A choice that the owner should know the price of. */
export interface Warning {
  readonly code: WarningCode;
  /** The setting it is about. */
  readonly path: KeyPath;
  readonly message: string;
}
