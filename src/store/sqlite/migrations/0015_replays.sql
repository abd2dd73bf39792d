CREATE TABLE replays (
  id         TEXT PRIMARY KEY,
  -- The label of its tenant.
  tenant     TEXT NOT NULL,
  -- The filter as it was asked for, and as it was frozen, JSON.
  asked      TEXT NOT NULL,
  filter     TEXT NOT NULL,
  missing    INTEGER NOT NULL,
  state      TEXT NOT NULL,
  rate       INTEGER NOT NULL,
  -- JSON: what is counted and done, and where the next step continues.
  progress   TEXT NOT NULL,
  step       INTEGER NOT NULL,
  -- When the next step is due; null: none is left.
  due_at     INTEGER,
  created_at INTEGER NOT NULL,
  started_at INTEGER,
  ended_at   INTEGER,
  expires_at INTEGER,
  error      TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX replays_of_tenant ON replays (tenant, id);
CREATE UNIQUE INDEX replays_running ON replays (tenant, asked) WHERE state = 'running';
CREATE INDEX replays_due ON replays (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX replays_ended ON replays (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX replays_expiring ON replays (expires_at) WHERE expires_at IS NOT NULL;

-- A test event is meant for one endpoint only: no other one gets it later.
ALTER TABLE events ADD COLUMN test INTEGER NOT NULL DEFAULT 0;
