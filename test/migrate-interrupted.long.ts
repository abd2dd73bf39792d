// The long form of migrate-interrupted.test.ts: with a crash of PostgreSQL too.

await import('./migrate-interrupted.test.ts')
