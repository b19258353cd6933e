import { ARCHIVE_STATES, PROOFS } from '../../core/archive.ts';
import type { CatalogDatabase } from './catalog-database.ts';
import { isOfEarlierRelease } from './open-catalog.ts';
import { MAX_TIME_MS } from './require-sane.ts';

/**
 * The first fault of a catalog, in words, or null: what SQLite itself finds, then rows that `fromColumns` and the like refuse to read although SQLite
 * sees nothing wrong with them. A damaged row of the history is none, for nothing depends on it, but that
 * SQLite checks whether its detail is JSON. Throws SQLite's errors.
 *
 * @param thoroughly the indexes against their tables too, which takes several times as long
 */
export function findFlaw(db: CatalogDatabase, thoroughly: boolean): string | null {
  const pragma = thoroughly ? 'integrity_check(1)' : 'quick_check(1)';
  const first = String(db.pragma(pragma, { simple: true }));
  // It begins with a line that names the database.
  if (first !== 'ok') return first.split('\n').at(-1) ?? first;
  if (isOfEarlierRelease(db)) return null;
  for (const [what, sql] of INSANE) {
    const row = db.prepare<[], { name: string | number }>(`${sql} LIMIT 1`).get();
    if (row !== undefined) return `${what} ${row.name} holds what was never written there`;
  }
  return null;
}

const oneOf = (values: readonly string[]): string => `(${values.map((value) => `'${value}'`).join(', ')})`;
const noTimes = (...columns: readonly string[]): string =>
  columns.map((column) => `abs(${column}) > ${MAX_TIME_MS}`).join(' OR ');

const ARCHIVE_TIMES = [
  'last_modified',
  'accepted_at',
  'first_seen_at',
  'stored_at',
  'verified_at',
  'damaged_at',
  'gone_at',
  'gone_acknowledged_at',
  'conflict_at',
  'conflict_acknowledged_at',
  'announced_at',
] as const;

/** A GLOB of its characters takes seven times as long as this. */
const NO_SHA256 = '(sha256 IS NOT NULL AND (length(sha256) <> 64 OR unhex(sha256) IS NULL OR sha256 <> lower(sha256)))';
const NO_VAULT = "vault GLOB '.*' OR vault = '' OR instr(vault, '/') OR instr(vault, char(0))";
const NO_PATH = `'/' || path || '/' GLOB '*//*' OR '/' || path || '/' GLOB '*/./*' OR '/' || path || '/' GLOB '*/../*' OR instr(path, char(0))`;

type Looked = readonly (readonly [what: string, sql: string])[];

const INSANE: Looked = [
  [
    'archive',
    `SELECT id AS name FROM archives WHERE ${noTimes(...ARCHIVE_TIMES)} OR state NOT IN ${oneOf(ARCHIVE_STATES)} OR proof NOT IN ${oneOf(PROOFS)}
       OR ${NO_SHA256} OR ${NO_VAULT} OR ${NO_PATH}`,
  ],
  ['the pin of archive', `SELECT archive_id AS name FROM pins WHERE ${noTimes('pinned_at', 'expires_at')}`],
  ['freeze', `SELECT id AS name FROM freezes WHERE ${noTimes('began_at', 'extended_at', 'ended_at')}`],
  ['the fact', "SELECT name FROM facts WHERE value GLOB '[{[]*' AND NOT json_valid(value)"],
];
