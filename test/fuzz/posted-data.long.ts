// Receivers get the data of an event byte for byte as it was posted: in every dialect, on both databases, in the first
// attempt, in a retry from the database and in a retry by the operator.

import assert from 'node:assert/strict'
import { after, suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { testDatabase } from '../support/test-database.ts'
import { type FrontName, frontNames, profileOf } from './documents.ts'
import { deepestObject, objectText } from './json-text.ts'
import { Parties, type Party } from './parties.ts'

const seed = 20_261_121
const occurredAt = '2026-01-31T10:00:00.123Z'
const waitMsMax = 20_000

/** By path: the bodies that arrived, in order, with one character per byte. */
const arrived = new Map<string, string[]>()

/** Rejects about every second new body of a path, so that it is retried. */
function behave({ path, body }: { path: string; body: Buffer }): { status: number } {
  const earlier = arrived.get(path) ?? []
  const text = body.toString('latin1')
  arrived.set(path, [...earlier, text])
  return { status: !earlier.includes(text) && earlier.length % 2 === 0 ? 500 : 200 }
}

const databases = ['SQLite', 'PostgreSQL'] as const

for (const database of databases) {
  suite(`data on ${database}`, { concurrency: true }, async () => {
    const place = database === 'SQLite' ? null : await testDatabase()
    const env = { POSTHORN_RETRY_SCALE: '0.0001', ...(place !== null && { POSTHORN_DATABASE: place.url }) }
    const parties = await Parties.start(env, behave)
    after(async () => {
      await parties.close()
      await place?.drop()
    })
    for (const front of frontNames) {
      test(`arrives as it was posted, in ${profileOf(front).dialect.name}`, async () => {
        const datas = fc.uniqueArray(objectText, { minLength: 1, maxLength: 30 })
        const property = fc.asyncProperty(datas, (texts) => checkArrival(parties, front, texts))
        await fc.assert(property, { seed, numRuns: 5, endOnFailure: true })
      })
    }
  })
}

async function checkArrival(parties: Parties, front: FrontName, datas: readonly string[]): Promise<void> {
  const party = await parties.party(front)
  const path = new URL(party.url).pathname
  arrived.delete(path)
  const [alone, ...batched] = await post(parties, party, [deepestObject, ...datas])
  assert.ok(alone !== undefined && batched.length === datas.length)
  const sent = await Promise.all([alone, ...batched].map((event) => deliveryOf(parties, party, event)))

  const bodies = sent.map(({ body }) => body)
  const once = arrived.get(path) ?? []
  assert.deepEqual(new Set(once), new Set(bodies))
  assert.ok(once.length > bodies.length && once.length <= 2 * bodies.length, `${once.length} requests arrived`)

  await Promise.all(sent.map(({ delivery }) => parties.want(202, 'POST', `/v1/deliveries/${delivery}/retry`)))
  const all = await arrivals(path, once.length + bodies.length)
  assert.deepEqual(all.slice(once.length).toSorted(), bodies.toSorted())
}

interface Posted {
  readonly id: string
  readonly data: string
}

/** Posts the first event alone and the others in a batch. JSON.stringify does not touch the data. */
async function post(parties: Parties, { tenant, front }: Party, datas: readonly string[]): Promise<readonly Posted[]> {
  const head = JSON.stringify({ tenant, type: profileOf(front).api.eventType(0), occurredAt }).slice(0, -1)
  const [first, ...rest] = datas.map((data) => `${head},"data":${data}}`)
  const one = await parties.wantRaw(202, '/v1/events', first ?? '')
  const { results } = await parties.wantRaw(202, '/v1/events/batch', `{"events":[${rest.join(' ,\n')}]}`)
  return [one, ...(results as { id: string }[])].map(({ id }, index) => ({ id: String(id), data: datas[index] ?? '' }))
}

/** The delivery of an event and its expected request body. */
async function deliveryOf(
  parties: Parties,
  { tenant, front, ids, url }: Party,
  { id, data }: Posted,
): Promise<{ readonly delivery: string; readonly body: string }> {
  const { api, delivery: wire } = profileOf(front)
  const delivery = await parties.delivered(tenant, id)
  const text = wire.body({
    id,
    type: api.eventType(0),
    data,
    occurredAt,
    tenant,
    delivery,
    endpoint: { id: ids.endpoint, url },
  })
  return { delivery, body: Buffer.from(text).toString('latin1') }
}

async function arrivals(path: string, count: number): Promise<readonly string[]> {
  const giveUpAt = Date.now() + waitMsMax
  for (;;) {
    const all = arrived.get(path) ?? []
    if (all.length >= count) return all
    assert.ok(Date.now() < giveUpAt, `${all.length} of ${count} requests arrived`)
    await sleep(5)
  }
}
