// Installations in which everything goes wrong, one per seed. `npm run simulate -- --seed N` shows what happened in one.

import assert from 'node:assert/strict'
import { after, suite, test } from 'node:test'
import { openFile } from './database.ts'
import { type Flaw, flaws } from './flaws.ts'
import { simulate } from './run.ts'

const seeds = 2000
/** By then a planted fault must have been seen. */
const seedsToFindFlaw = 150

suite('a simulated installation', () => {
  const { db, close } = openFile()
  after(close)

  test(`keeps its promises, whatever goes wrong: ${seeds} seeds`, async () => {
    const failed: string[] = []
    for (let seed = 1; seed <= seeds; seed++) {
      const { violations } = await simulate(seed, { db })
      for (const violation of violations) failed.push(`seed ${seed}: ${violation}`)
    }
    assert.deepEqual(failed, [])
  })

  test('is the same every time, to the letter', async () => {
    for (const seed of [1, 2, 3, 4, 5]) assert.deepEqual(await traceOf(seed), await traceOf(seed))
    assert.notDeepEqual(await traceOf(1), await traceOf(2))
  })

  for (const flaw of flaws) {
    test(`is caught when its database ${flaw}`, async () => {
      assert.ok((await firstFailure(flaw)) !== null)
    })
  }

  async function traceOf(seed: number): Promise<string[]> {
    const lines: string[] = []
    await simulate(seed, { db, trace: (line) => lines.push(line) })
    return lines
  }

  async function firstFailure(flaw: Flaw): Promise<number | null> {
    for (let seed = 1; seed <= seedsToFindFlaw; seed++) {
      const { violations } = await simulate(seed, { db, flaw })
      if (violations.length > 0) return seed
    }
    return null
  }
})
