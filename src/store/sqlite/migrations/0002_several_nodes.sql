-- The version of a tenant changes with the tenant and with each of its endpoints: a node compares it with the version that
-- it has read. All versions come from one sequence, so a tenant that gets the id of a deleted tenant has a new version.
ALTER TABLE tenants ADD COLUMN version INTEGER NOT NULL DEFAULT 0;
INSERT INTO sequences VALUES ('version', 0);
