-- The receiver has asked for a pause until then (429 or 503): nothing is claimed for the endpoint before. Null: no pause since
-- the last success.
ALTER TABLE endpoint_status ADD COLUMN paused_until INTEGER;
