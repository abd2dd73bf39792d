// The assertions for every run with crashes, and for its control.

import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import type { CrashRun } from './crash-run.ts'
import { crashSeed } from './random.ts'

/** Prints the figures of a run. Fails if an accepted event is missing or another event was sent. */
export function assertNothingLost(
  t: TestContext,
  { verdict, drained, drainMs, miscounts = [] }: CrashRun,
  acceptedMin: number,
): void {
  const { problems, ...figures } = verdict
  t.diagnostic(JSON.stringify({ ...figures, drainMs, seed: crashSeed }))
  // First, because pending deliveries count as lost below. They are a stall and not a loss.
  assert.ok(drained, `deliveries still pending after ${drainMs} ms, ${verdict.lost} never delivered, seed ${crashSeed}`)
  assert.deepEqual(problems.slice(0, 20), [], `${problems.length} problems with seed ${crashSeed}`)
  assert.deepEqual(miscounts, [], `the statistics differ from the history with seed ${crashSeed}`)
  assert.ok(verdict.accepted > acceptedMin, 'too few events were accepted for a result')
}

/** For a control: the same run with a weakened server. If that loses nothing, the run proves nothing. */
export function assertSomethingLost(t: TestContext, { verdict, drained }: CrashRun): void {
  t.diagnostic(`accepted ${verdict.accepted}, lost ${verdict.lost}`)
  assert.ok(drained, 'deliveries still pending, which would count as lost')
  assert.ok(verdict.lost > 0, `a weakened server lost nothing, seed ${crashSeed}`)
}
