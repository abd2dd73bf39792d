// The long form of the conformance suite of stores, on each database: more random operations.

await import('../../../src/store/postgres/postgres-store.test.ts')
await import('../../../src/store/sqlite/sqlite-store.test.ts')
