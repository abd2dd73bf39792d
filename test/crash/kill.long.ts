// The long form of kill.test.ts: more kills.

await import('./kill.test.ts')
