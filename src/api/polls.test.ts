// Polling endpoints through the operator API: fetch, acknowledge, refuse, wait; and changes, tests, retries, replays and erasures of their deliveries.

import assert from 'node:assert/strict'
import { after, suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Webhook } from 'standardwebhooks'
import type { Body } from '../../test/support/api-answer.ts'
import { type ApiRequest, eventType, fresh, startApiRig, type TestTenant, until } from '../../test/support/api-rig.ts'

const rig = await startApiRig({ POSTHORN_RETRY_SCALE: '0.02' })
after(() => rig.close())

interface Delivery {
  readonly id: string
  readonly event: string
  readonly attempt: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

interface Shown {
  readonly status: string
  readonly history: readonly { readonly outcome: string; readonly detail: string }[]
}

interface Queue {
  readonly tenant: TestTenant
  readonly path: string
  readonly endpoint: Body
}

async function newQueue(fields: Readonly<Record<string, unknown>> = {}): Promise<Queue> {
  const tenant = await rig.tenant('standard')
  const path = `/v1/tenants/${tenant.id}/endpoints`
  const body = { kind: 'polling', eventTypes: [eventType], ...fields }
  const endpoint = await rig.want(201, { method: 'POST', path, body })
  return { tenant, endpoint, path: `${path}/${endpoint.id}` }
}

function pollOf({ path, tenant }: Queue, body: object = {}): ApiRequest {
  return { method: 'POST', path: `${path}/poll`, key: tenant.key, body }
}

async function poll(queue: Queue, body: object = {}): Promise<{ data: Delivery[]; iterator: string; done: boolean }> {
  return (await rig.want(200, pollOf(queue, body))) as never
}

async function tell({ path, tenant }: Queue, what: 'ack' | 'nack', body: object): Promise<unknown> {
  const told = await rig.want(200, { method: 'POST', path: `${path}/poll/${what}`, key: tenant.key, body })
  return told['data']
}

async function shown(id: string | undefined): Promise<Shown> {
  return (await rig.want(200, { path: `/v1/deliveries/${id}` })) as never
}

async function attemptsOf(id: string | undefined): Promise<unknown[]> {
  return (await shown(id)).history.map(({ outcome, detail }) => `${outcome}: ${detail}`)
}

suite('a delivery that is polled', () => {
  test('is what would be sent, is signed alike, and is delivered once acknowledged', async () => {
    const queue = await newQueue({ headers: { 'x-mine': 'yes' } })
    assert.deepEqual([queue.endpoint['kind'], queue.endpoint['url']], ['polling', null])
    const event = await rig.event(queue.tenant, { data: { amount: 1 } })
    const { data, done } = await poll(queue)
    const [got] = data
    assert.ok(got !== undefined && done)
    assert.deepEqual([data.length, got.event, got.attempt, got.headers['x-mine']], [1, event, 1, 'yes'])
    const [secret] = (await rig.want(200, { path: queue.path }))['secrets'] as readonly { value: string }[]
    assert.deepEqual(new Webhook(secret?.value ?? '').verify(got.body, { ...got.headers }), JSON.parse(got.body))
    assert.deepEqual((await poll(queue)).data, [], 'no other poll gets it')
    assert.deepEqual([(await shown(got.id)).status, await attemptsOf(got.id)], ['pending', []])
    const told = [{ id: got.id, recorded: true, status: 'delivered' }]
    assert.deepEqual(await tell(queue, 'ack', { ids: [got.id] }), told)
    assert.partialDeepStrictEqual(await shown(got.id), {
      status: 'delivered',
      history: [{ number: 1, outcome: 'delivered', connections: 0 }],
    })
    await rig.event(queue.tenant)
    const { key } = await rig.want(201, {
      method: 'POST',
      path: '/v1/keys',
      body: { tenants: [queue.tenant.id], scopes: ['write'] },
    })
    const [unseen] = (await poll({ ...queue, tenant: { ...queue.tenant, key } })).data
    assert.deepEqual([unseen?.headers['x-mine'], unseen?.headers['webhook-id']], [undefined, unseen?.event])
    const unknown = fresh('none')
    assert.deepEqual(await tell(queue, 'ack', { ids: [got.id, unknown] }), [
      { id: got.id, recorded: false, status: 'delivered' },
      { id: unknown, recorded: false, status: null },
    ])
    const shownAfter = { attempts: 1, lastAttemptSucceeded: true, health: { status: 'healthy' } }
    assert.partialDeepStrictEqual(await rig.want(200, { path: queue.path }), shownAfter)
    const request = await rig.want(200, { path: `/v1/deliveries/${got.id}/request` })
    assert.partialDeepStrictEqual(request, { url: null, curl: null, body: got.body })
  })

  test('and refused is given again as the retry schedule says, with the reason in its history', async () => {
    const queue = await newQueue()
    await rig.event(queue.tenant)
    const [first] = (await poll(queue)).data
    const refused = await tell(queue, 'nack', { ids: [first?.id], status: 503, reason: 'the database is away' })
    assert.deepEqual(refused, [{ id: first?.id, recorded: true, status: 'pending' }])
    assert.deepEqual((await poll(queue)).data, [], 'not before its time')
    assert.partialDeepStrictEqual(await rig.want(200, { path: queue.path }), { health: { status: 'failing' } })
    const [again] = (await poll(queue, { waitSeconds: 5 })).data
    assert.deepEqual([again?.id, again?.attempt], [first?.id, 2])
    assert.deepEqual(await attemptsOf(first?.id), ['rejected: HTTP 503'])
    assert.partialDeepStrictEqual(await shown(first?.id), { history: [{ response: 'the database is away' }] })
    const gone = await tell(queue, 'nack', { ids: [first?.id], status: 410 })
    assert.deepEqual(gone, [{ id: first?.id, recorded: true, status: 'failed' }])
    assert.partialDeepStrictEqual(await rig.want(200, { path: queue.path }), { enabled: false, disabledReason: 'gone' })
  })

  test('and not acknowledged in time counts as timed out, and is given again', async () => {
    const queue = await newQueue()
    await rig.event(queue.tenant)
    const [first] = (await poll(queue, { ackSeconds: 1 })).data
    const startedAt = Date.now()
    const [again] = (await poll(queue, { waitSeconds: 5 })).data
    assert.deepEqual([again?.id, again?.attempt], [first?.id, 2])
    assert.ok(Date.now() - startedAt > 900 && Date.now() - startedAt < 2500)
    assert.deepEqual(await attemptsOf(first?.id), ['timedOut: timed out (acknowledgement)'])
    const late = await tell(queue, 'ack', { ids: [first?.id] })
    assert.deepEqual(late, [{ id: first?.id, recorded: true, status: 'delivered' }], 'the first consumer may be late')
  })

  test('is acknowledged by the iterator of its answer, unless it was refused', async () => {
    const queue = await newQueue()
    for (let index = 0; index < 5; index++) await rig.event(queue.tenant)
    const first = await poll(queue, { limit: 3 })
    assert.deepEqual([first.data.length, first.done], [3, false])
    await tell(queue, 'nack', { ids: [first.data[1]?.id] })
    const second = await poll(queue, { limit: 3, iterator: first.iterator })
    assert.deepEqual([second.data.length, second.done], [2, true])
    const states = await Promise.all(first.data.map(async ({ id }) => (await shown(id)).status))
    assert.deepEqual(states, ['delivered', 'pending', 'delivered'])
    await poll(queue, { iterator: first.iterator })
    assert.equal((await shown(second.data[0]?.id)).status, 'pending')
    const wrong = await rig.want(400, pollOf(queue, { iterator: 'x' }))
    assert.partialDeepStrictEqual(wrong, { errors: [{ field: 'iterator' }] })
  })

  test('is given to one of many consumers', async () => {
    const queue = await newQueue()
    const events = Array.from({ length: 60 }, () => ({ tenant: queue.tenant.id, type: eventType, data: {} }))
    await rig.want(202, { method: 'POST', path: '/v1/events/batch', body: { events } })
    const polls = await Promise.all(Array.from({ length: 12 }, () => poll(queue, { limit: 7, waitSeconds: 1 })))
    const ids = polls.flatMap(({ data }) => data.map(({ id }) => id))
    assert.deepEqual([ids.length, new Set(ids).size], [60, 60])
  })
})

suite('a poll that waits', () => {
  test('is woken by the commit of a delivery, and ends empty when its time is over', async () => {
    const queue = await newQueue()
    const startedAt = Date.now()
    assert.deepEqual(await poll(queue, { waitSeconds: 1 }), { data: [], iterator: null, done: true })
    assert.ok(Date.now() - startedAt >= 900 && Date.now() - startedAt < 2500)
    const waits: number[] = []
    for (let round = 0; round < 5; round++) {
      const answered = poll(queue, { waitSeconds: 10 }).then(({ data }) => ({ at: Date.now(), event: data[0]?.event }))
      await sleep(60 + 100 * round)
      const postedAt = Date.now()
      const event = await rig.event(queue.tenant)
      const got = await answered
      assert.equal(got.event, event)
      waits.push(got.at - postedAt)
    }
    assert.ok(waits.toSorted((a, b) => a - b)[2]! < 200, `woken after ${waits.join(', ')} ms`)
  })

  test('leaves its place when its caller goes, and takes no delivery with it', async () => {
    const queue = await newQueue()
    const abort = new AbortController()
    const url = `${rig.server.url}${queue.path}/poll`
    const headers = { authorization: `Bearer ${queue.tenant.key}`, 'content-type': 'application/json' }
    const body = JSON.stringify({ waitSeconds: 30 })
    const gone = fetch(url, { method: 'POST', headers, body, signal: abort.signal }).catch(() => 'aborted')
    await sleep(100)
    abort.abort()
    assert.equal(await gone, 'aborted')
    await sleep(50)
    await rig.event(queue.tenant)
    assert.equal((await poll(queue)).data.length, 1)
  })

  test('is refused with 400 if it would wait longer than 30 s', async () => {
    const queue = await newQueue()
    const refusal = await rig.want(400, pollOf(queue, { waitSeconds: 31 }))
    assert.partialDeepStrictEqual(refusal, { errors: [{ field: 'waitSeconds' }] })
  })

  test('is refused with 429 if too many of its key wait', async () => {
    const queue = await newQueue()
    const headers = { authorization: `Bearer ${queue.tenant.key}`, 'content-type': 'application/json' }
    const request = { method: 'POST', headers, body: JSON.stringify({ waitSeconds: 2 }) }
    const url = `${rig.server.url}${queue.path}/poll`
    const answers = await Promise.all(Array.from({ length: 110 }, () => fetch(url, request)))
    const refused = answers.filter(({ status }) => status === 429)
    assert.deepEqual([refused.length, refused[0]?.headers.get('retry-after')], [10, '1'])
    assert.match(await (refused[0] as Response).text(), /At most 100 polls of a key may wait/)
  })
})

suite('a polling endpoint', () => {
  test('has no URL, also after a change, and only where the dialect has it', async () => {
    const { tenant, path } = await newQueue()
    const endpoints = `/v1/tenants/${tenant.id}/endpoints`
    const wanted: [ApiRequest, string][] = [
      [
        { method: 'POST', path: endpoints, body: { kind: 'polling', url: 'https://a.example/', eventTypes: ['*'] } },
        'url',
      ],
      [{ method: 'POST', path: endpoints, body: { eventTypes: ['*'] } }, 'url'],
      [{ method: 'PATCH', path, body: { url: 'https://a.example/' } }, 'url'],
      [{ method: 'PATCH', path, body: { kind: 'push' } }, 'kind'],
    ]
    for (const [request, field] of wanted) {
      assert.partialDeepStrictEqual(await rig.want(400, request), { errors: [{ field }] })
    }
    const allo = await rig.tenant('allo')
    const body = { kind: 'polling', eventTypes: [eventType] }
    const refusal = await rig.want(400, { method: 'POST', path: `/v1/tenants/${allo.id}/endpoints`, body })
    assert.partialDeepStrictEqual(refusal, { errors: [{ field: 'kind' }] })
    assert.partialDeepStrictEqual(await rig.want(200, { method: 'PATCH', path, body: { description: 'x' } }), {
      url: null,
    })
    const pushed = await rig.endpoint(tenant)
    const conflict = await rig.want(409, { method: 'POST', path: `${endpoints}/${pushed.id}/poll`, body: {} })
    assert.equal(conflict.code, 'endpoint_not_polling')
    const found = (await rig.want(200, { path: `/v1/endpoints?tenant=${tenant.id}` })).data
    assert.deepEqual(
      found.map((each) => [each['kind'], each['pausedUntil']]),
      [
        ['push', null],
        ['polling', null],
      ],
    )
    assert.deepEqual((await rig.want(200, { path: `/v1/endpoints?tenant=${tenant.id}&health=paused` })).data, [])
  })

  test('has the URL null in its deliveries and its audit records too', async () => {
    const { tenant, endpoint } = await newQueue()
    const event = await rig.event(tenant)
    const { data } = await rig.want(200, { path: `/v1/deliveries?tenant=${tenant.id}`, key: tenant.key })
    const { deliveries } = await rig.want(200, { path: `/v1/events/${event}` })
    const one = await rig.want(200, { path: `/v1/deliveries/${data[0]?.id}` })
    const all = [...data, ...(deliveries as Body[]), one]
    assert.deepEqual(
      all.map((row) => row['endpointUrl']),
      [null, null, null],
    )
    const records = (await rig.want(200, { path: `/v1/audit?object=${endpoint.id}&action=endpoint.create` })).data
    assert.deepEqual(
      records.map(({ after: made }) => (made as Body)['url']),
      [null],
    )
  })

  test('gets test events, retries and replays, and nothing while it is disabled', async () => {
    const queue = await newQueue()
    const sent = await rig.want(202, { method: 'POST', path: `${queue.path}/test`, body: {} })
    const [test1] = (await poll(queue)).data
    assert.equal(test1?.id, sent['delivery'])
    const retry = { method: 'POST', path: `/v1/deliveries/${test1?.id}/retry` } as const
    assert.equal((await rig.want(409, retry)).code, 'delivery_in_flight', 'a consumer has it')
    await tell(queue, 'ack', { ids: [test1?.id] })
    await rig.want(202, retry)
    assert.deepEqual(
      (await poll(queue)).data.map(({ id, attempt }) => [id, attempt]),
      [[test1?.id, 2]],
    )
    await rig.want(200, { method: 'PATCH', path: queue.path, body: { enabled: false } })
    await until(async () => (await shown(test1?.id)).status === 'cancelled', 'the delivery is cancelled')
    assert.equal((await rig.want(409, pollOf(queue))).code, 'endpoint_disabled')
    const told = [{ id: test1?.id, recorded: false, status: 'cancelled' }]
    assert.deepEqual(await tell(queue, 'ack', { ids: [test1?.id] }), told)
    await rig.want(200, { method: 'PATCH', path: queue.path, body: { enabled: true } })
    const replay = { method: 'POST', path: `${queue.path}/replay`, body: { since: '2026-01-01T00:00:00Z' } } as const
    assert.equal((await rig.want(202, replay))['deliveries'], 1)
    const [replayed] = (await poll(queue)).data
    assert.deepEqual([replayed?.id, replayed?.attempt], [test1?.id, 2])
  })

  test('gives no erased data, and lets its consumer not acknowledge it', async () => {
    const queue = await newQueue()
    const [given, left] = [await rig.event(queue.tenant), await rig.event(queue.tenant)]
    const [got] = (await poll(queue, { limit: 1 })).data
    assert.equal(got?.event, given)
    for (const event of [given, left]) await rig.want(202, { method: 'DELETE', path: `/v1/events/${event}/data` })
    assert.deepEqual((await poll(queue)).data, [])
    const told = [{ id: got?.id, recorded: false, status: 'cancelled' }]
    assert.deepEqual(await tell(queue, 'ack', { ids: [got?.id] }), told)
  })
})
