-- Whoever has read a tenant with its endpoints can tell whether they have changed since. Drawn from one sequence, so
-- that a tenant which is made again under a deleted one's id has another version too.
ALTER TABLE tenants ADD COLUMN version INTEGER NOT NULL DEFAULT 0;
INSERT INTO sequences VALUES ('version', 0);
