-- The rows of a tenant name it by its label. That is its id, or, while rows of a deleted tenant of this id are erased,
-- the id with a suffix that no other label has. So a tenant that gets a used id sees no row of the former one.
ALTER TABLE tenants ADD COLUMN suffix TEXT NOT NULL DEFAULT '';
ALTER TABLE tenants ADD COLUMN label TEXT NOT NULL AS (id || suffix);
CREATE UNIQUE INDEX tenants_by_label ON tenants (label);

-- Seconds; null: as the installation.
ALTER TABLE tenants ADD COLUMN retain_seconds INTEGER;
ALTER TABLE tenants ADD COLUMN retain_data_seconds INTEGER;
CREATE INDEX tenants_retained ON tenants (label) WHERE retain_seconds IS NOT NULL;

-- When the data is to be erased, and when it was.
ALTER TABLE events ADD COLUMN erase_at INTEGER;
ALTER TABLE events ADD COLUMN erased_at INTEGER;
CREATE INDEX events_to_erase ON events (erase_at) WHERE erase_at IS NOT NULL;
ALTER TABLE attempts ADD COLUMN erased_at INTEGER;

-- The label of the tenant that the answer is about; null: an older version wrote it.
ALTER TABLE idempotent_answers ADD COLUMN tenant TEXT;
CREATE INDEX idempotent_answers_of_tenant ON idempotent_answers (tenant) WHERE tenant IS NOT NULL;

-- Rows with a label that no tenant has are invisible. The erasure of the label removes them.
CREATE TABLE erasures (
  id         TEXT PRIMARY KEY,
  erases     TEXT NOT NULL,
  tenant     TEXT NOT NULL,
  -- Of the rows that are left; null: none is left.
  label      TEXT,
  created_at INTEGER NOT NULL,
  ended_at   INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX erasures_of_label ON erasures (label) WHERE label IS NOT NULL;
CREATE INDEX erasures_running ON erasures (created_at) WHERE ended_at IS NULL;
CREATE INDEX erasures_ended ON erasures (ended_at) WHERE ended_at IS NOT NULL;

-- Tenants that an older version has deleted.
INSERT INTO erasures
SELECT 'era_' || lower(hex(randomblob(10))), 'tenant', tenant, tenant, unixepoch() * 1000, NULL
FROM (
  WITH RECURSIVE indexed(tenant) AS (
    SELECT min(tenant) FROM events_of_tenant
    UNION ALL
    SELECT (SELECT min(tenant) FROM events_of_tenant e WHERE e.tenant > i.tenant) FROM indexed i WHERE tenant IS NOT NULL
  )
  SELECT tenant FROM indexed UNION SELECT tenant FROM fresh_events UNION SELECT tenant FROM endpoints
)
WHERE tenant IS NOT NULL AND tenant NOT IN (SELECT id FROM tenants);
