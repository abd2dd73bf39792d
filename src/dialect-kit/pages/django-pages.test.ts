import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { FastifyRequest } from 'fastify'
import type { Endpoint } from '../../domain/endpoint.ts'
import { type Cursor, djangoPages, type EndpointPage, pageOf, readCursor, writeCursor } from './django-pages.ts'

const listOf = (...keys: readonly number[]): Endpoint[] => keys.map((key) => ({ key }) as Endpoint)
const keysOf = ({ endpoints }: EndpointPage): number[] => endpoints.map(({ key }) => key)
const older = (position: number): Cursor => ({ reverse: false, position })
const newer = (position: number): Cursor => ({ reverse: true, position })

const pages = djangoPages({ sizeName: 'pageSize', sizeDefault: 100, sizeMax: 1000 })
const many = listOf(...Array.from({ length: 1500 }, (_, index) => 1500 - index))
const request = { url: '/api/webhooks', publicUrl: 'https://example.com' } as FastifyRequest

describe('a cursor', () => {
  test("has the form of the vendor's samples", () => {
    assert.deepEqual(readCursor('cD00ODY='), older(486))
    assert.deepEqual(readCursor('cj0xJnA9NDg3'), newer(487))
    assert.equal(writeCursor(older(486)), 'cD00ODY=')
    assert.equal(writeCursor(newer(487)), 'cj0xJnA9NDg3')
  })

  const none = ['', ' ', 'x', '486', 'p=486', 'cD00ODY', ' cD00ODY=', 'cD00ODY=!', 'cD00ODY%3D', '====', 'é']
  for (const text of [...none, ...['p=', 'p=-1', 'p=1.5', 'p=a', 'o=1', 'r=0&p=1', 'p=1&r=1', 'p=01'].map(base64)]) {
    test(`is not ${JSON.stringify(text)}`, () => assert.equal(readCursor(text), null))
  }
  test('is not a position of 40 digits', () => assert.equal(readCursor(base64(`p=${'9'.repeat(40)}`)), null))
})

describe('the size of a page', () => {
  const cases: { given: unknown; size: number }[] = [
    { given: undefined, size: 100 },
    { given: 1, size: 1 },
    { given: '7', size: 7 },
    { given: 1000, size: 1000 },
    { given: 1001, size: 1000 },
    { given: '9'.repeat(400), size: 1000 },
    { given: ['3', '5'], size: 5 },
    ...['', '0', '-1', '1.5', 'ten', '1e2', ' ', null, [], {}].map((given) => ({ given, size: 100 })),
  ]
  for (const { given, size } of cases) {
    test(`is ${size} for ${JSON.stringify(given)?.slice(0, 20)}`, () => {
      const page = pages.page(many, { pageSize: given }, request)
      assert.equal(page.ok && page.value.endpoints.length, size)
    })
  }
})

describe('pages', () => {
  const all = listOf(9, 7, 6, 4, 1)

  test('of an empty list are one empty page', () => {
    assert.deepEqual(pageOf([], null, 10), { endpoints: [], next: null, previous: null })
  })

  test('of any size lead to the end and back', () => {
    for (let size = 1; size <= 6; size++) {
      let page = pageOf(all, null, size)
      const forth = [keysOf(page)]
      while (page.next !== null) forth.push(keysOf((page = pageOf(all, page.next, size))))
      assert.deepEqual(forth.flat(), [9, 7, 6, 4, 1])
      const back = [keysOf(page)]
      while (page.previous !== null) back.unshift(keysOf((page = pageOf(all, page.previous, size))))
      assert.deepEqual(back.flat(), [9, 7, 6, 4, 1])
    }
  })

  test('neither repeat nor skip a webhook when other webhooks are created and deleted between two pages', () => {
    const { next } = pageOf(all, null, 2)
    assert.deepEqual(next, older(7))
    assert.deepEqual(keysOf(pageOf(listOf(11, 10, 9, 6, 4, 1), next, 2)), [6, 4])
  })

  test('link back even if all webhooks beyond the cursor were deleted', () => {
    const page = pageOf(listOf(9, 7), older(5), 2)
    assert.deepEqual(page, { endpoints: [], next: null, previous: newer(6) })
    assert.deepEqual(keysOf(pageOf(listOf(9, 7), newer(6), 2)), [9, 7])
    const front = pageOf(listOf(4, 1), newer(5), 2)
    assert.deepEqual(front, { endpoints: [], next: older(5), previous: null })
    assert.deepEqual(keysOf(pageOf(listOf(4, 1), older(5), 2)), [4, 1])
  })
})

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}
