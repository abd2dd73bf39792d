-- The signing secrets of a tenant, sealed, for dialects that sign with them. Null: it has none yet.
ALTER TABLE tenants ADD COLUMN sealed_secrets text;
CREATE INDEX tenants_with_secrets ON tenants (id) WHERE sealed_secrets IS NOT NULL;
