-- Whoever has read a tenant with its endpoints can tell whether they have changed since. Drawn from one sequence, so
-- that a tenant which is made again under a deleted one's id has another version too.
CREATE SEQUENCE versions;
ALTER TABLE tenants ADD COLUMN version bigint NOT NULL DEFAULT 0;

ALTER TABLE nodes
  -- What other nodes send their word to.
  ADD COLUMN name text NOT NULL DEFAULT '',
  -- A small number that no other living node has: nodes count attempts in rows of their own, see below.
  ADD COLUMN slot integer NOT NULL DEFAULT 0,
  -- The last commit of the node: tells a node that lost the answer whether it took effect.
  ADD COLUMN commits bigint NOT NULL DEFAULT 0,
  -- Set when it has left or was declared dead: from then on it changes nothing.
  ADD COLUMN dead_at timestamptz;
CREATE UNIQUE INDEX nodes_living ON nodes (slot) WHERE dead_at IS NULL;

-- Apart from endpoint_status, and with a row per node, because every batch of outcomes writes here: nodes that share an
-- endpoint never wait for each other.
CREATE TABLE endpoint_attempts (
  endpoint               bigint NOT NULL,
  slot                   integer NOT NULL,
  attempts               bigint NOT NULL,
  last_attempt_at        bigint NOT NULL,
  last_attempt_succeeded boolean NOT NULL,
  PRIMARY KEY (endpoint, slot)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500);
