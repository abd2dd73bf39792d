// The long form of backup.test.ts: a database of 350 MB.

await import('./backup.test.ts')
