/** Names in the store (README, "The store"). People and restore.sh rely on the visible ones. */

/** Holds everything that is ours and no archive. */
export const PRIVATE_FOLDER = '.pullmirror';
/** In the private folder: */
export const MARKER_NAME = 'store.json';
export const MARKER_TEMPORARY_NAME = 'store.json.new';
export const CATALOG_NAME = 'catalog.db';
/** The next catalog, while it is made. */
export const CATALOG_TEMPORARY_NAME = 'catalog.db.new';
/** The next catalog, whole and durable, before it gets its name. */
export const CATALOG_READY_NAME = 'catalog.db.ready';
/** Folders whose names begin so hold a catalog that was put aside, and the checksum lists as they were then. */
export const CATALOG_ASIDE = 'catalog.damaged';
/** Folders whose names begin so hold what stood in the way of our own files when a folder became a store. */
export const FOUND_ASIDE = 'found';
export const LOCK_NAME = 'lock.db';
/** README.txt or restore.sh, before it gets its name. */
export const TEXT_TEMPORARY_NAME = 'text.new';
/** Written by `doctor`, to see whether the disk takes it. */
export const PROBE_NAME = 'doctor-probe';
export const PARTIAL_FOLDER = 'partial';
export const QUARANTINE_FOLDER = 'quarantine';
/** Those that every store has. */
export const WORKING_FOLDERS: readonly string[] = [PARTIAL_FOLDER, QUARANTINE_FOLDER];

/** At the top, for the person who holds only the disk: */
export const README_NAME = 'README.txt';
export const RESTORE_NAME = 'restore.sh';
export const INDEX_NAME = 'index.html';
export const INDEX_TEMPORARY_NAME = '.index.html.new';
/** Those that every store has. */
export const VISIBLE_FILES: readonly string[] = [README_NAME, RESTORE_NAME, INDEX_NAME];

/** Made by mkfs.ext4 in every new filesystem. */
export const LOST_AND_FOUND = 'lost+found';

/** Names at the top of the store that a vault's folder can never have. */
export const RESERVED_TOP_NAMES: ReadonlySet<string> = new Set([
  PRIVATE_FOLDER,
  ...VISIBLE_FILES,
  INDEX_TEMPORARY_NAME,
  LOST_AND_FOUND,
]);

/** Names in the private folder, those of SQLite's own files left out. */
export const PRIVATE_NAMES: ReadonlySet<string> = new Set([
  MARKER_NAME,
  MARKER_TEMPORARY_NAME,
  CATALOG_NAME,
  CATALOG_TEMPORARY_NAME,
  CATALOG_READY_NAME,
  LOCK_NAME,
  TEXT_TEMPORARY_NAME,
  PROBE_NAME,
  ...WORKING_FOLDERS,
]);
