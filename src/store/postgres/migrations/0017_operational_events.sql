-- When it was last told that the endpoint is failing; null: it was not, or it was told that it has recovered.
ALTER TABLE endpoint_status ADD COLUMN failing_told_at bigint;

-- The operational events about an endpoint in one minute: how many were told, how many were left out since the last one
-- that was told, and the last one of these (JSON). A row is removed after its minute.
CREATE TABLE tellings (
  endpoint bigint NOT NULL,
  type     text COLLATE "C" NOT NULL,
  minute   bigint NOT NULL,
  told     integer NOT NULL,
  left_out integer NOT NULL,
  last     text,
  PRIMARY KEY (endpoint, type)
);
CREATE INDEX tellings_by_minute ON tellings (minute);
