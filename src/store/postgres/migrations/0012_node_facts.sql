-- The program and the work of each node. A node of an older program leaves both empty.
ALTER TABLE nodes ADD COLUMN version text, ADD COLUMN role text;
