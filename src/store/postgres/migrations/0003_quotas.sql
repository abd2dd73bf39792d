-- What callers have used of their request quotas, on all nodes together. Unlogged: a crash of the server may forget it,
-- and no request waits for a disk. A row of a bucket changes with every share, so half of each page is left free.
CREATE UNLOGGED TABLE quotas (
  -- SHA-256 of the names of caller and quota: the names in tokens may be long, or hold what text cannot.
  who        bytea PRIMARY KEY,
  -- Up to when `used` is refilled: the beginning of the window; of a bucket, when a share was last taken.
  at         bigint NOT NULL,
  used       double precision NOT NULL,
  -- What the last one who asked was given.
  granted    double precision NOT NULL,
  -- When the row is as good as none. No index: there is a row for each caller of the last hours, and to scan them now
  -- and then costs less than to keep one.
  expires_at bigint NOT NULL
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500);
