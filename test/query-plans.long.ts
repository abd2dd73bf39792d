// The long form of src/store/postgres/query-plans.test.ts: more rows.

await import('../src/store/postgres/query-plans.test.ts')
