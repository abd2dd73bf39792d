// The long form of the conformance suite of stores on SQLite: more random operations.

await import('../../../src/store/sqlite/sqlite-store.test.ts')
