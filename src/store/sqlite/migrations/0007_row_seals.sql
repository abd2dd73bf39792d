-- A seal proves under the master key what a key is and may do. Empty: nothing proves it. The first start of this version
-- seals the rows that are there (vault/bring-up.ts).
ALTER TABLE api_keys ADD COLUMN seal TEXT NOT NULL DEFAULT '';
ALTER TABLE api_key_tenants ADD COLUMN seal TEXT NOT NULL DEFAULT '';

-- Deleted endpoints keep nothing that can be opened.
UPDATE endpoints SET sealed_secrets = '', sealed_headers = '' WHERE deleted_at IS NOT NULL;

-- Until now keys of `standard` had no scopes and could do everything.
UPDATE api_keys SET scopes = '["read","write","secrets"]' WHERE dialect = 'standard';

CREATE TABLE operator_keys (
  id         TEXT PRIMARY KEY,
  hash       TEXT NOT NULL UNIQUE,
  name       TEXT NOT NULL,
  role       TEXT NOT NULL,
  hint       TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  seal       TEXT NOT NULL
) STRICT;
