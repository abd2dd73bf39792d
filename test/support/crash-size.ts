// How long the tests in test/crash run. `npm test` has them short; POSTHORN_CRASH=long, as in `npm run test:crash`, in
// full. POSTHORN_CRASH_SEED repeats a run.

export const long = process.env['POSTHORN_CRASH'] === 'long'
export const crashSeed = Number(process.env['POSTHORN_CRASH_SEED'] ?? Date.now() % 1_000_000)
