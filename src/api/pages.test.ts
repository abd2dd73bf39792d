// Lists: every row once and newest first, even if rows are added meanwhile; limits, cursors and filters.

import assert from 'node:assert/strict'
import { after, suite, test } from 'node:test'
import { type ApiCase, testCases } from '../../test/support/api-case.ts'
import { eventType, fresh, startApiRig } from '../../test/support/api-rig.ts'

const rig = await startApiRig()
after(() => rig.close())

const tenant = await rig.tenant('standard')
const other = await rig.tenant('standard')
const many = await rig.tenant('standard')
await rig.endpoint(tenant)

const lists = [
  {
    name: 'tenants',
    path: '/v1/tenants?dialect=allo',
    add: async () => (await rig.tenant('allo')).id,
  },
  {
    name: 'keys',
    path: `/v1/keys?tenant=${other.id}`,
    add: async () => (await rig.want(201, { method: 'POST', path: '/v1/keys', body: { tenants: [other.id] } })).id,
  },
  { name: 'endpoints', path: `/v1/tenants/${other.id}/endpoints?`, add: async () => (await rig.endpoint(other)).id },
  { name: 'events', path: `/v1/events?tenant=${tenant.id}`, add: () => rig.event(tenant) },
  {
    name: 'deliveries',
    path: `/v1/deliveries?tenant=${tenant.id}`,
    add: async () => {
      const { data } = await rig.want(200, { path: `/v1/deliveries?tenant=${tenant.id}&limit=1` })
      await rig.event(tenant)
      const grown = await rig.want(200, { path: `/v1/deliveries?tenant=${tenant.id}&limit=2` })
      return grown.data.find(({ id }) => id !== data[0]?.id)?.id ?? ''
    },
  },
]

for (const { name, path, add } of lists) {
  suite(name, () => {
    test('show each row once and newest first, even if rows are added between the pages', async () => {
      const known = (await rig.want(200, { path: `${path}&limit=250` })).data.map(({ id }) => id)
      for (let count = 0; count < 7; count++) known.unshift(await add())
      const seen: string[] = []
      let cursor: string | null = ''
      for (let page = 0; cursor !== null; page++) {
        const from: string = cursor === '' ? '' : `&cursor=${cursor}`
        const { data, nextCursor } = await rig.want(200, { path: `${path}&limit=2${from}` })
        assert.ok(data.length === 2 || nextCursor === null, 'only the last page is short')
        seen.push(...data.map(({ id }) => id))
        cursor = nextCursor
        await add()
        assert.ok(page < 50)
      }
      assert.deepEqual(seen, known)
    })

    const others = lists.filter((list) => list.name !== name)
    const cursorOf = (list: string): string => Buffer.from(`${list}:x`).toString('base64url')
    const cases: ApiCase[] = [
      { name: 'accept a limit of 1', path: `${path}&limit=1`, status: 200 },
      { name: 'accept a limit of 250', path: `${path}&limit=250`, status: 200 },
      ...['0', '251', '-1', '1.5', 'ten', '', 'Infinity', '1e999', 'NaN'].map((limit) => ({
        name: `refuse the limit ${limit === '' ? 'that is empty' : limit}`,
        path: `${path}&limit=${limit}`,
        status: 400,
        fields: ['limit'],
      })),
      ...[
        '',
        'x',
        '%00',
        encodeURIComponent('é'),
        `${cursorOf(name)}=`,
        ...others.map((list) => cursorOf(list.name)),
      ].map((cursor) => ({
        name: `refuse the cursor ${cursor === '' ? 'that is empty' : cursor}`,
        path: `${path}&cursor=${cursor}`,
        status: 400,
        fields: ['cursor'],
      })),
      {
        name: 'refuse a cursor that is too long',
        path: `${path}&cursor=${'x'.repeat(513)}`,
        status: 400,
        fields: ['cursor'],
      },
      // The cursor has the right form but points to no row, so the list ends there.
      {
        name: 'show no rows after a cursor that points to no row',
        path: `${path}&cursor=${cursorOf(name)}`,
        status: 200,
        has: ['"data":[]'],
      },
      { name: 'refuse an unknown filter', path: `${path}&colour=red`, status: 400, fields: ['colour'] },
      { name: 'refuse two limits', path: `${path}&limit=1&limit=2`, status: 400, fields: ['limit'] },
    ]
    testCases(rig, cases)
  })
}

suite('endpoints', () => {
  interface Counted {
    readonly count: number
    readonly next: string | null
  }
  const counted = async (query: string, key?: string): Promise<Counted> => {
    const path = `/v1/tenants/${many.id}/endpoints${query}`
    const { data, nextCursor } = await rig.want(200, { path, ...(key !== undefined && { key }) })
    return { count: data.length, next: nextCursor }
  }

  test('have 50 rows per page by default, for a customer too', async () => {
    for (let count = 0; count < 51; count++) await rig.endpoint(many)
    for (const key of [undefined, many.key]) {
      const { count, next } = await counted('', key)
      assert.equal(count, 50)
      assert.deepEqual(await counted(`?cursor=${next}`, key), { count: 1, next: null })
      assert.deepEqual(await counted('?limit=51', key), { count: 51, next: null })
    }
  })
})

suite('filters', async () => {
  const first = await rig.tenant('standard')
  const second = await rig.tenant('standard')
  const a = await rig.endpoint(first, { eventTypes: ['*'] })
  const b = await rig.endpoint(first, { eventTypes: ['a.b'] })
  const time = async (): Promise<string> => {
    // Times are whole milliseconds: two events in one millisecond could not be distinguished.
    await new Promise((resolve) => setTimeout(resolve, 3))
    return new Date().toISOString()
  }
  const before = await time()
  const one = await rig.event(first, { type: 'a.b' })
  const between = await time()
  const two = await rig.event(first, { type: 'a.c' })
  await rig.event(second, { type: 'a.b' })
  const afterwards = await time()

  /** A list query, and the ids of the events that it must find, in order. */
  interface Search {
    readonly query: string
    readonly ids: readonly string[]
  }
  const events: readonly Search[] = [
    { query: `tenant=${first.id}`, ids: [two, one] },
    { query: `tenant=${first.id}&type=a.b`, ids: [one] },
    { query: `tenant=${first.id}&type=a`, ids: [] },
    { query: `tenant=${first.id}&from=${between}`, ids: [two] },
    { query: `tenant=${first.id}&to=${between}`, ids: [one] },
    { query: `tenant=${first.id}&from=${before}&to=${between}&type=a.b`, ids: [one] },
    { query: `tenant=${first.id}&from=${afterwards}`, ids: [] },
    { query: `tenant=none`, ids: [] },
    { query: `type=a.c`, ids: [two] },
  ]
  for (const { query, ids } of events) {
    test(`events by ${query.replace(first.id, 'x').replaceAll(/=\d{4}[^&]*/g, '')}`, async () => {
      const { data } = await rig.want(200, { path: `/v1/events?${query}` })
      assert.deepEqual(
        data.map(({ id }) => id),
        ids,
      )
    })
  }

  const deliveries: readonly Search[] = [
    { query: `tenant=${first.id}`, ids: [two, one, one] },
    { query: `tenant=${first.id}&endpoint=${a.id}`, ids: [two, one] },
    { query: `tenant=${first.id}&endpoint=${b.id}`, ids: [one] },
    { query: `tenant=${first.id}&endpoint=${b.id}&eventType=a.c`, ids: [] },
    { query: `tenant=${first.id}&eventType=a.b`, ids: [one, one] },
    { query: `tenant=${first.id}&status=failed`, ids: [] },
    { query: `tenant=${first.id}&from=${between}`, ids: [two] },
    { query: `tenant=${first.id}&to=${between}`, ids: [one, one] },
    { query: `eventType=a.c`, ids: [two] },
  ]
  for (const { query, ids } of deliveries) {
    test(`deliveries by ${query.replace(first.id, 'x').replaceAll(/=\d{4}[^&]*/g, '')}`, async () => {
      const { data } = await rig.want(200, { path: `/v1/deliveries?${query}` })
      assert.deepEqual(
        data.map((row) => row['event']),
        ids,
      )
    })
  }

  testCases(rig, [
    { name: 'a malformed time is refused', path: '/v1/events?from=today', status: 400, fields: ['from'] },
    { name: 'a leap second is refused', path: '/v1/events?to=2016-12-31T23:59:60Z', status: 400, fields: ['to'] },
    { name: 'an unknown status is refused', path: '/v1/deliveries?status=lost', status: 400, fields: ['status'] },
    {
      name: 'an endpoint without its tenant is refused',
      path: `/v1/deliveries?endpoint=${a.id}`,
      status: 400,
      fields: ['tenant'],
    },
    {
      name: 'an endpoint of another tenant gets 404',
      path: `/v1/deliveries?tenant=${second.id}&endpoint=${a.id}`,
      status: 404,
    },
    { name: 'an unknown tenant gets 404', path: `/v1/deliveries?tenant=${fresh('t')}`, status: 404 },
    { name: 'two tenants are refused', path: `/v1/events?tenant=a&tenant=b`, status: 400, fields: ['tenant'] },
    {
      name: 'an event type with an ampersand is accepted',
      path: `/v1/events?type=${encodeURIComponent('a&b')}`,
      status: 200,
    },
    { name: 'a known event type is accepted', path: `/v1/deliveries?eventType=${eventType}&limit=1`, status: 200 },
  ])
})
