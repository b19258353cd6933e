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
  `
  -- A CHECK cannot be altered, so the table is made anew. Dropping it fires no trigger and takes its indexes and triggers along.
  -- AUTOINCREMENT: the number of an archive that was forgotten is never given to another one; people write it behind --archive.
  CREATE TABLE archives_2 (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    vault         TEXT NOT NULL,
    key           TEXT NOT NULL,
    version_id    TEXT,
    etag          TEXT NOT NULL,
    size_bytes    INTEGER NOT NULL CHECK (size_bytes >= 0),
    last_modified INTEGER NOT NULL,
    storage_class TEXT,
    series        TEXT,
    state         TEXT NOT NULL CHECK (state IN ('wanted', 'unwanted', 'held', 'unavailable', 'stored', 'removing', 'pruned')),
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
    announced_at  INTEGER,
    -- For which of its doubts its series was frozen, or released, already: a sum of 1 conflict, 2 suspect, 4 gone from the vault.
    noted         INTEGER NOT NULL DEFAULT 0,
    -- When the vault last refused to give it; what is unavailable for that is asked for again.
    refused_at    INTEGER,
    CHECK (state <> 'stored' OR (path IS NOT NULL AND sha256 IS NOT NULL AND proof IS NOT NULL AND stored_at IS NOT NULL))
  ) STRICT;
  INSERT INTO archives_2 (id, vault, key, version_id, etag, size_bytes, last_modified, storage_class, series, state, reason, accepted_at, path,
    sha256, proof, first_seen_at, stored_at, verified_at, damaged_at, gone_at, gone_acknowledged_at, conflict_at,
    conflict_acknowledged_at, suspect)
    SELECT id, vault, key, version_id, etag, size_bytes, last_modified, storage_class, series, state, reason, accepted_at, path,
    sha256, proof, first_seen_at, stored_at, verified_at, damaged_at, gone_at, gone_acknowledged_at, conflict_at,
    conflict_acknowledged_at, suspect FROM archives;
  DROP TABLE archives;
  ALTER TABLE archives_2 RENAME TO archives;
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
    AND (NEW.vault IS NOT OLD.vault OR NEW.key IS NOT OLD.key OR NEW.size_bytes IS NOT OLD.size_bytes
      -- Only a rebuild that has found this very value to be wrong, and that one right, says so first.
      OR (NEW.sha256 IS NOT OLD.sha256 AND NOT EXISTS (SELECT 1 FROM facts WHERE name = 'correction' AND value = OLD.id || ' ' || NEW.sha256))
      -- Only what has been removed gives its path free.
      OR (NEW.path IS NOT OLD.path AND NOT (OLD.state = 'removing' AND NEW.state = 'pruned')))
  BEGIN SELECT RAISE(ABORT, 'what was verified does not change'); END;

  CREATE TRIGGER archives_keep_state BEFORE UPDATE OF state ON archives
  WHEN OLD.state = 'stored' AND NEW.state NOT IN ('stored', 'removing')
  BEGIN SELECT RAISE(ABORT, 'a stored archive is removed through the state removing'); END;
  CREATE INDEX archives_unwanted ON archives (vault, series) WHERE state = 'unwanted';
  CREATE INDEX archives_announced ON archives (announced_at) WHERE announced_at IS NOT NULL;
  CREATE INDEX archives_arrivals ON archives (vault, series, first_seen_at);
  CREATE INDEX archives_scrub ON archives (verified_at, id) WHERE state = 'stored' AND damaged_at IS NULL;
  CREATE INDEX archives_damaged ON archives (vault, id) WHERE damaged_at IS NOT NULL;
  -- One for each cause that needs the owner: they are counted at every pass, however many there are.
  CREATE INDEX archives_need_damaged ON archives (vault, series) WHERE damaged_at IS NOT NULL AND state <> 'pruned';
  CREATE INDEX archives_need_conflict ON archives (vault, series)
    WHERE conflict_at IS NOT NULL AND conflict_acknowledged_at IS NULL AND state <> 'pruned';
  CREATE INDEX archives_need_suspect ON archives (vault, series) WHERE suspect IS NOT NULL AND state <> 'pruned';
  CREATE INDEX archives_need_orphan ON archives (vault, series, last_modified, gone_at)
    WHERE state = 'stored' AND gone_at IS NOT NULL AND gone_acknowledged_at IS NULL;
  CREATE INDEX archives_need_unavailable ON archives (vault, series) WHERE state = 'unavailable';
  CREATE INDEX archives_refused ON archives (vault, refused_at) WHERE state = 'unavailable' AND refused_at IS NOT NULL;
  CREATE INDEX archives_need_held ON archives (vault, series) WHERE state = 'held';
  -- Finds the same content without an index over hashes, which would be larger than all others.
  CREATE INDEX archives_by_size ON archives (size_bytes) WHERE state = 'stored';

  CREATE TABLE pins (
    archive_id INTEGER PRIMARY KEY,
    pinned_at  INTEGER NOT NULL,
    reason     TEXT NOT NULL CHECK (reason <> ''),
    expires_at INTEGER
  ) STRICT;

  CREATE TRIGGER archives_keep_pinned BEFORE UPDATE OF state ON archives
  WHEN NEW.state IN ('unwanted', 'removing', 'pruned') AND EXISTS (SELECT 1 FROM pins WHERE archive_id = OLD.id)
  BEGIN SELECT RAISE(ABORT, 'a pinned archive is never removed'); END;

  CREATE TRIGGER archives_keep_pinned_row BEFORE DELETE ON archives WHEN EXISTS (SELECT 1 FROM pins WHERE archive_id = OLD.id)
  BEGIN SELECT RAISE(ABORT, 'a pinned archive is never forgotten'); END;

  CREATE TRIGGER archives_announce_first BEFORE UPDATE OF state ON archives WHEN NEW.state = 'removing' AND OLD.announced_at IS NULL
  BEGIN SELECT RAISE(ABORT, 'a removal is announced first'); END;

  CREATE TRIGGER archives_keep_newest BEFORE UPDATE OF state ON archives
  WHEN NEW.state = 'removing' AND OLD.damaged_at IS NULL AND OLD.suspect IS NULL AND NOT EXISTS (
    SELECT 1 FROM archives AS other WHERE other.vault = OLD.vault AND other.series = OLD.series AND other.last_modified >= OLD.last_modified
      AND other.id <> OLD.id AND other.state = 'stored' AND other.damaged_at IS NULL AND other.suspect IS NULL
      -- What is not sound (sound-condition.ts) is no newer backup than what is.
      AND (OLD.conflict_at IS NOT NULL OR OLD.etag LIKE 'own-sums:%'
        OR OLD.last_modified > max(OLD.first_seen_at, ifnull(OLD.stored_at, 0), ifnull(OLD.verified_at, 0)) + 900000
        OR other.conflict_at IS NULL AND other.etag NOT LIKE 'own-sums:%'
          AND other.last_modified <= max(other.first_seen_at, ifnull(other.stored_at, 0), ifnull(other.verified_at, 0)) + 900000))
  BEGIN SELECT RAISE(ABORT, 'the newest verified archive of a series is never removed'); END;

  CREATE TRIGGER pins_need_an_archive BEFORE INSERT ON pins
  WHEN NOT EXISTS (SELECT 1 FROM archives WHERE id = NEW.archive_id AND state NOT IN ('removing', 'pruned'))
  BEGIN SELECT RAISE(ABORT, 'only what is there can be pinned'); END;

  CREATE TABLE freezes (
    id            INTEGER PRIMARY KEY,
    vault         TEXT NOT NULL,
    series        TEXT NOT NULL,
    cause         TEXT NOT NULL,
    reason        TEXT NOT NULL,
    began_at      INTEGER NOT NULL,
    through_id    INTEGER NOT NULL,
    -- When through_id was raised last.
    extended_at   INTEGER,
    -- The newest event when it began, was extended or was released: clocks may be wrong, the order of events is not.
    known_event   INTEGER NOT NULL DEFAULT 0,
    -- 1: a doubt that it is for went away without the owner's word, and only he ends it.
    awaits_release INTEGER NOT NULL DEFAULT 0 CHECK (awaits_release IN (0, 1)),
    ended_at      INTEGER,
    ended_because TEXT,
    -- Set when the owner ended it: what was known by then is not held for this cause again.
    released_through_id INTEGER,
    CHECK ((ended_at IS NULL) = (ended_because IS NULL)),
    CHECK (released_through_id IS NULL OR ended_at IS NOT NULL)
  ) STRICT;
  CREATE UNIQUE INDEX freezes_open ON freezes (vault, series, cause) WHERE ended_at IS NULL;

  CREATE TRIGGER freezes_stay BEFORE DELETE ON freezes BEGIN SELECT RAISE(ABORT, 'a freeze ends, it does not vanish'); END;
  CREATE TRIGGER freezes_hold BEFORE UPDATE OF through_id ON freezes WHEN NEW.through_id < OLD.through_id
  BEGIN SELECT RAISE(ABORT, 'a freeze does not let go of a part'); END;

  -- REPLACE deletes what is in its way without asking the triggers for DELETE: https://www.sqlite.org/lang_conflict.html
  CREATE TRIGGER history_no_replace BEFORE INSERT ON history WHEN EXISTS (SELECT 1 FROM history WHERE id = NEW.id)
  BEGIN SELECT RAISE(ABORT, 'history is append-only'); END;

  CREATE TRIGGER archives_replace_none BEFORE INSERT ON archives
  WHEN EXISTS (SELECT 1 FROM archives AS other WHERE other.id = NEW.id
      AND (other.state IN ('stored', 'removing') OR other.id IN (SELECT archive_id FROM pins)))
    OR EXISTS (SELECT 1 FROM archives AS other WHERE other.vault = NEW.vault AND other.key = NEW.key AND ifnull(other.version_id, '') = ifnull(NEW.version_id, '')
      AND CASE WHEN other.version_id IS NULL THEN other.etag || ':' || other.size_bytes ELSE '' END =
        CASE WHEN NEW.version_id IS NULL THEN NEW.etag || ':' || NEW.size_bytes ELSE '' END
      AND (other.state IN ('stored', 'removing') OR other.id IN (SELECT archive_id FROM pins)))
    OR EXISTS (SELECT 1 FROM archives AS other WHERE other.vault = NEW.vault AND other.path = NEW.path
      AND (other.state IN ('stored', 'removing') OR other.id IN (SELECT archive_id FROM pins)))
  BEGIN SELECT RAISE(ABORT, 'an archive takes no other''s place'); END;

  CREATE TRIGGER archives_displace_none BEFORE UPDATE OF id, vault, key, version_id, etag, size_bytes, path ON archives
  WHEN EXISTS (SELECT 1 FROM archives AS other WHERE other.id = NEW.id
      AND other.id <> OLD.id AND (other.state IN ('stored', 'removing') OR other.id IN (SELECT archive_id FROM pins)))
    OR EXISTS (SELECT 1 FROM archives AS other WHERE other.vault = NEW.vault AND other.key = NEW.key AND ifnull(other.version_id, '') = ifnull(NEW.version_id, '')
      AND CASE WHEN other.version_id IS NULL THEN other.etag || ':' || other.size_bytes ELSE '' END =
        CASE WHEN NEW.version_id IS NULL THEN NEW.etag || ':' || NEW.size_bytes ELSE '' END
      AND other.id <> OLD.id AND (other.state IN ('stored', 'removing') OR other.id IN (SELECT archive_id FROM pins)))
    OR EXISTS (SELECT 1 FROM archives AS other WHERE other.vault = NEW.vault AND other.path = NEW.path
      AND other.id <> OLD.id AND (other.state IN ('stored', 'removing') OR other.id IN (SELECT archive_id FROM pins)))
  BEGIN SELECT RAISE(ABORT, 'an archive takes no other''s place'); END;

  CREATE TRIGGER freezes_replace_none BEFORE INSERT ON freezes
  WHEN EXISTS (SELECT 1 FROM freezes WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM freezes
    WHERE vault = NEW.vault AND series = NEW.series AND cause = NEW.cause AND ended_at IS NULL AND NEW.ended_at IS NULL)
  BEGIN SELECT RAISE(ABORT, 'a freeze ends, it does not vanish'); END;

  CREATE TRIGGER freezes_displace_none BEFORE UPDATE OF id, vault, series, cause, ended_at ON freezes
  WHEN EXISTS (SELECT 1 FROM freezes WHERE id = NEW.id AND id <> OLD.id) OR EXISTS (SELECT 1 FROM freezes
    WHERE vault = NEW.vault AND series = NEW.series AND cause = NEW.cause AND ended_at IS NULL AND NEW.ended_at IS NULL AND id <> OLD.id)
  BEGIN SELECT RAISE(ABORT, 'a freeze ends, it does not vanish'); END;
  `,
];
