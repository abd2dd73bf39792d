-- The counts of commits. A commit adds a row, so nodes never wait for each other (stats-tally.ts).
CREATE TABLE stats_commits (
  id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  minute bigint NOT NULL,
  cells  text,
  events text
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000);

-- Sums of these rows, before they are moved to the rollups (stats-fold.ts).
CREATE TABLE stats_gathered (
  id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  minute bigint NOT NULL,
  cells  text NOT NULL,
  counts text NOT NULL,
  events text NOT NULL
);

-- Rollups by minute, hour and day: `step` is their length, `at` their beginning. Keys begin with the time, so that a fold
-- adds rows in one place of each table. Latency: `[bucket, count]` of the buckets that are not empty, as JSON.
CREATE TABLE stats_dialects (
  step            bigint NOT NULL,
  at              bigint NOT NULL,
  dialect         text COLLATE "C" NOT NULL,
  events          bigint NOT NULL,
  delivered       bigint NOT NULL,
  rejected        bigint NOT NULL,
  timed_out       bigint NOT NULL,
  unreachable     bigint NOT NULL,
  blocked         bigint NOT NULL,
  ended_delivered bigint NOT NULL,
  ended_failed    bigint NOT NULL,
  ended_cancelled bigint NOT NULL,
  latency         text NOT NULL,
  PRIMARY KEY (step, at, dialect)
);

-- `tenant` is a label.
CREATE TABLE stats_tenants (
  step            bigint NOT NULL,
  at              bigint NOT NULL,
  dialect         text COLLATE "C" NOT NULL,
  tenant          text COLLATE "C" NOT NULL,
  events          bigint NOT NULL,
  delivered       bigint NOT NULL,
  rejected        bigint NOT NULL,
  timed_out       bigint NOT NULL,
  unreachable     bigint NOT NULL,
  blocked         bigint NOT NULL,
  ended_delivered bigint NOT NULL,
  ended_failed    bigint NOT NULL,
  ended_cancelled bigint NOT NULL,
  latency         text NOT NULL,
  PRIMARY KEY (step, at, dialect, tenant)
);

CREATE TABLE stats_endpoints (
  step            bigint NOT NULL,
  at              bigint NOT NULL,
  dialect         text COLLATE "C" NOT NULL,
  tenant          text COLLATE "C" NOT NULL,
  endpoint        bigint NOT NULL,
  delivered       bigint NOT NULL,
  rejected        bigint NOT NULL,
  timed_out       bigint NOT NULL,
  unreachable     bigint NOT NULL,
  blocked         bigint NOT NULL,
  ended_delivered bigint NOT NULL,
  ended_failed    bigint NOT NULL,
  ended_cancelled bigint NOT NULL,
  latency         text NOT NULL,
  PRIMARY KEY (step, at, dialect, tenant, endpoint)
);

-- Accepted events. A row without a tenant is the sum over the tenants of the dialect.
CREATE TABLE stats_types (
  step    bigint NOT NULL,
  at      bigint NOT NULL,
  dialect text COLLATE "C" NOT NULL,
  tenant  text COLLATE "C" NOT NULL,
  type    text COLLATE "C" NOT NULL,
  events  bigint NOT NULL,
  PRIMARY KEY (step, at, dialect, tenant, type)
);

-- The dialects of endpoints that an erasure has removed, for their counts that are not in the rollups yet.
CREATE TABLE stats_former_endpoints (
  endpoint   bigint PRIMARY KEY,
  dialect    text COLLATE "C" NOT NULL,
  removed_at bigint NOT NULL
);

-- The dialect of the rows that are erased, for the same reason; null: the erasure is older than this version, or erases
-- no endpoint.
ALTER TABLE erasures ADD COLUMN dialect text;

-- One row: when a node last began to move counts to the rollups. One of the nodes does it in each minute.
CREATE TABLE stats_folds (
  id       smallint PRIMARY KEY DEFAULT 1 CHECK (id = 1),
  begun_at timestamptz NOT NULL
);
