// Simulated installations with faults, one per seed. `npm run simulate -- --seed N` shows the trace of one of them.

import assert from 'node:assert/strict'
import { after, suite, test } from 'node:test'
import { openFile } from './database.ts'
import { sized } from '../support/size.ts'
import { type Flaw, flaws } from './flaws.ts'
import { simulate } from './run.ts'

const seeds = sized({ short: 30, long: 2000 })
/** Within this many seeds the checks must find a planted defect. The rarest one shows in a seed of fifty. */
const seedsToFindFlaw = 400

suite('a simulated installation', () => {
  const { db, close } = openFile()
  after(close)

  test(`keeps its promises through every fault: ${seeds} seeds`, async () => {
    const failed: string[] = []
    for (let seed = 1; seed <= seeds; seed++) {
      const { violations } = await simulate(seed, { db })
      for (const violation of violations) failed.push(`seed ${seed}: ${violation}`)
    }
    assert.deepEqual(failed, [])
  })

  test('has exactly the same trace in every run of a seed', async () => {
    for (const seed of [1, 2, 3, 4, 5]) assert.deepEqual(await traceOf(seed), await traceOf(seed))
    assert.notDeepEqual(await traceOf(1), await traceOf(2))
  })

  for (const flaw of flaws) {
    test(`fails the checks if its database ${flaw}`, async () => {
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
