// Damaged rows: the store returns the readable part of each one, and all other rows.

import assert from 'node:assert/strict'
import type { EventId } from '../../../src/domain/ids.ts'
import { acme, newEvent, sampleEvent, start } from './samples.ts'
import { addEndpoint, type Case, commit, nodeAndEndpoint } from './steps.ts'

export function damageCases(promise: Case): void {
  promise(
    'an event with damaged attributes is returned without them, and hides no other event',
    async (store, harness) => {
      const { node, key } = await nodeAndEndpoint(store)
      const ids = ['evt_good', 'evt_bad', 'evt_fine'] as EventId[]
      const events = ids.map((id) => sampleEvent(acme, 0, { id, attributes: { a: 'b' } }))
      await commit(store, node, 0, { events: events.map((event) => newEvent(event, [key], false)) })
      await harness.damage(`UPDATE events SET attributes = '{"a":' WHERE id = 'evt_bad'`)

      const expected = events.map((event) =>
        event.id === 'evt_bad' ? { ...event, attributes: null, unreadable: true } : event,
      )
      const claim = await store.claim(node, start, [{ endpoint: key, room: 9 }])
      const claimed = new Map(claim.deliveries.map(({ event }) => [event.id, event]))
      const listed = await store.listEvents(
        { tenant: acme, type: null, from: null, to: null },
        { limit: 9, after: null },
      )
      for (const [index, id] of ids.entries()) {
        assert.deepEqual(claimed.get(id), expected[index])
        assert.deepEqual(
          listed.rows.find((event) => event.id === id),
          expected[index],
        )
      }
      assert.deepEqual(await store.findEvents('evt_bad' as EventId, acme), [expected[1]])
    },
  )

  // Deliveries that fail visibly are better than no deliveries.
  const damaged = { event_types: { eventTypes: ['*'] }, filters: { filters: {} }, details: { details: {} } }
  for (const [column, seen] of Object.entries(damaged)) {
    promise(
      `an endpoint with damaged ${column} is marked as unreadable, and hides no other endpoint`,
      async (store, harness) => {
        const good = await addEndpoint(store)
        const bad = await addEndpoint(store)
        await harness.damage(`UPDATE endpoints SET ${column} = '[' WHERE key = ${bad.key}`)
        const endpoints = (await store.loadTenant(acme))?.endpoints
        assert.deepEqual(endpoints, [
          { ...bad, ...seen, health: null, pausedUntil: null, unreadable: true },
          { ...good, health: null, pausedUntil: null },
        ])
      },
    )
  }
}
