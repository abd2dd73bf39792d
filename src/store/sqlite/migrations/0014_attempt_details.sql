-- CRC-32 of the request of an attempt, by which a request that is made again is known to be the same; null: unknown.
ALTER TABLE attempts ADD COLUMN request_crc INTEGER;
-- The milliseconds of name lookup, connection, TLS, wait and body, with commas between them; null: unknown.
ALTER TABLE attempts ADD COLUMN phases TEXT;
