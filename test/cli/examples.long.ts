// The long form of examples.test.ts: all examples.

await import('./examples.test.ts')
