// Random operations on an engine and on the model: both must agree at every step, and no delivery may still wait at the
// end. POSTHORN_STORE_SEED repeats a run.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { TenantId } from '../../../src/domain/ids.ts'
import { sized } from '../../support/size.ts'
import { endpoints, operations } from './operations.ts'
import { Pair } from './pair.ts'
import { start } from './samples.ts'
import type { Harness } from './steps.ts'

const runs = sized({ short: 12, long: 100 })

export function randomCases(open: () => Promise<Harness>): void {
  void test('an engine and the model agree after random operations', { timeout: 120_000 }, async () => {
    const seed = Number(process.env['POSTHORN_STORE_SEED'] ?? Date.now() % 1_000_000_000)
    // Opening a database takes long, so runs share one until a run fails. Each run has its own tenant.
    let harness: Harness | null = null
    let run = 0
    const property = fc.asyncProperty(operations, async (todo) => {
      harness ??= await open()
      run++
      const pair = new Pair(harness, `tenant-${run}` as TenantId, start + run * 10_000_000)
      try {
        await pair.begin(endpoints)
        for (const step of todo) await pair.apply(step)
        await pair.finish()
      } catch (error) {
        await harness.dispose()
        harness = null
        throw error
      }
    })
    try {
      await fc.assert(property, { numRuns: runs, seed, interruptAfterTimeLimit: 90_000 })
      assert.ok(run >= runs / 2, `only ${run} runs were made in the time`)
    } finally {
      await (harness as Harness | null)?.dispose()
    }
  })
}
