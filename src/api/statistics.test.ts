// Statistics in the operator API: the counts, their ranges, and the refusals.

import assert from 'node:assert/strict'
import { after, suite, test } from 'node:test'
import type { Body } from '../../test/support/api-answer.ts'
import { eventType, fresh, startApiRig, until } from '../../test/support/api-rig.ts'

const rig = await startApiRig()
after(() => rig.close())

interface Counts {
  readonly events: number
  readonly attempts: Readonly<Record<string, number>>
  readonly ended: Readonly<Record<string, number>>
  readonly latencyMs: object | null
}

interface Series {
  readonly key: string | null
  readonly tenant: string | null
  readonly points: readonly (Counts & { readonly at: string })[]
  readonly total: Counts
}

interface Answer {
  readonly from: string
  readonly to: string
  readonly step: string
  readonly by: string | null
  readonly data: readonly Series[]
  readonly more: number
}

async function read(query: Readonly<Record<string, string>>): Promise<Answer> {
  return (await rig.want(200, { path: `/v1/stats?${new URLSearchParams(query).toString()}` })) as unknown as Answer
}

async function refused(status: number, query: Readonly<Record<string, string>>): Promise<Body> {
  return rig.want(status, { path: `/v1/stats?${new URLSearchParams(query).toString()}` })
}

const attempts = { delivered: 0, rejected: 0, timedOut: 0, unreachable: 0, blocked: 0 }
const ended = { delivered: 0, failed: 0, cancelled: 0 }

suite('the statistics', () => {
  test('count events, attempts and ends, by each of their sides', async () => {
    const tenant = await rig.tenant('standard')
    const good = await rig.endpoint(tenant)
    const bad = await rig.endpoint(tenant)
    rig.behaviours.set(bad.path, () => ({ status: 400 }))
    for (let count = 0; count < 3; count++) await rig.event(tenant)
    const of = { tenant: tenant.id }
    const counted = async (): Promise<Counts | undefined> => (await read(of)).data[0]?.total
    await until(async () => {
      const now = await counted()
      return (now?.attempts['delivered'] ?? 0) + (now?.attempts['rejected'] ?? 0) >= 6
    }, 'six attempts are counted')

    const whole = await read(of)
    assert.deepEqual([whole.step, whole.by, whole.more, whole.data.length], ['minute', null, 0, 1])
    assert.equal(Date.parse(whole.to) - Date.parse(whole.from), 3_600_000)
    assert.ok(Date.parse(whole.to) >= Date.now())
    const [series] = whole.data
    assert.deepEqual([series?.key, series?.tenant], [null, null])
    assert.deepEqual([series?.total.events, series?.total.attempts], [3, { ...attempts, delivered: 3, rejected: 3 }])
    assert.deepEqual(series?.total.ended, { ...ended, delivered: 3 })
    assert.deepEqual(Object.keys(series?.total.latencyMs ?? {}), ['p50', 'p95', 'p99'])
    const inPoints = (series?.points ?? []).map(({ events }) => events)
    assert.equal(
      inPoints.reduce((sum, events) => sum + events, 0),
      3,
    )
    assert.ok(series?.points.every(({ at }) => at.endsWith(':00.000Z')))

    const byOutcome = await read({ ...of, by: 'outcome', step: 'hour' })
    assert.deepEqual(
      byOutcome.data.map(({ key, total }) => [key, total]),
      ['delivered', 'rejected'].map((key) => [
        key,
        { events: 0, attempts: { ...attempts, [key]: 3 }, ended, latencyMs: null },
      ]),
    )
    const byEndpoint = await read({ ...of, by: 'endpoint', step: 'day' })
    assert.deepEqual(byEndpoint.data.map(({ key }) => String(key)).toSorted(), [good.id, bad.id].toSorted())
    assert.ok(byEndpoint.data.every((one) => one.tenant === tenant.id))
    const one = await read({ ...of, endpoint: bad.id })
    assert.deepEqual([one.data[0]?.total.events, one.data[0]?.total.attempts], [0, { ...attempts, rejected: 3 }])
    assert.deepEqual(
      (await read({ ...of, by: 'type' })).data.map(({ key }) => key),
      [eventType],
    )
    assert.ok((await read({ by: 'tenant', dialect: 'standard' })).data.some(({ key }) => key === tenant.id))
    assert.deepEqual((await read({ by: 'tenant', dialect: 'allo' })).data, [])
    assert.deepEqual(
      (await read({ by: 'dialect' })).data.map(({ key }) => key),
      ['standard'],
    )
  })

  test('cover whole steps: from is rounded down and to up', async () => {
    const { from, to } = await read({ step: 'hour', from: '2026-01-01T10:20:00Z', to: '2026-01-01T12:00:01+01:00' })
    assert.deepEqual([from, to], ['2026-01-01T10:00:00.000Z', '2026-01-01T12:00:00.000Z'])
    const empty = await read({ from: '2026-01-01T10:00:00Z', to: '2026-01-01T11:00:00Z' })
    const nothing = { events: 0, attempts, ended, latencyMs: null }
    assert.deepEqual(empty.data, [{ key: null, tenant: null, points: [], total: nothing }])
  })

  test('refuse a range or a combination that cannot be answered', async () => {
    const tenant = await rig.tenant('standard')
    const { id: endpoint } = await rig.endpoint(tenant)
    for (const [query, field] of [
      [{ from: '2026-01-02T00:00:00Z', to: '2026-01-01T00:00:00Z' }, 'to'],
      [{ from: '2026-01-01T00:00:00Z', to: '2026-01-04T00:00:00Z' }, 'from'],
      [{ endpoint }, 'tenant'],
      [{ by: 'type', tenant: tenant.id, endpoint }, 'by'],
      [{ by: 'url' }, 'by'],
      [{ step: 'week' }, 'step'],
      [{ from: 'yesterday' }, 'from'],
    ] as const) {
      assert.deepEqual(
        (await refused(400, query)).errors.map((error) => error.field),
        [field],
      )
    }
    await refused(404, { dialect: 'nobody' })
    await refused(404, { tenant: fresh('nobody') })
    await refused(404, { tenant: tenant.id, endpoint: fresh('nothing') })
    await rig.want(403, { path: '/v1/stats', key: tenant.key })
  })
})
