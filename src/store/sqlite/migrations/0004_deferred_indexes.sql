-- The events of a tenant, and the deliveries of an endpoint. As indexes they made each event write two pages far apart,
-- three quarters of the pages of a commit. Now new rows are in fresh_*, and are moved two thousand at a time
-- (deferred-indexes.ts).
CREATE TABLE fresh_events (
  tenant      TEXT NOT NULL,
  accepted_at INTEGER NOT NULL,
  seq         INTEGER NOT NULL
) STRICT;
CREATE TABLE fresh_deliveries (
  endpoint INTEGER NOT NULL,
  id       TEXT NOT NULL
) STRICT;

CREATE TABLE events_of_tenant (
  tenant      TEXT NOT NULL,
  accepted_at INTEGER NOT NULL,
  seq         INTEGER NOT NULL,
  PRIMARY KEY (tenant, accepted_at, seq)
) STRICT, WITHOUT ROWID;
INSERT INTO events_of_tenant SELECT tenant, accepted_at, seq FROM events ORDER BY tenant, accepted_at, seq;
DROP INDEX events_by_tenant;

CREATE TABLE deliveries_of_endpoint (
  endpoint INTEGER NOT NULL,
  id       TEXT NOT NULL,
  PRIMARY KEY (endpoint, id)
) STRICT, WITHOUT ROWID;
INSERT INTO deliveries_of_endpoint SELECT endpoint, id FROM deliveries ORDER BY endpoint, id;
DROP INDEX deliveries_by_endpoint;
