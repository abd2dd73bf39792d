// The long form of hostile-owner-starts.test.ts: on PostgreSQL too.

await import('./hostile-owner-starts.test.ts')
