// The long form of stop.test.ts: more stops.

await import('./stop.test.ts')
