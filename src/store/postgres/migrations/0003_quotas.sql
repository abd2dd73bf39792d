-- The part of its request quotas that each caller has used, on all nodes together. The table is unlogged: a crash of the
-- server may empty it, and no request waits for a disk. The row of a bucket changes with every share, so half of each page
-- is left free.
CREATE UNLOGGED TABLE quotas (
  -- SHA-256 of the names of caller and quota: the names in tokens may be long, or hold what text cannot.
  who        bytea PRIMARY KEY,
  -- Up to when `used` is refilled: the beginning of the window; of a bucket, when a share was last taken.
  at         bigint NOT NULL,
  used       double precision NOT NULL,
  -- The share that the last node got.
  granted    double precision NOT NULL,
  -- The time from which the row has no effect. There is no index: the table has one row for each caller of the last
  -- hours, and an occasional scan costs less than an index.
  expires_at bigint NOT NULL
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500);
