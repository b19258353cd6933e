import type { ErrorCode } from './errors.ts';

/**
 * What keeps no archive from being removed: a full disk is a reason to remove, and what cannot be mirrored concerns nothing that is here; whoever
 * may upload could otherwise end all pruning with one bad key.
 */
export const HARMLESS: ReadonlySet<string> = new Set<ErrorCode>([
  'STORE_FULL',
  'VAULT_KEY_CROWDED',
  'VAULT_KEY_UNREADABLE',
  'VAULT_TIME_UNREADABLE',
  'OBJECT_GONE',
  'OBJECT_CHANGED',
  'OBJECT_ARCHIVED',
]);
