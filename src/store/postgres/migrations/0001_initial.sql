-- Times are milliseconds since 1970, UTC. JSON is kept as text, because it must come back byte for byte. Ids and other names
-- are compared by their bytes, which is the cheapest comparison.

-- Values written once: proofs of the master key, keys of the installation.
CREATE TABLE installation (
  name  text COLLATE "C" PRIMARY KEY,
  value text NOT NULL
);

CREATE TABLE nodes (
  incarnation  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  started_at   bigint NOT NULL,
  -- By the database's clock: nodes may have other ideas of the time.
  heartbeat_at timestamptz NOT NULL
) WITH (fillfactor = 20);

CREATE TABLE tenants (
  seq        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id         text COLLATE "C" NOT NULL UNIQUE,
  dialect    text NOT NULL,
  name       text,
  settings   text NOT NULL,
  created_at bigint NOT NULL
);

CREATE TABLE api_keys (
  seq        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id         text COLLATE "C" NOT NULL UNIQUE,
  hash       text COLLATE "C" NOT NULL UNIQUE,
  dialect    text NOT NULL,
  scopes     text NOT NULL,
  role       text,
  name       text,
  hint       text NOT NULL,
  created_at bigint NOT NULL,
  revoked_at bigint
);

CREATE TABLE api_key_tenants (
  tenant  text COLLATE "C" NOT NULL,
  api_key text COLLATE "C" NOT NULL,
  PRIMARY KEY (tenant, api_key)
);
CREATE INDEX api_key_tenants_by_key ON api_key_tenants (api_key);

CREATE SEQUENCE endpoint_keys;

-- A deleted endpoint stays, invisible to its customer, until the retention has taken its deliveries.
CREATE TABLE endpoints (
  key             bigint PRIMARY KEY,
  tenant          text COLLATE "C" NOT NULL,
  id              text COLLATE "C" NOT NULL,
  url             text NOT NULL,
  event_types     text NOT NULL,
  filters         text NOT NULL,
  description     text,
  enabled         boolean NOT NULL,
  disabled_reason text,
  sealed_headers  text NOT NULL,
  sealed_secrets  text NOT NULL,
  unique_key      text COLLATE "C",
  created_at      bigint NOT NULL,
  updated_at      bigint NOT NULL,
  deleted_at      bigint
);
CREATE UNIQUE INDEX endpoints_by_tenant ON endpoints (tenant, id);
CREATE UNIQUE INDEX endpoints_unique ON endpoints (tenant, unique_key)
  WHERE unique_key IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX endpoints_deleted ON endpoints (deleted_at) WHERE deleted_at IS NOT NULL;

-- A row changes when its endpoint fails, overflows or is switched off, and not with every batch of good outcomes.
CREATE TABLE endpoint_status (
  endpoint    bigint PRIMARY KEY,
  health      text,
  -- No later than the earliest due time of its waiting deliveries; null: no delivery waits.
  next_due_at bigint,
  -- The endpoint is off, and its waiting deliveries are not cancelled yet.
  sweep       boolean NOT NULL DEFAULT false
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500);
CREATE INDEX endpoint_status_due ON endpoint_status (next_due_at) WHERE next_due_at IS NOT NULL;
CREATE INDEX endpoint_status_sweep ON endpoint_status (endpoint) WHERE sweep;

CREATE SEQUENCE event_seqs CACHE 100;

CREATE TABLE events (
  seq         bigint PRIMARY KEY,
  tenant      text COLLATE "C" NOT NULL,
  id          text COLLATE "C" NOT NULL,
  type        text NOT NULL,
  data        text NOT NULL,
  attributes  text,
  occurred_at bigint NOT NULL,
  accepted_at bigint NOT NULL,
  deliveries  integer NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0.05);
CREATE UNIQUE INDEX events_by_id ON events (id, tenant);
CREATE INDEX events_by_tenant ON events (tenant, accepted_at);
CREATE INDEX events_by_time ON events (accepted_at);

-- status: 0 pending, 1 delivered, 2 failed, 3 cancelled. The id carries the time at which its event was accepted.
-- Every delivery is updated at least once, so a part of each page is left free and dead rows are cleared often.
CREATE TABLE deliveries (
  id              uuid PRIMARY KEY,
  event           bigint NOT NULL,
  endpoint        bigint NOT NULL,
  status          smallint NOT NULL,
  attempts        integer NOT NULL DEFAULT 0,
  attempts_before integer NOT NULL DEFAULT 0,
  due_at          bigint,
  -- 0: no node. Not null, because a list of nulls would not come in the order of the index.
  node            bigint NOT NULL DEFAULT 0,
  reason          text,
  ended_at        bigint
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000);
CREATE INDEX deliveries_by_endpoint ON deliveries (endpoint, id);
-- Claims (node = 0, one endpoint, due), recovery (what a node holds) and cancelling all use this one.
CREATE INDEX deliveries_pending ON deliveries (node, endpoint, due_at) WHERE status = 0;
CREATE INDEX deliveries_ended_badly ON deliveries (status, id) WHERE status >= 2;

CREATE TABLE attempts (
  delivery    uuid NOT NULL,
  number      integer NOT NULL,
  started_at  bigint NOT NULL,
  duration_ms integer NOT NULL,
  kind        text NOT NULL,
  status      integer,
  detail      text,
  response    text,
  -- JSON, only for dialects that show it to their customers.
  exchange    text,
  PRIMARY KEY (delivery, number)
) WITH (autovacuum_vacuum_scale_factor = 0.05);

CREATE TABLE idempotent_answers (
  api_key         text COLLATE "C" NOT NULL,
  idempotency_key text COLLATE "C" NOT NULL,
  route           text NOT NULL,
  status          integer NOT NULL,
  sealed_body     text NOT NULL,
  expires_at      bigint NOT NULL,
  PRIMARY KEY (api_key, idempotency_key)
);
CREATE INDEX idempotent_answers_expiry ON idempotent_answers (expires_at);
