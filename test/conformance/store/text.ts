// The store returns text unchanged. A payload is signed and sent byte for byte, so a store must not normalize it.

import assert from 'node:assert/strict'
import type { ApiKeyId, DeliveryId, EventId, TenantId } from '../../../src/domain/ids.ts'
import { limits } from '../../../src/domain/limits.ts'
import type { ClaimedDelivery } from '../../../src/contracts/lease-store.ts'
import { acme, newEvent, sampleAttempt, sampleErasure, sampleEvent, sampleMove, start } from './samples.ts'
import { addEndpoint, attemptsOf, endpointsOf, type Case, commit, joinAlone, nodeAndEndpoint } from './steps.ts'
import { everyDelivery } from '../../../src/contracts/history-store.ts'

/** Every character of the basic plane except NUL and surrogates, and some characters of each plane above. */
function everyKindOfCharacter(): string {
  let text = ''
  for (let code = 1; code < 0x11_0000; code += code < 0x1_0000 ? 1 : 251) {
    if (code < 0xd800 || code > 0xdfff) text += String.fromCodePoint(code)
  }
  return text
}

const texts: Readonly<Record<string, string>> = {
  'every kind of character': JSON.stringify(everyKindOfCharacter()),
  escapes: String.raw`"\u0000 \uD83D\uDE00 \ud800 \/ \u00e9 é \n"`,
  'numbers that a float cannot hold': '[12345678901234567890.10, 1e400, -0, 1.0, 1E+2, 0.1000]',
  'keys in their order, some repeated': '{"b":1,"a":2,"b":3,"":null,"__proto__":{},"1":0}',
  'white space': ' {\r\n\t"a" :  1 }\n ',
  'combining characters that are not composed': '"e\u0301 \u1e9b\u0323 \u212b \ufb01"',
  'right to left, joined emoji, byte order mark': '"\ufeff\u202eשלום 👩‍👩‍👧‍👦\u2028\u2029\ufffe\uffff"',
  'quotes and special characters': `"'; DROP TABLE events; -- $1 ? %s \\\\"`,
  'a single value': 'null',
  'deep nesting': '['.repeat(limits.jsonDepthMax) + ']'.repeat(limits.jsonDepthMax),
  'a full mebibyte': JSON.stringify('é漢😀x'.repeat(limits.requestBodyBytesMax / 10)),
}

export function textCases(promise: Case): void {
  promise('data is unchanged in lists, by id, in a claim and in a duplicate', async (store, harness) => {
    const { node, key } = await nodeAndEndpoint(store)
    const events = Object.values(texts).map((data) => newEvent(sampleEvent(acme, 0, { data }), [key], false))
    await commit(store, node, 0, { events })
    const repeat = await commit(store, node, 1, { events })
    assert.ok(repeat.events.every(({ kind }) => kind === 'duplicate'))
    const after = await harness.reopen()
    const other = await joinAlone(after, 0)
    const deliveries: ClaimedDelivery[] = []
    for (let more = [key]; more.length > 0;) {
      const claim = await after.claim(other, start, [{ endpoint: key, room: 100 }])
      deliveries.push(...claim.deliveries)
      more = [...claim.more]
    }
    for (const [index, [name, data]] of Object.entries(texts).entries()) {
      const event = events[index]?.event
      assert.ok(event !== undefined)
      assert.ok((await after.findEvents(event.id, acme))[0]?.data === data, `by id: ${name}`)
      const claimed = deliveries.find((row) => row.event.id === event.id)
      assert.ok(claimed?.event.data === data, `in a claim: ${name}`)
    }
    const filter = { tenant: acme, type: null, from: null, to: null }
    const { rows } = await after.listEvents(filter, { limit: 100, after: null })
    assert.deepEqual(new Set(rows.map(({ data }) => data)), new Set(Object.values(texts)))
  })

  promise('attributes and filters are unchanged', async (store) => {
    const { node } = await nodeAndEndpoint(store)
    const attributes = {
      '': '',
      'a b': 'é漢😀',
      quote: `"'\\`,
      constructor: 'x',
      line: 'a\r\nb',
      long: 'x'.repeat(256),
    }
    const event = sampleEvent(acme, 0, { attributes, id: 'evt-é' as EventId, type: 'type.é' })
    await commit(store, node, 0, { events: [newEvent(event, [], true)] })
    assert.deepEqual(await store.findEvents(event.id, acme), [event])
    const endpoint = await addEndpoint(store, acme, {
      filters: attributes,
      eventTypes: ['é', '*', ''],
      description: `multi\nline 'quoted' "twice" \\ 漢`,
      url: 'https://example.com/?q=%00&é=😀',
    })
    assert.deepEqual((await endpointsOf(store, acme))[0], endpoint)
  })

  promise('the response of a receiver is stored unchanged', async (store) => {
    const { node, key } = await nodeAndEndpoint(store)
    const accepted = newEvent(sampleEvent(acme, 0), [key], true)
    await commit(store, node, 0, { events: [accepted] })
    const [born] = accepted.deliveries
    assert.ok(born !== undefined)
    const response = '\u0001\ufffd<html>é漢😀\r\n'.repeat(200).slice(0, limits.responseKeptCharsMax)
    const attempt = sampleAttempt(1, 1, { response, outcome: { kind: 'unreachable', error: `é '"\\ \n` } })
    await commit(store, node, 1, { moves: [sampleMove(born.id, key, { to: 'delivered' }, 1, attempt)] })
    assert.deepEqual(await attemptsOf(store, born.id), [attempt])
  })

  promise('a response that contains NUL is stored like any other', async (store) => {
    const { node, key } = await nodeAndEndpoint(store)
    const accepted = newEvent(sampleEvent(acme, 0), [key], true)
    await commit(store, node, 0, { events: [accepted] })
    const [born] = accepted.deliveries
    assert.ok(born !== undefined)
    const attempt = sampleAttempt(1, 1, { response: 'PK\u0003\u0004\0\0\0end' })
    await commit(store, node, 1, { moves: [sampleMove(born.id, key, { to: 'delivered' }, 1, attempt)] })
    // A database that cannot hold NUL stores the replacement character in its place.
    const [kept] = await attemptsOf(store, born.id)
    assert.equal(kept?.response?.replaceAll('\0', '\ufffd'), 'PK\u0003\u0004\ufffd\ufffd\ufffdend')
  })

  promise('a name that contains NUL finds nothing', async (store) => {
    const { node, key } = await nodeAndEndpoint(store)
    await commit(store, node, 0, { events: [newEvent(sampleEvent(acme, 0), [key], false)] })
    const page = { limit: 5, after: null }
    const [tenant, eventType, id] = [`${acme}\0` as TenantId, 'a\0', '\0' as EventId]
    const nothing = { rows: [], next: null }
    assert.deepEqual(await store.findEvents(id, null), [])
    assert.deepEqual(await store.findEvents(id, tenant), [])
    assert.deepEqual(await store.deliveriesOfEvent({ tenant, id }), [])
    assert.deepEqual(await store.listEvents({ tenant, type: eventType, from: null, to: null }, page), nothing)
    const deliveries = { ...everyDelivery, tenant, eventType }
    const none = { ...nothing, searchedTo: null }
    assert.deepEqual(await store.listDeliveries(deliveries, page), none)
    assert.deepEqual(await store.listDeliveries({ ...deliveries, tenant: null }, page), none)
    const attempts = { endpoint: key, succeeded: null, eventType, from: null, to: null }
    assert.deepEqual(await store.listAttempts(attempts, { page: 1, limit: 5 }), { rows: [], total: 0 })
    assert.equal(await store.findDelivery('\0' as DeliveryId), null)
    assert.equal(await store.findTenant(tenant), null)
    assert.equal(await store.loadTenant(tenant), null)
    assert.deepEqual(await store.listTenants(page, '\0'), none)
    assert.deepEqual(await store.listKeys(page, tenant), nothing)
    assert.equal(await store.findKeyByHash('\0'), null)
    assert.equal(await store.findAnswer('key_1' as ApiKeyId, '\0', 0), null)
    assert.equal(await store.deleteTenant(tenant, sampleErasure(0)), 'absent')
    assert.equal(await store.revokeKey('\0' as ApiKeyId, 1), 'absent')
  })
}
