// The long form of leaks.test.ts: on PostgreSQL too.

await import('./leaks.test.ts')
