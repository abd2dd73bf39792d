-- A digest of the request that the answer belongs to, sealed; null: an older version wrote it.
ALTER TABLE idempotent_answers ADD COLUMN sealed_digest text;

-- The id is a UUID of version 7: it contains the time.
CREATE TABLE audit (
  id         uuid PRIMARY KEY,
  action     text COLLATE "C" NOT NULL,
  -- The kind of the problem that refused it; null: it was done.
  refused    text,
  count      bigint NOT NULL,
  actor_kind text NOT NULL,
  actor      text COLLATE "C",
  actor_name text,
  actor_role text,
  address    text NOT NULL,
  object     text COLLATE "C",
  tenant     text COLLATE "C",
  -- JSON: fields before and after; null: there are none, or they were erased.
  change     text,
  -- `change` is erased with the rows of this label, and with those of this endpoint; null: there is nothing to erase.
  label      text COLLATE "C",
  endpoint   bigint,
  erased_at  bigint
);
-- One for each filter: an operator looks for few of many records.
CREATE INDEX audit_of_tenant ON audit (tenant, id) WHERE tenant IS NOT NULL;
CREATE INDEX audit_of_actor ON audit (actor, id) WHERE actor IS NOT NULL;
CREATE INDEX audit_of_object ON audit (object, id) WHERE object IS NOT NULL;
CREATE INDEX audit_of_action ON audit (action, id);
-- For erasures.
CREATE INDEX audit_of_label ON audit (label) WHERE label IS NOT NULL;
CREATE INDEX audit_of_endpoint ON audit (endpoint) WHERE endpoint IS NOT NULL;
