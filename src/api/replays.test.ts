// Replays as jobs: previews, progress, rate, cancel, missing deliveries, and bad input.

import assert from 'node:assert/strict'
import { after, suite, test } from 'node:test'
import type { Body } from '../../test/support/api-answer.ts'
import { type ApiRequest, eventType, fresh, startApiRig, type TestTenant, until } from '../../test/support/api-rig.ts'
import { limits } from '../domain/limits.ts'

// A delivery fails at once, after ten attempts.
const rig = await startApiRig({ POSTHORN_RETRY_SCALE: '0' })
after(() => rig.close())

const from = '2026-01-01T00:00:00Z'
const post = (path: string, body?: unknown): ApiRequest => ({ method: 'POST', path, body })
const create = (tenant: TestTenant, body: object = {}, filter: object = {}): ApiRequest =>
  post('/v1/replays', { filter: { tenant: tenant.id, from, ...filter }, ...body })

async function made(fields: Readonly<Record<string, unknown>> = {}) {
  const tenant = await rig.tenant('standard')
  return { tenant, endpoint: await rig.endpoint(tenant, fields) }
}

type Endpoint = Awaited<ReturnType<typeof made>>['endpoint']

async function publish(tenant: TestTenant, count: number, type = eventType): Promise<string[]> {
  const events = Array.from({ length: count }, () => ({ tenant: tenant.id, type, data: {} }))
  const { results } = (await rig.want(202, post('/v1/events/batch', { events }))) as Body & {
    results: { id: string }[]
  }
  return results.map(({ id }) => id)
}

/** Events whose deliveries to the endpoint have all failed. The receiver accepts them from now on. */
async function failures(tenant: TestTenant, endpoint: Endpoint, count: number, type = eventType): Promise<string[]> {
  rig.behaviours.set(endpoint.path, () => ({ status: 500 }))
  const ids = await publish(tenant, count, type)
  const path = `/v1/deliveries?tenant=${tenant.id}&endpoint=${endpoint.id}&status=pending&limit=1`
  await until(async () => (await rig.want(200, { path })).data.length === 0, 'all have ended', 30_000)
  rig.behaviours.delete(endpoint.path)
  return ids
}

const shown = (replay: Body): Promise<Body> => rig.want(200, { path: `/v1/replays/${replay.id}` })

async function whenIt(replay: Body, is: (shown: Body) => boolean, what: string): Promise<Body> {
  let now = replay
  await until(async () => is((now = await shown(replay))), what, 20_000)
  return now
}
const counted = (replay: Body) => whenIt(replay, ({ count }) => (count as Count).isExact, 'it is counted')
const ended = (replay: Body) => whenIt(replay, ({ endedAt }) => endedAt !== null, 'it has ended')

interface Count {
  readonly total: number
  readonly isExact: boolean
  readonly done: number
}

/** The ids of the events that came to an endpoint after the first `skip` requests. */
async function arrived(endpoint: Endpoint, skip: number, count: number): Promise<string[]> {
  const requests = await rig.received(endpoint.path, skip + count)
  return requests.slice(skip).map(({ headers }) => String(headers['webhook-id']))
}

suite('a replay', () => {
  test('is counted in a preview, then started, and sends what the preview counted, each once', async () => {
    const { tenant, endpoint } = await made()
    const ids = await failures(tenant, endpoint, 5)
    const before = (await rig.received(endpoint.path, 50)).length
    const preview = await rig.want(201, create(tenant, { dryRun: true }))
    const full = await counted(preview)
    assert.partialDeepStrictEqual(full, {
      state: 'preview',
      missing: false,
      rate: limits.replayRateDefault,
      filter: { tenant: tenant.id, endpoint: null, status: ['cancelled', 'failed'], eventType: null, outcome: null },
      count: { total: 5, done: 0, skipped: 0 },
      endpoints: [{ endpoint: endpoint.id, count: 5 }],
      startedAt: null,
      endedAt: null,
      error: null,
    })
    assert.equal(Date.parse(String(full['expiresAt'])) - Date.parse(String(full['createdAt'])), limits.replayPreviewMs)
    // They fail after the preview, so they are not in it.
    await failures(tenant, endpoint, 2)
    const seen = before + 20
    assert.equal((await rig.want(200, post(`/v1/replays/${preview.id}/start`))).state, 'running')
    const done = await ended(preview)
    assert.partialDeepStrictEqual(done, { state: 'done', count: { total: 5, isExact: true, done: 5, skipped: 0 } })
    assert.deepEqual((await arrived(endpoint, seen, 5)).toSorted(), ids.toSorted())
    assert.equal((await rig.want(409, post(`/v1/replays/${preview.id}/start`))).code, 'replay_state')
    assert.equal((await rig.want(409, post(`/v1/replays/${preview.id}/cancel`))).code, 'replay_state')
    assert.equal((await rig.received(endpoint.path, seen + 5)).length, seen + 5)
  })

  test('chooses deliveries by endpoint, event type, status and outcome', async () => {
    const { tenant, endpoint } = await made({ eventTypes: ['*'] })
    const second = await rig.endpoint(tenant, { eventTypes: [eventType] })
    await failures(tenant, endpoint, 2)
    await failures(tenant, endpoint, 3, 'call.ended')
    const total = async (filter: object) =>
      (await counted(await rig.want(201, create(tenant, { dryRun: true }, filter)))).count
    const count = (value: number) => ({ total: value, isExact: true, done: 0, skipped: 0 })
    assert.deepEqual(await total({}), count(5))
    assert.deepEqual(await total({ eventType: 'call.ended' }), count(3))
    assert.deepEqual(await total({ outcome: 'rejected' }), count(5))
    assert.deepEqual(await total({ outcome: 'unreachable' }), count(0))
    assert.deepEqual(await total({ endpoint: second.id, status: ['delivered', 'failed'] }), count(2))
    assert.deepEqual(await total({ to: '2026-01-02T00:00:00Z' }), count(0))
  })

  test('keeps its rate, and its cancel stops it within a second', async () => {
    const { tenant, endpoint } = await made()
    await failures(tenant, endpoint, 100)
    const before = (await rig.received(endpoint.path, 1000)).length
    const replay = await rig.want(201, create(tenant, { rate: 20 }))
    assert.equal(replay.state, 'running')
    await rig.received(endpoint.path, before + 1)
    const at = performance.now()
    await rig.received(endpoint.path, before + 41)
    const seconds = (performance.now() - at) / 1000
    assert.ok(seconds > 1.6 && seconds < 4, `40 deliveries took ${seconds} s`)
    const cancelled = await rig.want(200, post(`/v1/replays/${replay.id}/cancel`))
    assert.equal(cancelled.state, 'cancelled')
    const { done } = cancelled['count'] as Count
    const last = await rig.received(endpoint.path, before + done)
    await new Promise((resolve) => setTimeout(resolve, 1000))
    assert.equal((await rig.received(endpoint.path, 1)).length, last.length)
    assert.ok(done < 100, `${done} were sent`)
    assert.deepEqual(await shown(replay), cancelled)
  })

  test('with the filter of one that runs is refused and names it; too many are refused too', async () => {
    const { tenant, endpoint } = await made()
    await failures(tenant, endpoint, 30)
    const first = await rig.want(201, create(tenant, { rate: 1 }))
    const preview = await rig.want(201, create(tenant, { dryRun: true }))
    for (const request of [create(tenant, { rate: 1 }), create(tenant), post(`/v1/replays/${preview.id}/start`)]) {
      const { code, detail } = await rig.want(409, request)
      assert.deepEqual([code, detail.includes(first.id)], ['replay_running', true])
    }
    for (let more = 1; more < limits.replaysPerTenantMax; more++) {
      await rig.want(201, create(tenant, { rate: 1 }, { endpoint: endpoint.id, from: `2026-01-0${more}T00:00:00Z` }))
    }
    assert.equal((await rig.want(409, create(tenant, {}, { outcome: 'rejected' }))).code, 'too_many_replays')
    await rig.want(200, post(`/v1/replays/${first.id}/cancel`))
    assert.equal((await rig.want(200, post(`/v1/replays/${preview.id}/start`))).state, 'running')
    const { data } = await rig.want(200, { path: `/v1/replays?tenant=${tenant.id}&limit=2` })
    assert.equal(data.length, 2)
    for (const { id, state } of (await rig.want(200, { path: `/v1/replays?tenant=${tenant.id}` })).data) {
      if (state === 'running') await rig.want(200, post(`/v1/replays/${id}/cancel`))
    }
  })

  test('is recorded: by whom it was created, started and cancelled, and its end in log and metrics', async () => {
    const { tenant, endpoint } = await made()
    await failures(tenant, endpoint, 1)
    const done = await rig.want(201, create(tenant))
    await ended(done)
    const preview = await rig.want(201, create(tenant, { dryRun: true }))
    await rig.want(200, post(`/v1/replays/${preview.id}/start`))
    await ended(preview)
    const cancelled = await rig.want(201, create(tenant, { dryRun: true }))
    await rig.want(200, post(`/v1/replays/${cancelled.id}/cancel`))
    const { data } = await rig.want(200, { path: `/v1/audit?tenant=${tenant.id}` })
    const actions = data.map(({ action, object }) => [action, (object as { id: string }).id]).toReversed()
    assert.deepEqual(
      actions.filter(([action]) => String(action).startsWith('replay.')),
      [
        ['replay.create', done.id],
        ['replay.create', preview.id],
        ['replay.start', preview.id],
        ['replay.create', cancelled.id],
        ['replay.cancel', cancelled.id],
      ],
    )
    const metrics = await (await fetch(`${rig.server.url}/metrics`)).text()
    assert.match(metrics, /^posthorn_replays_ended_total\{state="done"\} [1-9]/m)
    assert.match(metrics, /^posthorn_replays_ended_total\{state="cancelled"\} [1-9]/m)
  })

  test('of bad input gets a problem that names the field', async () => {
    const { tenant, endpoint } = await made()
    const bad: [object, object, string][] = [
      [{}, { from: 'yesterday' }, 'filter.from'],
      [{}, { from: '2099-01-01T00:00:00Z' }, 'filter.from'],
      [{}, { to: from }, 'filter.to'],
      [{}, { status: [] }, 'filter.status'],
      [{}, { status: ['lost'] }, 'filter.status.0'],
      [{}, { outcome: 'lost' }, 'filter.outcome'],
      [{}, { types: ['a'] }, 'filter.types'],
      [{ rate: 0 }, {}, 'rate'],
      [{ rate: limits.replayRateMax + 1 }, {}, 'rate'],
      [{ dryRun: 'yes' }, {}, 'dryRun'],
      [{ missing: true }, { status: ['failed'] }, 'filter.status'],
      [{ missing: true }, { outcome: 'rejected' }, 'filter.outcome'],
    ]
    for (const [body, filter, field] of bad) {
      const answer = await rig.want(400, create(tenant, body, filter))
      assert.deepEqual(
        (answer['errors'] as readonly { field: string }[]).map((error) => error.field),
        [field],
      )
    }
    await rig.want(400, post('/v1/replays', { filter: { from } }))
    await rig.want(400, post('/v1/replays', {}))
    await rig.want(400, create({ ...tenant, id: fresh('none') }))
    const other = await made()
    await rig.want(400, create(tenant, {}, { endpoint: other.endpoint.id }))
    await rig.want(201, create(tenant, { dryRun: true }, { endpoint: endpoint.id }))
    for (const end of ['', '/start', '/cancel']) {
      await rig.want(404, { method: end === '' ? 'GET' : 'POST', path: `/v1/replays/rpl_none${end}` })
    }
    assert.deepEqual((await rig.want(200, { path: `/v1/replays?tenant=${fresh('none')}` })).data, [])
    await rig.want(400, { path: '/v1/replays?cursor=x' })
  })
})

suite('a replay of missing deliveries', () => {
  test('sends events that an endpoint never got because it was disabled or not there, each once', async () => {
    const { tenant, endpoint } = await made()
    await rig.want(200, {
      method: 'PATCH',
      path: `/v1/tenants/${tenant.id}/endpoints/${endpoint.id}`,
      body: { enabled: false },
    })
    const early = await publish(tenant, 3)
    await publish(tenant, 2, 'other.type')
    await rig.want(200, {
      method: 'PATCH',
      path: `/v1/tenants/${tenant.id}/endpoints/${endpoint.id}`,
      body: { enabled: true },
    })
    const got = await publish(tenant, 2)
    const late = await rig.endpoint(tenant, { eventTypes: ['*'] })
    // A test event is meant for this endpoint only.
    await rig.want(202, post(`/v1/tenants/${tenant.id}/endpoints/${endpoint.id}/test`))
    await rig.received(endpoint.path, 3)
    const preview = await rig.want(201, create(tenant, { missing: true, dryRun: true }))
    assert.deepEqual((await counted(preview))['endpoints'], [
      { endpoint: late.id, count: 7 },
      { endpoint: endpoint.id, count: 3 },
    ])
    const one = await rig.want(201, create(tenant, { missing: true }, { endpoint: endpoint.id }))
    await rig.want(200, post(`/v1/replays/${preview.id}/start`))
    const counts = [await ended(one), await ended(preview)].map(({ count }) => count as Count)
    assert.equal(
      counts.reduce((sum, { done }) => sum + done, 0),
      10,
    )
    assert.deepEqual((await arrived(endpoint, 3, 3)).toSorted(), early.toSorted())
    const all = await arrived(late, 0, 7)
    assert.equal(new Set(all).size, 7)
    assert.ok([...early, ...got].every((id) => all.includes(id)))
    const again = await ended(await rig.want(201, create(tenant, { missing: true })))
    assert.deepEqual(again['count'], { total: 0, isExact: true, done: 0, skipped: 0 })
  })

  test('follows the event types and filters of the endpoint, and the filter of the replay', async () => {
    const { tenant } = await made()
    for (const region of ['eu', 'us']) await rig.event(tenant, { attributes: { region } })
    await publish(tenant, 2, 'call.ended')
    const late = await rig.endpoint(tenant, { eventTypes: ['call.*'], filters: { region: 'eu' } })
    const all = await rig.endpoint(tenant, { eventTypes: ['call.*'] })
    const done = await ended(await rig.want(201, create(tenant, { missing: true }, { eventType: 'call.ended' })))
    assert.deepEqual(done['endpoints'], [{ endpoint: all.id, count: 2 }])
    await ended(await rig.want(201, create(tenant, { missing: true }, { endpoint: late.id })))
    assert.equal((await arrived(late, 0, 1)).length, 1)
    await arrived(all, 0, 2)
  })
})

test('deleting a tenant ends its replays', async () => {
  const { tenant, endpoint } = await made()
  await failures(tenant, endpoint, 20)
  const replay = await rig.want(201, create(tenant, { rate: 1 }))
  await rig.want(202, { method: 'DELETE', path: `/v1/tenants/${tenant.id}` })
  await rig.want(404, { path: `/v1/replays/${replay.id}` })
  await rig.want(404, post(`/v1/replays/${replay.id}/cancel`))
  assert.ok((await rig.want(200, { path: '/v1/replays?limit=250' })).data.every(({ id }) => id !== replay.id))
})
