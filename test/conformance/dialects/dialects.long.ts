// The long form of the conformance suite of dialects: every dialect on PostgreSQL.

await import('./dialects.test.ts')
