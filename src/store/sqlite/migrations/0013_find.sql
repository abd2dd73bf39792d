-- For searches by the beginning of a text. The text of a URL without its scheme begins with the host.
CREATE INDEX endpoints_by_host ON endpoints (lower(substr(url, instr(url, '://') + 3, 255)));
CREATE INDEX endpoints_by_id ON endpoints (id);
CREATE INDEX endpoints_disabled ON endpoints (key) WHERE enabled = 0 AND deleted_at IS NULL;
CREATE INDEX tenants_by_folded_id ON tenants (lower(id));
CREATE INDEX tenants_by_name ON tenants (lower(name)) WHERE name IS NOT NULL;
