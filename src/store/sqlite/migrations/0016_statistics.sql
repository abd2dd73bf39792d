-- The counts of commits. A commit adds a row, so all its counts are in one page (stats-tally.ts).
CREATE TABLE stats_commits (
  id     INTEGER PRIMARY KEY,
  minute INTEGER NOT NULL,
  cells  TEXT,
  events TEXT
) STRICT;

-- Sums of these rows, before they are moved to the rollups (stats-fold.ts).
CREATE TABLE stats_gathered (
  id     INTEGER PRIMARY KEY,
  minute INTEGER NOT NULL,
  cells  TEXT NOT NULL,
  counts TEXT NOT NULL,
  events TEXT NOT NULL
) STRICT;

-- Rollups by minute, hour and day: `step` is their length, `at` their beginning. Keys begin with the time, so that a fold
-- adds rows in one place of each table. Latency: `[bucket, count]` of the buckets that are not empty, as JSON.
CREATE TABLE stats_dialects (
  step            INTEGER NOT NULL,
  at              INTEGER NOT NULL,
  dialect         TEXT NOT NULL,
  events          INTEGER NOT NULL,
  delivered       INTEGER NOT NULL,
  rejected        INTEGER NOT NULL,
  timed_out       INTEGER NOT NULL,
  unreachable     INTEGER NOT NULL,
  blocked         INTEGER NOT NULL,
  ended_delivered INTEGER NOT NULL,
  ended_failed    INTEGER NOT NULL,
  ended_cancelled INTEGER NOT NULL,
  latency         TEXT NOT NULL,
  PRIMARY KEY (step, at, dialect)
) STRICT, WITHOUT ROWID;

-- `tenant` is a label.
CREATE TABLE stats_tenants (
  step            INTEGER NOT NULL,
  at              INTEGER NOT NULL,
  dialect         TEXT NOT NULL,
  tenant          TEXT NOT NULL,
  events          INTEGER NOT NULL,
  delivered       INTEGER NOT NULL,
  rejected        INTEGER NOT NULL,
  timed_out       INTEGER NOT NULL,
  unreachable     INTEGER NOT NULL,
  blocked         INTEGER NOT NULL,
  ended_delivered INTEGER NOT NULL,
  ended_failed    INTEGER NOT NULL,
  ended_cancelled INTEGER NOT NULL,
  latency         TEXT NOT NULL,
  PRIMARY KEY (step, at, dialect, tenant)
) STRICT, WITHOUT ROWID;

CREATE TABLE stats_endpoints (
  step            INTEGER NOT NULL,
  at              INTEGER NOT NULL,
  dialect         TEXT NOT NULL,
  tenant          TEXT NOT NULL,
  endpoint        INTEGER NOT NULL,
  delivered       INTEGER NOT NULL,
  rejected        INTEGER NOT NULL,
  timed_out       INTEGER NOT NULL,
  unreachable     INTEGER NOT NULL,
  blocked         INTEGER NOT NULL,
  ended_delivered INTEGER NOT NULL,
  ended_failed    INTEGER NOT NULL,
  ended_cancelled INTEGER NOT NULL,
  latency         TEXT NOT NULL,
  PRIMARY KEY (step, at, dialect, tenant, endpoint)
) STRICT, WITHOUT ROWID;

-- Accepted events. A row without a tenant is the sum over the tenants of the dialect.
CREATE TABLE stats_types (
  step    INTEGER NOT NULL,
  at      INTEGER NOT NULL,
  dialect TEXT NOT NULL,
  tenant  TEXT NOT NULL,
  type    TEXT NOT NULL,
  events  INTEGER NOT NULL,
  PRIMARY KEY (step, at, dialect, tenant, type)
) STRICT, WITHOUT ROWID;

-- The dialects of endpoints that an erasure has removed, for their counts that are not in the rollups yet.
CREATE TABLE stats_former_endpoints (
  endpoint   INTEGER PRIMARY KEY,
  dialect    TEXT NOT NULL,
  removed_at INTEGER NOT NULL
) STRICT;

-- The dialect of the rows that are erased, for the same reason; null: the erasure is older than this version, or erases
-- no endpoint.
ALTER TABLE erasures ADD COLUMN dialect TEXT;
