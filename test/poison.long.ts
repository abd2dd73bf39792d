// The long form of poison.test.ts: on PostgreSQL too.

await import('./poison.test.ts')
