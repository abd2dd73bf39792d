-- The rows of a tenant name it by its label. That is its id, or, while rows of a deleted tenant of this id are erased,
-- the id with a suffix that no other label has. So a tenant that gets a used id sees no row of the former one.
ALTER TABLE tenants ADD COLUMN suffix text COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE tenants ADD COLUMN label text COLLATE "C" NOT NULL GENERATED ALWAYS AS (id || suffix) STORED;
CREATE UNIQUE INDEX tenants_by_label ON tenants (label);

-- Seconds; null: as the installation.
ALTER TABLE tenants ADD COLUMN retain_seconds bigint, ADD COLUMN retain_data_seconds bigint;
CREATE INDEX tenants_retained ON tenants (label) WHERE retain_seconds IS NOT NULL;

-- When the data is to be erased, and when it was.
ALTER TABLE events ADD COLUMN erase_at bigint, ADD COLUMN erased_at bigint;
CREATE INDEX events_to_erase ON events (erase_at) WHERE erase_at IS NOT NULL;
ALTER TABLE attempts ADD COLUMN erased_at bigint;

-- The label of the tenant that the answer is about; null: an older version wrote it.
ALTER TABLE idempotent_answers ADD COLUMN tenant text COLLATE "C";
CREATE INDEX idempotent_answers_of_tenant ON idempotent_answers (tenant) WHERE tenant IS NOT NULL;

-- Rows with a label that no tenant has are invisible. The erasure of the label removes them.
CREATE TABLE erasures (
  id         text COLLATE "C" PRIMARY KEY,
  erases     text NOT NULL,
  tenant     text COLLATE "C" NOT NULL,
  -- Of the rows that are left; null: none is left.
  label      text COLLATE "C",
  created_at bigint NOT NULL,
  ended_at   bigint,
  -- The transaction that began the erasure: one that was running beside it may still add rows. Null: there is none.
  xid        bigint
);
CREATE INDEX erasures_of_label ON erasures (label) WHERE label IS NOT NULL;
CREATE INDEX erasures_running ON erasures (created_at) WHERE ended_at IS NULL;
CREATE INDEX erasures_ended ON erasures (ended_at) WHERE ended_at IS NOT NULL;

-- Tenants that an older version has deleted.
INSERT INTO erasures
SELECT 'era_' || replace(gen_random_uuid()::text, '-', ''), 'tenant', tenant, tenant,
  (1000 * extract(epoch FROM clock_timestamp()))::bigint, NULL, NULL
FROM (
  WITH RECURSIVE indexed(tenant) AS (
    SELECT min(tenant) FROM events
    UNION ALL
    SELECT (SELECT min(tenant) FROM events e WHERE e.tenant > i.tenant) FROM indexed i WHERE tenant IS NOT NULL
  )
  SELECT tenant FROM indexed UNION SELECT tenant FROM endpoints
) e
WHERE tenant IS NOT NULL AND tenant NOT IN (SELECT id FROM tenants);
