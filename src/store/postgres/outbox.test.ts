// The outbox: what `posthorn_publish` refuses, which node gets an event, and what a commit removes.

import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import pg from 'pg'
import { testDatabase } from '../../../test/support/test-database.ts'
import {
  acme,
  newEvent,
  other,
  sampleErasure,
  sampleEvent,
  sampleTenant,
  start,
} from '../../../test/conformance/store/samples.ts'
import { addTenants, commit, eraseAll, pruneAll } from '../../../test/conformance/store/steps.ts'
import type { OutboxEvent, OutboxStore } from '../../contracts/outbox-store.ts'
import type { Store } from '../../contracts/store.ts'
import type { EventId, Incarnation, OutboxKey, TenantId } from '../../domain/ids.ts'
import { limits } from '../../domain/limits.ts'
import { openPostgresStore } from './postgres-store.ts'

interface Site {
  readonly store: Store & { readonly outbox: OutboxStore }
  readonly node: Incarnation
  readonly otherNode: Incarnation
  /** Publishes an event. */
  readonly publish: (tenant: TenantId, fields?: Readonly<Record<string, unknown>>) => Promise<void>
  readonly run: (statement: string, ...values: unknown[]) => Promise<pg.QueryResult>
  readonly claim: (node?: Incarnation) => Promise<readonly OutboxEvent[]>
}

async function startSite(t: TestContext): Promise<Site> {
  const database = await testDatabase()
  const store = (await openPostgresStore(database.url)) as Site['store']
  const schema = new URL(database.url).searchParams.get('schema') ?? ''
  const client = new pg.Client({ connectionString: database.url.split('?')[0], options: `-c search_path=${schema}` })
  await client.connect()
  t.after(async () => {
    await client.end()
    await store.close()
    await database.drop()
  })
  await addTenants(store, acme, other)
  const [node, otherNode] = [await store.join(start), await store.join(start)]
  return {
    store,
    node,
    otherNode,
    async publish(tenant, fields = {}) {
      const { type = 'a', data = '{}', ...more } = fields
      const named = Object.keys(more).map((name, index) => `, ${name} => $${index + 4}`)
      await client.query(`SELECT posthorn_publish($1, $2, $3${named.join('')})`, [
        tenant,
        type,
        data,
        ...Object.values(more),
      ])
    },
    run: (statement, ...values) => client.query(statement, values),
    claim: async (as = node) => (await store.outbox.claimOutbox(as, '')).events,
  }
}

const nested = (depth: number): string => `${'{"a":'.repeat(depth - 1)}{}${'}'.repeat(depth - 1)}`
const attributes = (count: number): string =>
  JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, n) => [`a${n}`, ''])))

test('posthorn_publish has the bounds of the operator API, and names the fault', async (t) => {
  const site = await startSite(t)
  const most = {
    type: 'x'.repeat(limits.eventTypeCharsMax),
    id: 'x'.repeat(limits.eventIdCharsMax),
    attributes: attributes(limits.attributesMax),
    retain_seconds: limits.retainSecondsMax,
    occurred_at: '9999-12-31T23:59:59Z',
    data: nested(limits.jsonDepthMax),
  }
  await site.publish(acme, most)
  await site.publish(acme, { data: `{"a":"${'x'.repeat(limits.requestBodyBytesMax - 8)}"}` })
  await site.publish(acme, { data: JSON.stringify({ text: '[{"\\'.repeat(limits.jsonDepthMax) }) })
  await site.publish(acme, { attributes: JSON.stringify({ ['x'.repeat(256)]: 'ä'.repeat(256) }) })
  const wrong: Readonly<Record<string, readonly [code: string, fields: Readonly<Record<string, unknown>>]>> = {
    'there is no tenant unknown': ['23503', { tenant: 'unknown' }],
    'type must have 1 to 128 characters, and no blank at its beginning or end': ['22023', { type: `${most.type}x` }],
    'data must have at most 1048576 bytes': [
      '54000',
      { data: `{"a":"${'x'.repeat(limits.requestBodyBytesMax - 7)}"}` },
    ],
    'data must be a JSON object': ['22023', { data: '[]' }],
    'data must nest at most 128 levels deep': ['54000', { data: nested(limits.jsonDepthMax + 1) }],
    'id must have 1 to 64 letters, digits, _ or -': ['22023', { id: `${most.id}x` }],
    'occurred_at must be a time of the years 1 to 9999': ['22023', { occurred_at: 'infinity' }],
    'retain_seconds must be 1 to 315360000': ['22023', { retain_seconds: limits.retainSecondsMax + 1 }],
    'attributes must be a JSON object of at most 20 texts; names and texts have at most 256 characters': [
      '22023',
      { attributes: attributes(limits.attributesMax + 1) },
    ],
  }
  for (const [message, [code, { tenant = acme, ...fields }]] of Object.entries(wrong)) {
    await assert.rejects(site.publish(tenant as TenantId, fields), { code, message })
  }
  for (const [code, fields] of [
    ['22P02', { data: '{' }],
    ['22P02', { data: 'text' }],
    ['22023', { data: null }],
    ['22023', { type: null }],
    ['22023', { type: '' }],
    ['22023', { type: ' a' }],
    ['22023', { id: '' }],
    ['22023', { id: 'a.b' }],
    ['22023', { attributes: '[]' }],
    ['22023', { attributes: '{"a":1}' }],
    ['22023', { attributes: JSON.stringify({ a: 'x'.repeat(257) }) }],
    ['22023', { retain_seconds: 0 }],
  ] as const) {
    await assert.rejects(site.publish(acme, fields), { code }, JSON.stringify(fields))
  }
  assert.equal((await site.claim()).length, 4)
})

test('an event is read from the outbox as it was published', async (t) => {
  const { publish, claim } = await startSite(t)
  const before = Date.now()
  await publish(acme, { data: '{ "b": 1.0, "a": "\\u0000" }' })
  const full = { id: 'one', occurred_at: '2025-01-02T03:04:05.678+01:00', attributes: '{"a": "b"}', retain_seconds: 9 }
  await publish(other, { type: 'b', ...full })
  const [first, second] = await claim()
  assert.ok(first !== undefined && second !== undefined)
  const { key, publishedAt, ...fields } = first
  assert.ok(publishedAt >= before - 1000 && publishedAt <= Date.now() + 1000)
  assert.deepEqual(fields, {
    tenant: acme,
    orphaned: false,
    type: 'a',
    data: '{ "b": 1.0, "a": "\\u0000" }',
    id: null,
    occurredAt: null,
    attributes: null,
    retainSeconds: null,
  })
  assert.ok(second.key > key)
  const occurredAt = Date.parse(full.occurred_at)
  const { tenant, type, id, attributes: texts, retainSeconds } = second
  assert.deepEqual(
    { tenant, type, id, occurredAt: second.occurredAt, texts, retainSeconds },
    { tenant: other, type: 'b', id: 'one', occurredAt, texts: { a: 'b' }, retainSeconds: 9 },
  )
})

test('a node claims what no living node has claimed, and again what it has claimed itself', async (t) => {
  const { store, node, otherNode, publish, claim } = await startSite(t)
  for (const id of ['a', 'b']) await publish(acme, { id })
  const idsOf = (events: readonly OutboxEvent[]) => events.map(({ id }) => id)
  assert.deepEqual(idsOf(await claim(node)), ['a', 'b'])
  await publish(acme, { id: 'c' })
  assert.deepEqual(idsOf(await claim(otherNode)), ['c'])
  assert.deepEqual(idsOf(await claim(node)), ['a', 'b'])
  await store.leave(node)
  assert.deepEqual(idsOf(await claim(otherNode)), ['a', 'b', 'c'])
})

test('a claim is bounded in rows, bytes and tenants; tenants take turns', async (t) => {
  const { store, node, run, claim } = await startSite(t)
  const publishMany = (id: string, count: number, size: number): Promise<unknown> =>
    run(
      `SELECT posthorn_publish('${id}', 'a', '{"a":"' || repeat('x', ${size}) || '"}') FROM generate_series(1, ${count})`,
    )
  await publishMany(acme, limits.outboxClaimRows + 1, 1)
  assert.equal((await claim()).length, limits.outboxClaimRows)
  await publishMany(other, 30, limits.requestBodyBytesMax - 100)
  const halves = Map.groupBy(await claim(), ({ tenant }) => tenant)
  assert.equal(halves.get(acme)?.length, limits.outboxClaimRows / 2)
  assert.equal(halves.get(other)?.length, Math.ceil(limits.outboxClaimBytes / 2 / limits.requestBodyBytesMax) + 1)

  const tenants = Array.from({ length: 2 * limits.outboxClaimTenants }, (_, n) => `t${n}` as TenantId)
  await addTenants(store, ...tenants)
  for (const tenant of tenants) await publishMany(tenant, 1, 1)
  const seen = new Set<string>()
  for (let after = '', claims = 0; claims < 3; claims++) {
    const { events, last } = await store.outbox.claimOutbox(node, after)
    for (const { tenant } of events) seen.add(tenant)
    after = last
  }
  assert.equal(seen.size, tenants.length + 2)
})

test('a commit removes the events that it stores, and stores none that its node does not hold', async (t) => {
  const { store, node, otherNode, publish, claim, run } = await startSite(t)
  for (const id of ['held', 'lost', 'repeated']) await publish(acme, { id })
  const claimed = await claim(node)
  await run(`UPDATE outbox SET node = $1 WHERE id = 'lost'`, otherNode)
  const eventOf = (published: OutboxEvent) => ({
    ...newEvent(sampleEvent(acme, 0, { id: published.id as EventId }), [], true),
    outbox: published.key,
  })
  await commit(store, node, 0, { events: [newEvent(sampleEvent(acme, 0, { id: 'repeated' as EventId }), [], true)] })
  const posted = newEvent(sampleEvent(acme, 0), [], true)
  const { events } = await commit(store, node, 1, { events: [posted, ...claimed.map(eventOf)] })
  assert.deepEqual(
    events.map(({ kind }) => kind),
    ['stored', 'stored', 'stale', 'duplicate'],
  )
  const { rows } = await run('SELECT id FROM outbox ORDER BY key')
  assert.deepEqual(rows, [{ id: 'lost' }, { id: 'repeated' }])
  await store.outbox.removeFromOutbox(
    node,
    claimed.map(({ key }) => key),
  )
  assert.deepEqual((await run('SELECT id FROM outbox')).rows, [{ id: 'lost' }])
})

test('a tenant that gets a used id gets no event of the former one', async (t) => {
  const { store, node, otherNode, publish, claim, run } = await startSite(t)
  await publish(acme)
  await run(`UPDATE outbox SET node = $1`, node)
  await store.deleteTenant(acme, sampleErasure(0))
  await store.createTenant(sampleTenant(acme))
  const [event] = await claim(node)
  assert.equal(event?.orphaned, true)
  const stale = { ...newEvent(sampleEvent(acme, 0), [], true), outbox: event.key }
  assert.deepEqual((await commit(store, node, 0, { events: [stale] })).events, [{ kind: 'stale' }])

  await publish(acme, { id: 'of-the-new-one' })
  await store.outbox.setAside(node, [{ key: event.key, problem: 'its tenant was deleted', erase: true }])
  const { rows } = await run('SELECT data, problem FROM outbox WHERE problem IS NOT NULL')
  assert.deepEqual(rows, [{ data: '{}', problem: 'its tenant was deleted' }])
  await eraseAll(store, start)
  assert.deepEqual(
    (await claim(otherNode)).map(({ id }) => id),
    ['of-the-new-one'],
  )
  assert.equal(await store.outbox.countOutbox('set aside'), 0)
})

test('events that were set aside are listed in pages, the last published first', async (t) => {
  const { store, node, publish, claim, run } = await startSite(t)
  for (const id of ['a', 'b', 'c', 'd', 'waiting']) await publish(acme, { id })
  const claimed = await claim()
  // Three of the same time.
  const at = claimed[0]?.publishedAt ?? 0
  await run(`UPDATE outbox SET written_at = CASE id WHEN 'a' THEN $1::bigint + 1 ELSE $1::bigint END`, at)
  const some = claimed.filter(({ id }) => id !== 'waiting')
  await store.outbox.setAside(
    node,
    some.map(({ key }) => ({ key, problem: 'why', erase: false })),
  )
  const pageAfter = (after: string | null, limit = 2) => store.outbox.listSetAside({ limit, after })
  const first = await pageAfter(null)
  const second = await pageAfter(first.next)
  const idsOf = (page: typeof first) => page.rows.map(({ id }) => id)
  assert.deepEqual([idsOf(first), idsOf(second), second.next], [['a', 'd'], ['c', 'b'], null])
  assert.deepEqual(await pageAfter('x'), { rows: [], next: null })

  const [back, waiting] = [first.rows[0]?.key as OutboxKey, claimed.at(-1)?.key as OutboxKey]
  assert.equal(await store.outbox.putBack(back), 'written')
  for (const absent of [back, waiting]) {
    assert.equal(await store.outbox.findSetAside(absent), null)
    assert.equal(await store.outbox.putBack(absent), 'absent')
    assert.equal(await store.outbox.removeSetAside(absent), 'absent')
  }
  assert.deepEqual(
    (await claim()).map(({ id }) => id),
    ['a', 'waiting'],
  )
})

test('events that were set aside stay until the retention ends', async (t) => {
  const { store, node, publish, claim } = await startSite(t)
  await publish(acme)
  const [event] = await claim()
  assert.ok(event !== undefined)
  await store.outbox.setAside(node, [{ key: event.key, problem: 'why', erase: false }])
  assert.deepEqual(await claim(), [])
  await pruneAll(store, event.publishedAt - start, 0)
  assert.equal(await store.outbox.countOutbox('set aside'), 1)
  await pruneAll(store, event.publishedAt - start + 1, 0)
  assert.equal(await store.outbox.countOutbox('set aside'), 0)
})
