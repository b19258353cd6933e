import type { KeyMatch } from '../series-match.ts';

/** What all parts of one multi-part archive share: their key with `{part}` in the place of the part. null: the key has no part. */
export function setOf({ part, partAt }: KeyMatch, key: string): string | null {
  if (part === null || partAt === null) return null;
  return `${key.slice(0, partAt)}{part}${key.slice(partAt + part.length)}`;
}
