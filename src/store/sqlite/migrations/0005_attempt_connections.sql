-- The number of connections that carried the request of an attempt; null: one.
ALTER TABLE attempts ADD COLUMN connections INTEGER;
