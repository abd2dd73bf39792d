-- The version of a tenant changes with the tenant and with each of its endpoints: a node compares it with the version that
-- it has read. All versions come from one sequence, so a tenant that gets the id of a deleted tenant has a new version.
CREATE SEQUENCE versions;
ALTER TABLE tenants ADD COLUMN version bigint NOT NULL DEFAULT 0;

ALTER TABLE nodes
  -- Other nodes send their notices to this name.
  ADD COLUMN name text NOT NULL DEFAULT '',
  -- A small number that no other living node has: nodes count attempts in rows of their own, see below.
  ADD COLUMN slot integer NOT NULL DEFAULT 0,
  -- The last commit of the node: tells a node that lost the answer whether it took effect.
  ADD COLUMN commits bigint NOT NULL DEFAULT 0,
  -- The time at which the node left or was declared dead. Afterwards it changes nothing.
  ADD COLUMN dead_at timestamptz;
CREATE UNIQUE INDEX nodes_living ON nodes (slot) WHERE dead_at IS NULL;

-- Every batch of outcomes writes here. The table is apart from endpoint_status and has a row per node, so nodes that share
-- an endpoint never wait for each other.
CREATE TABLE endpoint_attempts (
  endpoint               bigint NOT NULL,
  slot                   integer NOT NULL,
  attempts               bigint NOT NULL,
  last_attempt_at        bigint NOT NULL,
  last_attempt_succeeded boolean NOT NULL,
  PRIMARY KEY (endpoint, slot)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500);
