// The long form of nodes-changes.test.ts: more changes of each kind.

await import('./nodes-changes.test.ts')
