/**
 * The catalog's schema, one numbered step per release that changed it; `PRAGMA user_version` counts the steps taken. A step that has
 * shipped is never edited. Times are milliseconds since 1970 UTC. The triggers are the last line of the promise that nothing but the
 * owner's keep rules removes a verified archive: they hold even against a defect in our own code.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

  CREATE TABLE archives (
    id            INTEGER PRIMARY KEY,
    vault         TEXT NOT NULL,
    key           TEXT NOT NULL,
    version_id    TEXT,
    etag          TEXT NOT NULL,
    size_bytes    INTEGER NOT NULL CHECK (size_bytes >= 0),
    last_modified INTEGER NOT NULL,
    storage_class TEXT,
    series        TEXT,
    state         TEXT NOT NULL CHECK (state IN ('wanted', 'held', 'unavailable', 'stored', 'removing', 'pruned')),
    reason        TEXT,
    accepted_at   INTEGER,
    path          TEXT,
    sha256        TEXT,
    proof         TEXT,
    first_seen_at INTEGER NOT NULL,
    stored_at     INTEGER,
    verified_at   INTEGER,
    damaged_at    INTEGER,
    gone_at       INTEGER,
    gone_acknowledged_at INTEGER,
    conflict_at   INTEGER,
    conflict_acknowledged_at INTEGER,
    suspect       TEXT,
    CHECK (state <> 'stored' OR (path IS NOT NULL AND sha256 IS NOT NULL AND proof IS NOT NULL AND stored_at IS NOT NULL))
  ) STRICT;
  -- The identity: key + versionId, else key + ETag + size. Its first two columns also serve the walk along a listing.
  CREATE UNIQUE INDEX archives_identity ON archives (vault, key, ifnull(version_id, ''),
    CASE WHEN version_id IS NULL THEN etag || ':' || size_bytes ELSE '' END);
  CREATE UNIQUE INDEX archives_by_path ON archives (vault, path) WHERE path IS NOT NULL;
  CREATE INDEX archives_by_series ON archives (vault, series, last_modified DESC, id DESC);
  CREATE INDEX archives_queue ON archives (vault, series, last_modified DESC, id DESC) WHERE state = 'wanted';
  CREATE INDEX archives_newest ON archives (last_modified DESC, id DESC) WHERE state = 'stored';
  CREATE INDEX archives_attention ON archives (id) WHERE state IN ('held', 'unavailable', 'removing') OR damaged_at IS NOT NULL
    OR gone_at IS NOT NULL OR conflict_at IS NOT NULL OR suspect IS NOT NULL;

  CREATE TRIGGER archives_keep_stored BEFORE DELETE ON archives WHEN OLD.state IN ('stored', 'removing')
  BEGIN SELECT RAISE(ABORT, 'a stored archive leaves the catalog only as a pruned row'); END;

  CREATE TRIGGER archives_keep_proof BEFORE UPDATE OF vault, key, path, sha256, size_bytes ON archives
  WHEN OLD.state IN ('stored', 'removing')
    AND (NEW.vault IS NOT OLD.vault OR NEW.key IS NOT OLD.key OR NEW.path IS NOT OLD.path OR NEW.sha256 IS NOT OLD.sha256
      OR NEW.size_bytes IS NOT OLD.size_bytes)
  BEGIN SELECT RAISE(ABORT, 'what was verified does not change'); END;

  CREATE TRIGGER archives_keep_state BEFORE UPDATE OF state ON archives
  WHEN OLD.state = 'stored' AND NEW.state NOT IN ('stored', 'removing')
  BEGIN SELECT RAISE(ABORT, 'a stored archive is removed through the state removing'); END;

  CREATE TABLE history (
    id         INTEGER PRIMARY KEY,
    at         INTEGER NOT NULL,
    actor      TEXT NOT NULL,
    event      TEXT NOT NULL,
    vault      TEXT,
    key        TEXT,
    archive_id INTEGER,
    detail     TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(detail))
  ) STRICT;
  CREATE INDEX history_by_archive ON history (archive_id) WHERE archive_id IS NOT NULL;
  CREATE TRIGGER history_no_update BEFORE UPDATE ON history BEGIN SELECT RAISE(ABORT, 'history is append-only'); END;
  CREATE TRIGGER history_no_delete BEFORE DELETE ON history BEGIN SELECT RAISE(ABORT, 'history is append-only'); END;
  `,
];
