// Lists in pages: every page once in each direction, and cursors that no page gave.

import assert from 'node:assert/strict'
import { before, suite, test, after } from 'node:test'
import { acme, type DialectRig, startDialect } from '../../../test/support/dialect-rig.ts'
import { cursorPages } from './cursor-pages.ts'
import { create, list } from '../operations/operations.ts'
import { numberedPages, offsetPages } from './pages.ts'

const count = 7
const size = { sizeDefault: 3, sizeMax: 5 }

const dialect = acme({
  routes: {
    'POST /acme': create(),
    'GET /acme/all': list(),
    'GET /acme/numbered': list({
      pages: numberedPages({
        ...size,
        names: ['page', 'per_page'],
        linkHeader: true,
        totalHeaders: ['X-WP-Total', 'X-WP-TotalPages'],
        answer: (items) => items,
      }),
    }),
    'GET /acme/offset': list({
      pages: offsetPages({
        ...size,
        names: ['$skip', '$limit'],
        answer: (data, { offset, size: limit, total, nextUrl, previousUrl }) => ({
          data,
          skip: offset,
          limit,
          total,
          nextUrl,
          previousUrl,
        }),
      }),
    }),
    'GET /acme/ids': list({
      pages: cursorPages({
        ...size,
        after: 'starting_after',
        before: 'ending_before',
        cursors: 'ids',
        answer: (data, { hasMore, next, previous, firstId }) => ({
          data,
          has_more: hasMore,
          next,
          previous,
          first: firstId,
        }),
      }),
    }),
    'GET /acme/token': list({
      pages: cursorPages({
        ...size,
        after: 'page_token',
        size: 'count',
        linkHeader: true,
        answer: (collection, { next, previous, nextUrl, total }) => ({
          collection,
          pagination: { next_page_token: next, previous_page_token: previous, next_page: nextUrl, total },
        }),
      }),
    }),
    'GET /acme/kit': list({
      pages: cursorPages({
        ...size,
        after: 'after',
        before: 'before',
        answer: (data, { next, previous, total }) => ({
          data,
          pagination: {
            has_next_page: next !== null,
            has_previous_page: previous !== null,
            end_cursor: next,
            start_cursor: previous,
            total,
          },
        }),
      }),
    }),
  },
})

suite('a list', () => {
  const ends: (() => Promise<void>)[] = []
  let rig: DialectRig
  let ids: string[] = []
  before(async () => {
    rig = await startDialect({ after: (end) => void ends.push(end as () => Promise<void>) }, dialect)
    const body = { url: 'https://example.com/', events: ['order.paid'] }
    for (let made = 0; made < count; made++) await rig.want(201, 'POST', '/acme', { body })
    ids = idsOf(await rig.want(200, 'GET', '/acme/all'))
    assert.equal(ids.length, count)
  })
  after(() => Promise.all(ends.map((end) => end())))

  const idsOf = (items: unknown): string[] => (items as { id: string }[]).map(({ id }) => id)

  test('with numbers has links to other pages, and totals in headers', async () => {
    const url = `${rig.url}/acme/numbered`
    const linkOf = async (query: string) => {
      const { body, headers } = await rig.ask('GET', `/acme/numbered${query}`)
      assert.deepEqual([headers['x-wp-total'], headers['x-wp-totalpages']], ['7', '3'])
      return [idsOf(body), headers['link']]
    }
    assert.deepEqual(await linkOf(''), [ids.slice(0, 3), `<${url}?page=2>; rel="next", <${url}?page=3>; rel="last"`])
    assert.deepEqual(await linkOf('?page=3&x=1'), [
      ids.slice(6),
      `<${url}?page=2&x=1>; rel="prev", <${url}?page=1&x=1>; rel="first"`,
    ])
    assert.deepEqual(await linkOf('?page=9'), [[], `<${url}?page=3>; rel="prev", <${url}?page=1>; rel="first"`])
    assert.deepEqual((await rig.ask('GET', '/acme/numbered?per_page=6')).body['faults'], ['per_page range'])
    assert.deepEqual((await rig.ask('GET', '/acme/numbered?page=0')).body['faults'], ['page range'])
  })

  test('with an offset', async () => {
    const page = await rig.want(200, 'GET', '/acme/offset?$skip=3')
    assert.deepEqual(
      { ...page, data: idsOf(page['data']) },
      {
        data: ids.slice(3, 6),
        skip: 3,
        limit: 3,
        total: 7,
        nextUrl: `${rig.url}/acme/offset?%24skip=6`,
        previousUrl: `${rig.url}/acme/offset?%24skip=0`,
      },
    )
    const past = await rig.want(200, 'GET', '/acme/offset?$skip=100&$limit=5')
    assert.deepEqual([past['data'], past['nextUrl']], [[], null])
    assert.match(String(past['previousUrl']), /skip=2&/)
    assert.deepEqual((await rig.ask('GET', '/acme/offset?$limit=ten')).body['faults'], ['$limit type'])
  })

  test('with ids as cursors goes in both directions', async () => {
    const page = async (query: string) => {
      const { data, first, ...more } = await rig.want(200, 'GET', `/acme/ids${query}`)
      assert.equal(first, idsOf(data)[0] ?? null)
      return { ids: idsOf(data), ...more }
    }
    assert.deepEqual(await page(''), { ids: ids.slice(0, 3), has_more: true, next: ids[2], previous: null })
    assert.deepEqual(await page(`?starting_after=${ids[2]}`), {
      ids: ids.slice(3, 6),
      has_more: true,
      next: ids[5],
      previous: ids[3],
    })
    assert.deepEqual(await page(`?starting_after=${ids[6]}`), { ids: [], has_more: false, next: null, previous: null })
    assert.deepEqual(await page(`?ending_before=${ids[5]}`), {
      ids: ids.slice(2, 5),
      has_more: true,
      next: ids[4],
      previous: ids[2],
    })
    assert.deepEqual(await page(`?ending_before=${ids[2]}`), {
      ids: ids.slice(0, 2),
      has_more: false,
      next: ids[1],
      previous: null,
    })
    const faults = async (query: string) => (await rig.ask('GET', `/acme/ids${query}`)).body['faults']
    assert.deepEqual(await faults('?starting_after=hook_0'), ['starting_after choice'])
    assert.deepEqual(await faults(`?starting_after=${ids[2]}&ending_before=${ids[5]}`), ['ending_before unknown'])
    assert.deepEqual(await faults('?limit=ten'), ['limit type'])
  })

  test('with one token for both directions is read forth and back', async () => {
    const forth: string[] = []
    let last: Readonly<Record<string, string | null>> = { next_page_token: '' }
    while (last['next_page_token'] !== null) {
      const token = last['next_page_token'] === '' ? '' : `&page_token=${last['next_page_token']}`
      const page = await rig.want(200, 'GET', `/acme/token?count=2${token}`)
      forth.push(...idsOf(page['collection']))
      last = page['pagination'] as typeof last
    }
    assert.deepEqual(forth, ids)
    const back = await rig.ask('GET', `/acme/token?count=2&page_token=${last['previous_page_token']}`)
    assert.deepEqual(idsOf(back.body['collection']), ids.slice(4, 6))
    assert.match(String(back.headers['link']), /^<http[^>]+page_token=[^>]+>; rel="prev", <[^>]+>; rel="next"$/)
    for (const wrong of ['x', 'YWZ0ZXI6', String(ids[0]), Buffer.from('after:1 ').toString('base64url')]) {
      const { status, body } = await rig.ask('GET', `/acme/token?page_token=${wrong}`)
      assert.deepEqual([status, body['faults']], [400, ['page_token choice']], wrong)
    }
  })

  test('with a parameter per direction', async () => {
    const first = await rig.want(200, 'GET', '/acme/kit')
    const { end_cursor: end } = first['pagination'] as { end_cursor: string }
    const second = await rig.want(200, 'GET', `/acme/kit?after=${end}`)
    const pagination = second['pagination'] as { start_cursor: string; total: number }
    assert.deepEqual([idsOf(second['data']), pagination.total], [ids.slice(3, 6), count])
    const newer = await rig.want(200, 'GET', `/acme/kit?before=${pagination.start_cursor}`)
    assert.deepEqual(idsOf(newer['data']), ids.slice(0, 3))
  })
})
