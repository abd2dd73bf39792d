-- Where several nodes count request quotas together, PostgreSQL has a table here. One node counts in memory.
SELECT 1;
