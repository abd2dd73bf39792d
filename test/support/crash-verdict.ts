// What every run with crashes must come to, and what its control.

import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import type { CrashRun } from './crash-run.ts'
import { crashSeed } from './crash-size.ts'

/** Prints the figures of a run, and fails where anything accepted is missing or anything else was sent. */
export function assertNothingLost(t: TestContext, { verdict, drained, drainMs }: CrashRun, acceptedMin: number): void {
  const { problems, ...figures } = verdict
  t.diagnostic(JSON.stringify({ ...figures, drainMs, seed: crashSeed }))
  // First, because what is still pending counts as lost below, but is a stall and not a loss.
  assert.ok(drained, `deliveries still pending after ${drainMs} ms, ${verdict.lost} never delivered, seed ${crashSeed}`)
  assert.deepEqual(problems.slice(0, 20), [], `${problems.length} problems with seed ${crashSeed}`)
  assert.ok(verdict.accepted > acceptedMin, 'the load was too small to mean anything')
}

/** For a control: the same run of a server that was weakened. Had it lost nothing, the run would prove nothing. */
export function assertSomethingLost(t: TestContext, { verdict, drained }: CrashRun): void {
  t.diagnostic(`accepted ${verdict.accepted}, lost ${verdict.lost}`)
  assert.ok(drained, 'what is pending counts as lost')
  assert.ok(verdict.lost > 0, `a weakened server lost nothing, seed ${crashSeed}`)
}
