-- Links that open the portal. A row is removed some time after its session has ended.
CREATE TABLE portal_links (
  id         TEXT PRIMARY KEY,
  tenant     TEXT NOT NULL,
  -- SHA-256 of the code in the link, hex.
  hash       TEXT NOT NULL UNIQUE,
  -- The capabilities and the branding.
  sealed     TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  ends_at    INTEGER NOT NULL,
  opened_at  INTEGER
) STRICT;
CREATE INDEX portal_links_of_tenant ON portal_links (tenant, created_at, id);
CREATE INDEX portal_links_by_end ON portal_links (ends_at);
