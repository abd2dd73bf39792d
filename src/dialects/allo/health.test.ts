// Allo's circuit breaker over simulated days: it starts counting only after failures of several deliveries at least 12
// hours apart within a day, and switches an endpoint off after five days of nothing but failures, never before.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { DeliveryId } from '../../domain/ids.ts'
import { allo } from './wire.ts'

const hour = 3_600_000
const day = 24 * hour
const start = Date.UTC(2026, 0, 1, 0, 30)
const armingSpan = 12 * hour
const fiveDays = 5 * day

interface Fact {
  /** Milliseconds since the first one. */
  readonly at: number
  readonly succeeded?: boolean
  /** Default: a delivery of its own. */
  readonly delivery?: string
}

/** When the endpoint is switched off, in ms since the start; null: not at all. */
function disabledAt(facts: readonly Fact[]): number | null {
  let health: string | null = null
  for (const { at, succeeded = false, delivery = `delivery ${at}` } of facts) {
    // The engine does not ask about a success while nothing is remembered.
    if (succeeded && health === null) continue
    const outcome = succeeded
      ? ({ kind: 'delivered', status: 200 } as const)
      : ({ kind: 'timedOut', phase: 'headers' } as const)
    const change = allo.health(health, {
      at: start + at,
      succeeded,
      outcome,
      delivery: delivery as DeliveryId,
      ended: succeeded,
    })
    if (change.health !== null) JSON.parse(change.health)
    health = change.health
    if (change.disable) return at
  }
  return null
}

/** One failure, each of a delivery of its own, every `step` from `from` to `to`, both included. */
function failures(from: number, to: number, step: number): Fact[] {
  return Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, index) => ({ at: from + index * step }))
}

test('twelve hours of failures arm it, and five more days of nothing but failures switch it off', () => {
  assert.equal(disabledAt(failures(0, 9 * day, hour)), armingSpan + fiveDays)
})

test('two failures of two deliveries, 12 hours apart, arm it', () => {
  const last = armingSpan + fiveDays
  assert.equal(disabledAt([{ at: 0 }, { at: armingSpan }, { at: last - 1 }]), null)
  assert.equal(disabledAt([{ at: 0 }, { at: armingSpan }, { at: last - 1 }, { at: last }]), last)
})

test('two failures a little less than 12 hours apart do not', () => {
  assert.equal(disabledAt([{ at: 0 }, { at: armingSpan - 1 }, { at: 20 * day }]), null)
})

test('failures a day apart do not, for however long', () => {
  assert.equal(disabledAt(failures(0, 30 * day, day)), null)
})

test('one delivery alone does not, with all its eight attempts', () => {
  let at = 0
  const attempts = [0, ...allo.retries.waitsMs].map((waitMs) => ({ at: (at += waitMs), delivery: 'the only one' }))
  assert.equal(disabledAt([...attempts, { at: 20 * day, delivery: 'the only one' }]), null)
})

test('an hour of many failures does not', () => {
  assert.equal(disabledAt([...failures(0, hour, 1000), { at: 20 * day }]), null)
})

test('many failures a minute arm it as well as few: what is remembered does not push out the first', () => {
  assert.equal(disabledAt(failures(0, 6 * day, 30_000)), armingSpan + fiveDays)
})

test('what is remembered stays small', () => {
  let health: string | null = null
  for (const { at } of failures(0, 6 * day, 60_000)) {
    const outcome = { kind: 'unreachable', error: 'connection refused' } as const
    const delivery = `019cb6d0-0000-7000-8000-${String(at).padStart(12, '0')}` as DeliveryId
    health = allo.health(health, { at: start + at, succeeded: false, outcome, delivery, ended: false }).health
    assert.ok((health ?? '').length < 4096)
  }
})

test('a success within the five days starts everything afresh', () => {
  const good = armingSpan + fiveDays - 2 * hour
  const facts = failures(0, 20 * day, hour).map((fact) => ({ ...fact, succeeded: fact.at === good }))
  assert.equal(disabledAt(facts), good + hour + armingSpan + fiveDays)
})

test('any success puts the end off by five days and more; any other end has had nothing but failures', () => {
  const facts = fc
    .array(
      fc.record({
        waitMs: fc.integer({ min: 1, max: 15 * hour }),
        succeeded: fc.boolean().chain((rare) => (rare ? fc.boolean() : fc.constant(false))),
        delivery: fc.integer({ min: 1, max: 4 }),
      }),
      { minLength: 1, maxLength: 60 },
    )
    .map((steps) => {
      let at = 0
      return steps.map(({ waitMs, succeeded, delivery }) => ({
        at: (at += waitMs),
        succeeded: succeeded && delivery === 1,
        delivery: String(delivery),
      }))
    })
  fc.assert(
    fc.property(facts, (history) => {
      const end = disabledAt(history)
      const expected = earliestEnd(history)
      if (end === null) return
      assert.ok(expected !== null && end >= expected, `${end} is before ${expected}`)
      const before = history.filter(({ at }) => at <= end && at > end - fiveDays - armingSpan)
      assert.ok(before.every(({ succeeded }) => !succeeded))
    }),
    { numRuns: 2000 },
  )
})

test('the report says since when and why', () => {
  assert.deepEqual(allo.healthReport(null), { status: 'healthy', reason: null, since: null })
  const outcome = { kind: 'rejected', status: 500, retryAfterMs: null } as const
  const fact = { succeeded: false, outcome, delivery: 'a' as DeliveryId, ended: false }
  const first = allo.health(null, { ...fact, at: start })
  const armed = allo.health(first.health, { ...fact, at: start + armingSpan, delivery: 'b' as DeliveryId })
  assert.deepEqual(
    [first, armed].map(({ health }) => ({ ...allo.healthReport(health), reason: '' })),
    [
      { status: 'failing', reason: '', since: start },
      { status: 'failing', reason: '', since: start },
    ],
  )
  assert.match(allo.healthReport(armed.health).reason ?? '', /2026-01-01T12:30/)
})

/** When the rule as the vendor words it would switch off at the earliest, over the whole history and not to the hour. */
function earliestEnd(history: readonly Fact[]): number | null {
  let since: Fact[] = []
  let armedAt: number | null = null
  for (const fact of history) {
    if (fact.succeeded === true) {
      since = []
      armedAt = null
      continue
    }
    since.push(fact)
    const recent = since.filter(({ at }) => fact.at - at < day)
    const several = new Set(recent.map(({ delivery }) => delivery)).size > 1
    if (several && recent.some(({ at }) => fact.at - at >= armingSpan)) armedAt ??= fact.at
    if (armedAt !== null && fact.at - armedAt >= fiveDays) return fact.at
  }
  return null
}
