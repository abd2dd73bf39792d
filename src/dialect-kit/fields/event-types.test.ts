// The types of event names, for code that publishes. TypeScript checks this file: each expected error must be one.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import allo from '../../dialects/allo/allo.ts'
import type dialnexa from '../../dialects/dialnexa/dialnexa.ts'
import partoo from '../../dialects/partoo/partoo.ts'
import type storno from '../../dialects/storno/storno.ts'
import type { EventTypeOf } from '../index.ts'

function publish<Type extends string>(type: Type): Type {
  return type
}

test('the event types of a dialect are known to the types, those of its variants too', () => {
  publish<EventTypeOf<typeof allo>>('call.received')
  // @ts-expect-error the dialect has no such event
  publish<EventTypeOf<typeof allo>>('call.recieved')
  publish<EventTypeOf<typeof dialnexa>>('any.event, because the catalogue is open')
  // @ts-expect-error the dialect has no such event
  publish<EventTypeOf<typeof partoo>>('nothing')
  // @ts-expect-error the dialect has no such event
  publish<EventTypeOf<typeof storno>>('nothing')
  publish<EventTypeOf<typeof storno>>('invoice.created')
  publish<EventTypeOf<typeof storno>>('company.created')
  assert.ok(allo.eventTypes.includes('summary.updated'))
  const ofTenants = Object.values(partoo.definition.variants ?? {}).flatMap(({ events = {} }) => Object.keys(events))
  for (const type of ofTenants) assert.ok(partoo.eventTypes.some((name) => name === type))
  assert.equal(new Set(partoo.eventTypes).size, partoo.eventTypes.length)
})
