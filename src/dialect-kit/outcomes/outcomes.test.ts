// The meaning of outcomes: sets of statuses, waits, and the verdicts that follow.

import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Outcome } from '../../domain/attempt.ts'
import type { Event } from '../../domain/event.ts'
import { failureVerdict, outcomeMembers, schedules } from './outcomes.ts'
import { outcomeSet, statusSet } from './statuses.ts'

const rejected = (status: number): Outcome => ({ kind: 'rejected', status, retryAfterMs: null })
const timedOut: Outcome = { kind: 'timedOut', phase: 'headers' }
const unreachable: Outcome = { kind: 'unreachable', error: 'connection refused' }
const noAnswer = { response: null }

suite('a set of outcomes', () => {
  test('has statuses, ranges, hundreds and failures without an answer', () => {
    const includes = outcomeSet('5xx 404 410-412 timeout', 'here')
    const inside = [500, 599, 404, 410, 411, 412].map(rejected)
    for (const outcome of [...inside, timedOut]) assert.ok(includes(outcome))
    for (const outcome of [...[499, 403, 405, 409, 413].map(rejected), unreachable]) assert.ok(!includes(outcome))
    const blocked: Outcome = { kind: 'blocked', error: 'a private address' }
    assert.ok(outcomeSet('unreachable', 'here')(blocked) && outcomeSet('unreachable', 'here')(unreachable))
  })

  test('is refused with its place if a word is unknown', () => {
    for (const word of ['6xx', '1xx', '20', '2000', '504-500', '200-', 'ok', '']) {
      assert.throws(
        () => statusSet(`200 ${word || ','}`, 'deliveries.outcomes.success'),
        /^DefinitionError: deliveries\.outcomes\.success: /,
      )
    }
    assert.throws(() => statusSet('timeout', 'here'), /"timeout" is no status/)
  })
})

suite('the rules of a dialect', () => {
  test('add nothing to a dialect that has none', () => {
    assert.deepEqual(outcomeMembers({}), {})
    assert.equal(failureVerdict({}), null)
  })

  test('make a success a failure, and a failure a success', () => {
    const { outcomeOf } = outcomeMembers({ success: '200 301', accepts: ({ text }) => text !== 'no' })
    const read = (outcome: Outcome, response: string | null = '') => outcomeOf?.({ outcome, response })
    assert.deepEqual(read({ kind: 'delivered', status: 200 }), { kind: 'delivered', status: 200 })
    assert.deepEqual(read({ kind: 'delivered', status: 200 }, 'no'), rejected(200))
    assert.deepEqual(read({ kind: 'delivered', status: 201 }), rejected(201))
    assert.deepEqual(read(rejected(301)), { kind: 'delivered', status: 301 })
    const busy: Outcome = { kind: 'rejected', status: 503, retryAfterMs: 5 }
    assert.equal(read(busy), busy)
    assert.equal(read(timedOut, null), timedOut)
  })

  test('end the delivery or the endpoint', () => {
    const verdict = failureVerdict({
      retried: '5xx timeout 410 429',
      notRetried: '501',
      gone: '410',
      stops: ({ headers, status }) => headers['x-stop'] === String(status),
    })
    const kinds = [500, 501, 410, 404].map((status) => verdict?.(rejected(status), noAnswer)?.kind)
    assert.deepEqual(kinds, [undefined, 'notRetried', 'gone', 'notRetried'])
    assert.equal(verdict?.(timedOut, noAnswer), null)
    assert.deepEqual(verdict?.(unreachable, noAnswer), { kind: 'notRetried' })
    assert.deepEqual(verdict?.(rejected(429), { response: '', headers: { 'x-stop': '429' } }), { kind: 'notRetried' })
  })

  test('choose the first schedule that fits', () => {
    const base = { waitsMs: [1000, 2000], exact: true }
    const verdict = schedules(base, [
      { events: ['bounce.*'], outcomes: '5xx', waits: '1m' },
      { events: ['bounce.*'], waits: '2m 3m' },
      { outcomes: '429', waits: '' },
    ])
    const waits = (type: string, outcome: Outcome): unknown[] =>
      [1, 2, 3].map((attempt) => {
        const found = verdict(outcome, attempt, { type } as Event)
        return found.kind === 'retry' ? found.waitMs : found.kind
      })
    assert.deepEqual(waits('bounce.hard', rejected(500)), [60_000, 'exhausted', 'exhausted'])
    assert.deepEqual(waits('bounce.hard', timedOut), [120_000, 180_000, 'exhausted'])
    assert.deepEqual(waits('open', rejected(429)), ['exhausted', 'exhausted', 'exhausted'])
    assert.deepEqual(waits('open', rejected(500)), [1000, 2000, 'exhausted'])
    assert.throws(() => schedules(base, [{ waits: 'soon' }]), /deliveries\.waitsFor\.0\.waits/)
  })
})
