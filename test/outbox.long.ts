// The long form of outbox.test.ts: more kills.

await import('./outbox.test.ts')
