// The long form of posted-data.test.ts: on PostgreSQL too.

await import('./posted-data.test.ts')
