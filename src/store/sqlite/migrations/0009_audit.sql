-- A digest of the request that the answer belongs to, sealed; null: an older version wrote it.
ALTER TABLE idempotent_answers ADD COLUMN sealed_digest TEXT;

-- The id is a UUID of version 7: it contains the time.
CREATE TABLE audit (
  id         TEXT PRIMARY KEY,
  action     TEXT NOT NULL,
  -- The kind of the problem that refused it; null: it was done.
  refused    TEXT,
  count      INTEGER NOT NULL,
  actor_kind TEXT NOT NULL,
  actor      TEXT,
  actor_name TEXT,
  actor_role TEXT,
  address    TEXT NOT NULL,
  object     TEXT,
  tenant     TEXT,
  -- JSON: fields before and after; null: there are none, or they were erased.
  change     TEXT,
  -- `change` is erased with the rows of this label, and with those of this endpoint; null: there is nothing to erase.
  label      TEXT,
  endpoint   INTEGER,
  erased_at  INTEGER
) STRICT;
-- One for each filter: an operator looks for few of many records.
CREATE INDEX audit_of_tenant ON audit (tenant, id) WHERE tenant IS NOT NULL;
CREATE INDEX audit_of_actor ON audit (actor, id) WHERE actor IS NOT NULL;
CREATE INDEX audit_of_object ON audit (object, id) WHERE object IS NOT NULL;
CREATE INDEX audit_of_action ON audit (action, id);
-- For erasures.
CREATE INDEX audit_of_label ON audit (label) WHERE label IS NOT NULL;
CREATE INDEX audit_of_endpoint ON audit (endpoint) WHERE endpoint IS NOT NULL;
