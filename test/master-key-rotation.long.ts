// The long form of master-key-rotation.test.ts: with several nodes on PostgreSQL too.

await import('./master-key-rotation.test.ts')
