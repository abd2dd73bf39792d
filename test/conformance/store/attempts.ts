// The list of attempts of an endpoint, and the exchange of an attempt.

import assert from 'node:assert/strict'
import type { Attempt } from '../../../src/domain/attempt.ts'
import type { EndpointKey } from '../../../src/domain/ids.ts'
import type { AttemptFilter, AttemptRow } from '../../../src/contracts/history-store.ts'
import { acme, sampleAttempt, sampleMove, start } from './samples.ts'
import { accept, addEndpoint, type Case, claimOne, commit, nodeAndEndpoint } from './steps.ts'

const exchange = {
  url: 'https://receiver.example/hook',
  requestHeaders: { 'content-type': 'application/json' },
  responseHeaders: { server: 'x' },
}

const phases = { nameMs: 1, connectMs: 5, tlsMs: null, waitMs: 80, bodyMs: 0 }
const more: Partial<Attempt> = { exchange, connections: 2, phases, requestCrc: -1 }

export function attemptCases(promise: Case): void {
  promise('an attempt is stored with all that is known of it', async (store) => {
    const { node, endpoint, key } = await nodeAndEndpoint(store)
    const [first, second] = await accept(store, node, endpoint, 0, { leased: true, count: 2 })
    assert.ok(second !== undefined)
    const moves = [
      sampleMove(first, key, { to: 'delivered' }, 1, sampleAttempt(1, 1, more)),
      sampleMove(second, key, { to: 'delivered' }, 1, sampleAttempt(1, 1)),
    ]
    await commit(store, node, 1, { moves })
    assert.deepEqual((await store.findDelivery(first))?.attempts, [sampleAttempt(1, 1, more)])
    assert.deepEqual((await store.findDelivery(second))?.attempts, [sampleAttempt(1, 1)])
  })

  promise(
    'the attempts of an endpoint are listed in numbered pages, those of the newest deliveries first',
    async (store) => {
      const { node, endpoint, key } = await nodeAndEndpoint(store)
      const stranger = await addEndpoint(store, acme)
      await accept(store, node, stranger, 0, { leased: true })
      const [old] = await accept(store, node, endpoint, 0, { leased: true, event: { type: 'old' } })
      const [young] = await accept(store, node, endpoint, 5000, { leased: true, event: { type: 'young' } })
      const good = { kind: 'delivered', status: 200 } as const
      await commit(store, node, 1, {
        moves: [
          sampleMove(old, key, { to: 'waiting', dueAt: start + 2 }, 1, sampleAttempt(1, 1)),
          sampleMove(young, key, { to: 'delivered' }, 1, sampleAttempt(1, 1, { outcome: good })),
        ],
      })
      assert.deepEqual(await claimOne(store, node, 2, key, 1), [old])
      await commit(store, node, 3, {
        moves: [sampleMove(old, key, { to: 'delivered' }, 3, sampleAttempt(2, 3, { outcome: good }))],
      })

      const all: AttemptFilter = { endpoint: key, succeeded: null, eventType: null, from: null, to: null }
      const list = async (filter: Partial<AttemptFilter>, page = 1, limit = 10): Promise<string[]> =>
        names(await store.listAttempts({ ...all, ...filter }, { page, limit }))
      assert.deepEqual(await list({}), ['young 1', 'old 2', 'old 1', 'of 3'])
      assert.deepEqual(await list({}, 1, 2), ['young 1', 'old 2', 'of 3'])
      assert.deepEqual(await list({}, 2, 2), ['old 1', 'of 3'])
      assert.deepEqual(await list({}, 3, 2), ['of 3'])
      assert.deepEqual(await list({ succeeded: false }), ['old 1', 'of 1'])
      assert.deepEqual(await list({ succeeded: true }), ['young 1', 'old 2', 'of 2'])
      assert.deepEqual(await list({ eventType: 'old' }), ['old 2', 'old 1', 'of 2'])
      assert.deepEqual(await list({ from: start + 1 }), ['young 1', 'of 1'])
      assert.deepEqual(await list({ to: start + 5000 }), ['old 2', 'old 1', 'of 2'])
      assert.deepEqual(await list({ endpoint: 987_654 as EndpointKey }), ['of 0'])
    },
  )

  promise('the failed attempts of the newest deliveries of an endpoint are read, up to a bound', async (store) => {
    const { node, endpoint, key } = await nodeAndEndpoint(store)
    const [old] = await accept(store, node, endpoint, 0, { leased: true })
    const [young] = await accept(store, node, endpoint, 5000, { leased: true })
    const [good] = await accept(store, node, endpoint, 9000, { leased: true })
    const late = sampleAttempt(1, 1, { outcome: { kind: 'timedOut', phase: 'headers' }, response: null })
    const fine = sampleAttempt(1, 1, { outcome: { kind: 'delivered', status: 200 } })
    await commit(store, node, 1, {
      moves: [
        sampleMove(old, key, { to: 'waiting', dueAt: start + 2 }, 1, sampleAttempt(1, 1)),
        sampleMove(young, key, { to: 'failed', reason: 'not retried' }, 1, late),
        sampleMove(good, key, { to: 'delivered' }, 1, fine),
      ],
    })
    assert.deepEqual(await claimOne(store, node, 2, key, 1), [old])
    await commit(store, node, 3, {
      moves: [sampleMove(old, key, { to: 'delivered' }, 3, sampleAttempt(2, 3, { response: 'é'.repeat(50) }))],
    })
    const bounds = { deliveriesMax: 3, attemptsMax: 3, charsMax: 8 }
    const all = await store.newestFailures(key, bounds)
    assert.equal(all.searchedTo, null)
    assert.deepEqual(
      all.rows.map(({ delivery, number, response }) => [delivery, number, response]),
      [
        [young, 1, null],
        [old, 2, 'é'.repeat(8)],
        [old, 1, 'later, p'],
      ],
    )
    assert.deepEqual(all.rows[0]?.outcome, late.outcome)
    const fewDeliveries = await store.newestFailures(key, { ...bounds, deliveriesMax: 2 })
    assert.deepEqual([fewDeliveries.rows.length, fewDeliveries.searchedTo], [1, start + 5000])
    const fewAttempts = await store.newestFailures(key, { ...bounds, attemptsMax: 2 })
    assert.deepEqual([fewAttempts.rows.length, fewAttempts.searchedTo], [2, start])
    assert.deepEqual(await store.newestFailures(987_654 as EndpointKey, bounds), { rows: [], searchedTo: null })
  })
}

function names({ rows, total }: { readonly rows: readonly AttemptRow[]; readonly total: number }): string[] {
  return [...rows.map((row) => `${row.delivery.eventType} ${row.number}`), `of ${total}`]
}
