// Lists: every row once and newest first, however rows are added meanwhile; limits, cursors and filters.

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
    test('come newest first, each once, with others added between the pages', async () => {
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
      { name: 'one at a time', path: `${path}&limit=1`, status: 200 },
      { name: 'at most 250', path: `${path}&limit=250`, status: 200 },
      ...['0', '251', '-1', '1.5', 'ten', '', 'Infinity', '1e999', 'NaN'].map((limit) => ({
        name: `not ${limit === '' ? 'nothing' : limit}`,
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
        name: `not from ${cursor}`,
        path: `${path}&cursor=${cursor}`,
        status: 400,
        fields: ['cursor'],
      })),
      { name: 'not from a long cursor', path: `${path}&cursor=${'x'.repeat(513)}`, status: 400, fields: ['cursor'] },
      // The right form, but of no row: the list has ended there.
      { name: 'from a cursor of no row', path: `${path}&cursor=${cursorOf(name)}`, status: 200, has: ['"data":[]'] },
      { name: 'not by an unknown filter', path: `${path}&colour=red`, status: 400, fields: ['colour'] },
      { name: 'not with two limits', path: `${path}&limit=1&limit=2`, status: 400, fields: ['limit'] },
    ]
    testCases(rig, cases)
  })
}

suite('endpoints', () => {
  const counted = async (query: string, key?: string): Promise<[count: number, next: string | null]> => {
    const path = `/v1/tenants/${many.id}/endpoints${query}`
    const { data, nextCursor } = await rig.want(200, { path, ...(key !== undefined && { key }) })
    return [data.length, nextCursor]
  }

  test('come 50 to a page unless the caller says otherwise, to a customer too', async () => {
    for (let count = 0; count < 51; count++) await rig.endpoint(many)
    for (const key of [undefined, many.key]) {
      const [count, next] = await counted('', key)
      assert.equal(count, 50)
      assert.deepEqual(await counted(`?cursor=${next}`, key), [1, null])
      assert.deepEqual(await counted('?limit=51', key), [51, null])
    }
  })
})

suite('filters', async () => {
  const first = await rig.tenant('standard')
  const second = await rig.tenant('standard')
  const a = await rig.endpoint(first, { eventTypes: ['*'] })
  const b = await rig.endpoint(first, { eventTypes: ['a.b'] })
  const time = async (): Promise<string> => {
    // Times are whole milliseconds: two events in one could not be told apart.
    await new Promise((resolve) => setTimeout(resolve, 3))
    return new Date().toISOString()
  }
  const before = await time()
  const one = await rig.event(first, { type: 'a.b' })
  const between = await time()
  const two = await rig.event(first, { type: 'a.c' })
  await rig.event(second, { type: 'a.b' })
  const afterwards = await time()

  const events: readonly [query: string, ids: readonly string[]][] = [
    [`tenant=${first.id}`, [two, one]],
    [`tenant=${first.id}&type=a.b`, [one]],
    [`tenant=${first.id}&type=a`, []],
    [`tenant=${first.id}&from=${between}`, [two]],
    [`tenant=${first.id}&to=${between}`, [one]],
    [`tenant=${first.id}&from=${before}&to=${between}&type=a.b`, [one]],
    [`tenant=${first.id}&from=${afterwards}`, []],
    [`tenant=none`, []],
    [`type=a.c`, [two]],
  ]
  for (const [query, ids] of events) {
    test(`events by ${query.replace(first.id, 'x').replaceAll(/=\d{4}[^&]*/g, '')}`, async () => {
      const { data } = await rig.want(200, { path: `/v1/events?${query}` })
      assert.deepEqual(
        data.map(({ id }) => id),
        ids,
      )
    })
  }

  const deliveries: readonly [query: string, events: readonly string[]][] = [
    [`tenant=${first.id}`, [two, one, one]],
    [`tenant=${first.id}&endpoint=${a.id}`, [two, one]],
    [`tenant=${first.id}&endpoint=${b.id}`, [one]],
    [`tenant=${first.id}&endpoint=${b.id}&eventType=a.c`, []],
    [`tenant=${first.id}&eventType=a.b`, [one, one]],
    [`tenant=${first.id}&status=failed`, []],
    [`tenant=${first.id}&from=${between}`, [two]],
    [`tenant=${first.id}&to=${between}`, [one, one]],
    [`eventType=a.c`, [two]],
  ]
  for (const [query, ids] of deliveries) {
    test(`deliveries by ${query.replace(first.id, 'x').replaceAll(/=\d{4}[^&]*/g, '')}`, async () => {
      const { data } = await rig.want(200, { path: `/v1/deliveries?${query}` })
      assert.deepEqual(
        data.map((row) => row['event']),
        ids,
      )
    })
  }

  testCases(rig, [
    { name: 'a time that is none', path: '/v1/events?from=today', status: 400, fields: ['from'] },
    { name: 'a second that no clock shows', path: '/v1/events?to=2016-12-31T23:59:60Z', status: 400, fields: ['to'] },
    { name: 'a status that is none', path: '/v1/deliveries?status=lost', status: 400, fields: ['status'] },
    {
      name: 'an endpoint without its tenant',
      path: `/v1/deliveries?endpoint=${a.id}`,
      status: 400,
      fields: ['tenant'],
    },
    { name: 'an endpoint of another tenant', path: `/v1/deliveries?tenant=${second.id}&endpoint=${a.id}`, status: 404 },
    { name: 'a tenant that is not there', path: `/v1/deliveries?tenant=${fresh('t')}`, status: 404 },
    { name: 'two tenants', path: `/v1/events?tenant=a&tenant=b`, status: 400, fields: ['tenant'] },
    { name: 'an event type with an ampersand', path: `/v1/events?type=${encodeURIComponent('a&b')}`, status: 200 },
    { name: 'a known type', path: `/v1/deliveries?eventType=${eventType}&limit=1`, status: 200 },
  ])
})
