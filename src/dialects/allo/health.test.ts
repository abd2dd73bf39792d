// Allo's circuit breaker over simulated days. The five days start after failures of several deliveries, at least 12
// hours apart and within a day. An endpoint is disabled after five days of only failures, and never before.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { DeliveryId } from '../../domain/ids.ts'
import definedAllo from './allo.ts'

const { dialect: allo } = definedAllo

const hour = 3_600_000
const day = 24 * hour
const start = Date.UTC(2026, 0, 1, 0, 30)
const armingSpan = 12 * hour
const fiveDays = 5 * day

interface Fact {
  /** Milliseconds since the start. */
  readonly at: number
  readonly succeeded?: boolean
  /** Default: a delivery that no other fact has. */
  readonly delivery?: string
}

/** The time at which the endpoint is disabled, in ms since the start; null: never. */
function disabledAt(facts: readonly Fact[]): number | null {
  let health: string | null = null
  for (const { at, succeeded = false, delivery = `delivery ${at}` } of facts) {
    // The engine does not call `health` for a success while no health is stored.
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

/** One failure every `step` ms from `from` to `to`, both included, each of another delivery. */
function failures(from: number, to: number, step: number): Fact[] {
  return Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, index) => ({ at: from + index * step }))
}

test('twelve hours of failures arm the breaker, and five more days of only failures disable the endpoint', () => {
  assert.equal(disabledAt(failures(0, 9 * day, hour)), armingSpan + fiveDays)
})

test('failures of two deliveries 12 hours apart arm the breaker', () => {
  const last = armingSpan + fiveDays
  assert.equal(disabledAt([{ at: 0 }, { at: armingSpan }, { at: last - 1 }]), null)
  assert.equal(disabledAt([{ at: 0 }, { at: armingSpan }, { at: last - 1 }, { at: last }]), last)
})

test('two failures a little less than 12 hours apart do not arm the breaker', () => {
  assert.equal(disabledAt([{ at: 0 }, { at: armingSpan - 1 }, { at: 20 * day }]), null)
})

test('failures a day apart never arm the breaker', () => {
  assert.equal(disabledAt(failures(0, 30 * day, day)), null)
})

test('all eight attempts of one delivery do not arm the breaker', () => {
  let at = 0
  const attempts = [0, ...allo.retries.waitsMs].map((waitMs) => ({ at: (at += waitMs), delivery: 'the only one' }))
  assert.equal(disabledAt([...attempts, { at: 20 * day, delivery: 'the only one' }]), null)
})

test('many failures within one hour do not arm the breaker', () => {
  assert.equal(disabledAt([...failures(0, hour, 1000), { at: 20 * day }]), null)
})

test('many failures a minute arm the breaker as few do: the first failure of each hour stays stored', () => {
  assert.equal(disabledAt(failures(0, 6 * day, 30_000)), armingSpan + fiveDays)
})

test('the stored health stays under 4 KiB', () => {
  let health: string | null = null
  for (const { at } of failures(0, 6 * day, 60_000)) {
    const outcome = { kind: 'unreachable', error: 'connection refused' } as const
    const delivery = `019cb6d0-0000-7000-8000-${String(at).padStart(12, '0')}` as DeliveryId
    health = allo.health(health, { at: start + at, succeeded: false, outcome, delivery, ended: false }).health
    assert.ok((health ?? '').length < 4096)
  }
})

test('a success within the five days resets the breaker', () => {
  const good = armingSpan + fiveDays - 2 * hour
  const facts = failures(0, 20 * day, hour).map((fact) => ({ ...fact, succeeded: fact.at === good }))
  assert.equal(disabledAt(facts), good + hour + armingSpan + fiveDays)
})

test('in any history, the endpoint is never disabled too early, and only after five days of failures alone', () => {
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

test('the health report has the time of the first failure and a reason', () => {
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

/** The earliest time at which the vendor's exact rule disables the endpoint, in ms since the start; null: never. */
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
