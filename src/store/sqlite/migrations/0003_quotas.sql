-- On PostgreSQL several nodes count request quotas in a table of this migration. On SQLite the one node counts in memory.
SELECT 1;
