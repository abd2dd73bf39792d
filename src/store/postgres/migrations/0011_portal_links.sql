-- Links that open the portal. A row is removed some time after its session has ended.
CREATE TABLE portal_links (
  id         text COLLATE "C" PRIMARY KEY,
  tenant     text COLLATE "C" NOT NULL,
  -- SHA-256 of the code in the link, hex.
  hash       text COLLATE "C" NOT NULL UNIQUE,
  -- The capabilities and the branding.
  sealed     text NOT NULL,
  created_at bigint NOT NULL,
  expires_at bigint NOT NULL,
  ends_at    bigint NOT NULL,
  opened_at  bigint
);
CREATE INDEX portal_links_of_tenant ON portal_links (tenant, created_at, id);
CREATE INDEX portal_links_by_end ON portal_links (ends_at);
