-- When it was last told that the endpoint is failing; null: it was not, or it was told that it has recovered.
ALTER TABLE endpoint_status ADD COLUMN failing_told_at INTEGER;

-- The operational events about an endpoint in one minute: how many were told, how many were left out since the last one
-- that was told, and the last one of these (JSON). A row is removed after its minute.
CREATE TABLE tellings (
  endpoint INTEGER NOT NULL,
  type     TEXT NOT NULL,
  minute   INTEGER NOT NULL,
  told     INTEGER NOT NULL,
  left_out INTEGER NOT NULL,
  last     TEXT,
  PRIMARY KEY (endpoint, type)
) STRICT, WITHOUT ROWID;
CREATE INDEX tellings_by_minute ON tellings (minute);
