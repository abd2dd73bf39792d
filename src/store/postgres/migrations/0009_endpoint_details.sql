-- Fields that only the product knows, as a JSON object.
ALTER TABLE endpoints ADD COLUMN details text NOT NULL DEFAULT '{}';

-- As JSON; null: no attempt was recorded since this version.
ALTER TABLE endpoint_attempts ADD COLUMN last_outcome text;

-- The id of a deleted endpoint may be used again, because customers of some dialects choose ids.
DROP INDEX endpoints_by_tenant;
CREATE UNIQUE INDEX endpoints_by_tenant ON endpoints (tenant, id, (CASE WHEN deleted_at IS NULL THEN 0 ELSE key END));
