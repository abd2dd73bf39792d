/** Statements that take the migration of erasures, and all later ones, back from an SQLite database. */
export const withoutErasures = `
  DROP TABLE replays;
  ALTER TABLE events DROP COLUMN test;
  DROP TABLE stats_commits;
  DROP TABLE stats_gathered;
  DROP TABLE stats_dialects;
  DROP TABLE stats_endpoints;
  DROP TABLE stats_types;
  DROP TABLE stats_former_endpoints;
  DROP TABLE portal_links;
  DROP INDEX endpoints_by_host;
  DROP INDEX endpoints_by_id;
  DROP INDEX endpoints_disabled;
  DROP INDEX tenants_by_folded_id;
  DROP INDEX tenants_by_name;
  DROP INDEX endpoints_by_tenant;
  CREATE UNIQUE INDEX endpoints_by_tenant ON endpoints (tenant, id);
  ALTER TABLE endpoints DROP COLUMN details;
  ALTER TABLE endpoint_status DROP COLUMN last_outcome;
  DROP TABLE audit;
  ALTER TABLE idempotent_answers DROP COLUMN sealed_digest;
  DROP INDEX tenants_with_secrets;
  ALTER TABLE tenants DROP COLUMN sealed_secrets;
  DROP INDEX tenants_by_label;
  DROP INDEX tenants_retained;
  ALTER TABLE tenants DROP COLUMN label;
  ALTER TABLE tenants DROP COLUMN suffix;
  ALTER TABLE tenants DROP COLUMN retain_seconds;
  ALTER TABLE tenants DROP COLUMN retain_data_seconds;
  DROP INDEX events_to_erase;
  ALTER TABLE events DROP COLUMN erase_at;
  ALTER TABLE events DROP COLUMN erased_at;
  ALTER TABLE attempts DROP COLUMN erased_at;
  ALTER TABLE attempts DROP COLUMN request_crc;
  ALTER TABLE attempts DROP COLUMN phases;
  DROP INDEX idempotent_answers_of_tenant;
  ALTER TABLE idempotent_answers DROP COLUMN tenant;
  DROP TABLE erasures`
