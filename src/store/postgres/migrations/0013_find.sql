-- For searches by the beginning of a text. The text of a URL without its scheme begins with the host. The index is not
-- partial: the planner might use a partial one for every other statement that has the same condition.
CREATE INDEX endpoints_by_host ON endpoints (lower(substr(url, strpos(url, '://') + 3, 255) COLLATE "C"));
CREATE INDEX endpoints_by_id ON endpoints (id);
CREATE INDEX endpoints_disabled ON endpoints (key) WHERE NOT enabled AND deleted_at IS NULL;
CREATE INDEX tenants_by_folded_id ON tenants (lower(id));
CREATE INDEX tenants_by_name ON tenants (lower(name COLLATE "C")) WHERE name IS NOT NULL;
