-- The fetch (UUID version 7) with which a consumer of a polling endpoint has the delivery; null: none has it.
ALTER TABLE deliveries ADD COLUMN fetch_id uuid;
