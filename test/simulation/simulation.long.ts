// The long form of simulation.test.ts: more seeds.

await import('./simulation.test.ts')
