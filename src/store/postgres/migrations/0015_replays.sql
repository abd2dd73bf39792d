CREATE TABLE replays (
  id         text COLLATE "C" PRIMARY KEY,
  -- The label of its tenant.
  tenant     text COLLATE "C" NOT NULL,
  -- The filter as it was asked for, and as it was frozen, JSON.
  asked      text COLLATE "C" NOT NULL,
  filter     text NOT NULL,
  missing    boolean NOT NULL,
  state      text NOT NULL,
  rate       integer NOT NULL,
  -- JSON: what is counted and done, and where the next step continues.
  progress   text NOT NULL,
  step       bigint NOT NULL,
  -- When the next step is due; null: none is left.
  due_at     bigint,
  created_at bigint NOT NULL,
  started_at bigint,
  ended_at   bigint,
  expires_at bigint,
  error      text
) WITH (fillfactor = 50);
CREATE INDEX replays_of_tenant ON replays (tenant, id);
CREATE UNIQUE INDEX replays_running ON replays (tenant, asked) WHERE state = 'running';
CREATE INDEX replays_due ON replays (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX replays_ended ON replays (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX replays_expiring ON replays (expires_at) WHERE expires_at IS NOT NULL;

-- A test event is meant for one endpoint only: no other one gets it later.
ALTER TABLE events ADD COLUMN test boolean NOT NULL DEFAULT false;
