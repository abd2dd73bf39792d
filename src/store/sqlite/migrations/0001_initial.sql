-- Times are milliseconds since 1970, UTC. JSON columns hold text that this program wrote.

-- Values written once: proofs of the master key, keys of the installation.
CREATE TABLE installation (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE nodes (
  incarnation  INTEGER PRIMARY KEY AUTOINCREMENT,
  started_at   INTEGER NOT NULL,
  heartbeat_at INTEGER NOT NULL
) STRICT;

CREATE TABLE tenants (
  seq        INTEGER PRIMARY KEY,
  id         TEXT NOT NULL UNIQUE,
  dialect    TEXT NOT NULL,
  name       TEXT,
  settings   TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE api_keys (
  seq        INTEGER PRIMARY KEY,
  id         TEXT NOT NULL UNIQUE,
  hash       TEXT NOT NULL UNIQUE,
  dialect    TEXT NOT NULL,
  scopes     TEXT NOT NULL,
  role       TEXT,
  name       TEXT,
  hint       TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  revoked_at INTEGER
) STRICT;

CREATE TABLE api_key_tenants (
  tenant  TEXT NOT NULL,
  api_key TEXT NOT NULL,
  PRIMARY KEY (tenant, api_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX api_key_tenants_by_key ON api_key_tenants (api_key);

CREATE TABLE sequences (
  name  TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO sequences VALUES ('endpoint', 0);

-- A deleted endpoint stays, invisible to its customer, until the retention has taken its deliveries.
CREATE TABLE endpoints (
  key             INTEGER PRIMARY KEY,
  tenant          TEXT NOT NULL,
  id              TEXT NOT NULL,
  url             TEXT NOT NULL,
  event_types     TEXT NOT NULL,
  filters         TEXT NOT NULL,
  description     TEXT,
  enabled         INTEGER NOT NULL,
  disabled_reason TEXT,
  sealed_headers  TEXT NOT NULL,
  sealed_secrets  TEXT NOT NULL,
  unique_key      TEXT,
  created_at      INTEGER NOT NULL,
  updated_at      INTEGER NOT NULL,
  deleted_at      INTEGER
) STRICT;
CREATE UNIQUE INDEX endpoints_by_tenant ON endpoints (tenant, id);
CREATE UNIQUE INDEX endpoints_unique ON endpoints (tenant, unique_key)
  WHERE unique_key IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX endpoints_deleted ON endpoints (deleted_at) WHERE deleted_at IS NOT NULL;

-- Apart from endpoints, because every batch of outcomes writes here.
CREATE TABLE endpoint_status (
  endpoint               INTEGER PRIMARY KEY,
  attempts               INTEGER NOT NULL DEFAULT 0,
  last_attempt_at        INTEGER,
  last_attempt_succeeded INTEGER,
  health                 TEXT,
  -- No later than the earliest due time of its waiting deliveries; null when none waits.
  next_due_at            INTEGER,
  -- 1: the endpoint is off and what waits for it is yet to be cancelled.
  sweep                  INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX endpoint_status_due ON endpoint_status (next_due_at) WHERE next_due_at IS NOT NULL;
CREATE INDEX endpoint_status_sweep ON endpoint_status (endpoint) WHERE sweep = 1;

CREATE TABLE events (
  seq         INTEGER PRIMARY KEY,
  tenant      TEXT NOT NULL,
  id          TEXT NOT NULL,
  type        TEXT NOT NULL,
  data        TEXT NOT NULL,
  attributes  TEXT,
  occurred_at INTEGER NOT NULL,
  accepted_at INTEGER NOT NULL,
  deliveries  INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX events_by_id ON events (id, tenant);
CREATE INDEX events_by_tenant ON events (tenant, accepted_at);
CREATE INDEX events_by_time ON events (accepted_at);

-- status: 0 pending, 1 delivered, 2 failed, 3 cancelled. The id carries the time at which its event was accepted.
CREATE TABLE deliveries (
  id              TEXT PRIMARY KEY,
  event           INTEGER NOT NULL,
  endpoint        INTEGER NOT NULL,
  status          INTEGER NOT NULL,
  attempts        INTEGER NOT NULL DEFAULT 0,
  attempts_before INTEGER NOT NULL DEFAULT 0,
  due_at          INTEGER,
  node            INTEGER,
  reason          TEXT,
  ended_at        INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX deliveries_by_endpoint ON deliveries (endpoint, id);
-- Claims (node IS NULL, one endpoint, due), recovery (what a node holds) and cancelling all use this one.
CREATE INDEX deliveries_pending ON deliveries (node, endpoint, due_at) WHERE status = 0;
CREATE INDEX deliveries_ended_badly ON deliveries (status, id) WHERE status >= 2;

CREATE TABLE attempts (
  delivery    TEXT NOT NULL,
  number      INTEGER NOT NULL,
  started_at  INTEGER NOT NULL,
  duration_ms INTEGER NOT NULL,
  kind        TEXT NOT NULL,
  status      INTEGER,
  detail      TEXT,
  response    TEXT,
  -- JSON, only for dialects that show it to their customers.
  exchange    TEXT,
  PRIMARY KEY (delivery, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE idempotent_answers (
  api_key         TEXT NOT NULL,
  idempotency_key TEXT NOT NULL,
  route           TEXT NOT NULL,
  status          INTEGER NOT NULL,
  sealed_body     TEXT NOT NULL,
  expires_at      INTEGER NOT NULL,
  PRIMARY KEY (api_key, idempotency_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotent_answers_expiry ON idempotent_answers (expires_at);
