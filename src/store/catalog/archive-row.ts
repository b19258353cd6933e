import { ARCHIVE_STATES, type ArchiveState, type ListedObject, PROOFS, type Proof } from '../../core/archive.ts';
import { damagedRow, requireOneOf, requireTimes } from './require-sane.ts';

/** One archive as the catalog knows it. Times are milliseconds since 1970 UTC, null until they happen. */
export interface ArchiveRow extends ListedObject {
  readonly id: number;
  readonly vault: string;
  /** Name of the configured series whose `match` fits the key, or null. */
  readonly series: string | null;
  readonly state: ArchiveState;
  /** Why it is held, unavailable or damaged, or was removed, for a person. */
  readonly reason: string | null;
  /** When the owner accepted it after it was held. */
  readonly acceptedAtMs: number | null;
  /** Below `<store>/<vault>/`, POSIX; null until it is published. */
  readonly path: string | null;
  readonly sha256: string | null;
  readonly proof: Proof | null;
  readonly firstSeenAtMs: number;
  readonly storedAtMs: number | null;
  /** Last time its bytes were hashed and found right. */
  readonly verifiedAtMs: number | null;
  /** Last time its bytes were found wrong or missing; null again when they are right. */
  readonly damagedAtMs: number | null;
  /** When it was first found missing from the vault (an orphan, if stored). */
  readonly goneAtMs: number | null;
  readonly goneAcknowledgedAtMs: number | null;
  /** Set when its key was known with other content. */
  readonly conflictAtMs: number | null;
  readonly conflictAcknowledgedAtMs: number | null;
  /** Why its content is doubted although the transfer was right (uploader's sha256 disagrees). */
  readonly suspect: string | null;
  /** Since when its removal is announced; null while the keep rules keep it. */
  readonly announcedAtMs: number | null;
}

/** The columns of `archives`, as SQLite returns them. */
export interface ArchiveColumns {
  id: number;
  vault: string;
  key: string;
  version_id: string | null;
  etag: string;
  size_bytes: number;
  last_modified: number;
  storage_class: string | null;
  series: string | null;
  state: ArchiveState;
  reason: string | null;
  accepted_at: number | null;
  path: string | null;
  sha256: string | null;
  proof: Proof | null;
  first_seen_at: number;
  stored_at: number | null;
  verified_at: number | null;
  damaged_at: number | null;
  gone_at: number | null;
  gone_acknowledged_at: number | null;
  conflict_at: number | null;
  conflict_acknowledged_at: number | null;
  suspect: string | null;
  announced_at: number | null;
}

/** Throws CATALOG_CORRUPT for a row that this program never wrote. */
export function fromColumns(c: ArchiveColumns): ArchiveRow {
  requireSane(c);
  return {
    id: c.id,
    vault: c.vault,
    key: c.key,
    versionId: c.version_id,
    etag: c.etag,
    sizeBytes: c.size_bytes,
    lastModifiedMs: c.last_modified,
    storageClass: c.storage_class,
    series: c.series,
    state: c.state,
    reason: c.reason,
    acceptedAtMs: c.accepted_at,
    path: c.path,
    sha256: c.sha256,
    proof: c.proof,
    firstSeenAtMs: c.first_seen_at,
    storedAtMs: c.stored_at,
    verifiedAtMs: c.verified_at,
    damagedAtMs: c.damaged_at,
    goneAtMs: c.gone_at,
    goneAcknowledgedAtMs: c.gone_acknowledged_at,
    conflictAtMs: c.conflict_at,
    conflictAcknowledgedAtMs: c.conflict_acknowledged_at,
    suspect: c.suspect,
    announcedAtMs: c.announced_at,
  };
}

const SHA256 = /^[0-9a-f]{64}$/;
/** A part that is empty, `.` or `..`, or a NUL anywhere. */
const NO_PATH = /(?:^|\/)\.{0,2}(?:\/|$)|\0/;
const VAULT_NAME = /^[^./\0][^/\0]*$/;

function requireSane(c: ArchiveColumns): void {
  const where = (): string => `archive ${c.id}`;
  requireTimes(
    where,
    c.last_modified,
    c.accepted_at,
    c.first_seen_at,
    c.stored_at,
    c.verified_at,
    c.damaged_at,
    c.gone_at,
    c.gone_acknowledged_at,
    c.conflict_at,
    c.conflict_acknowledged_at,
    c.announced_at,
  );
  requireOneOf(where, ARCHIVE_STATES, c.state);
  if (c.proof !== null) requireOneOf(where, PROOFS, c.proof);
  if (!VAULT_NAME.test(c.vault)) throw damagedRow(where(), `${JSON.stringify(c.vault)} is no name of a vault`);
  if (c.path !== null && NO_PATH.test(c.path)) throw damagedRow(where(), `${JSON.stringify(c.path)} is no path`);
  if (c.sha256 !== null && !SHA256.test(c.sha256))
    throw damagedRow(where(), `${JSON.stringify(c.sha256)} is no SHA-256`);
}
