import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Endpoint } from '../../domain/endpoint.ts'
import { type Cursor, type EndpointPage, pageOf, pageSizeOf, readCursor, writeCursor } from './paging.ts'

const listOf = (...keys: readonly number[]): Endpoint[] => keys.map((key) => ({ key }) as Endpoint)
const keysOf = ({ endpoints }: EndpointPage): number[] => endpoints.map(({ key }) => key)
const older = (position: number): Cursor => ({ reverse: false, position })
const newer = (position: number): Cursor => ({ reverse: true, position })

describe('a cursor', () => {
  test("reads as the vendor's samples do", () => {
    assert.deepEqual(readCursor('cD00ODY='), older(486))
    assert.deepEqual(readCursor('cj0xJnA9NDg3'), newer(487))
    assert.equal(writeCursor(older(486)), 'cD00ODY=')
    assert.equal(writeCursor(newer(487)), 'cj0xJnA9NDg3')
  })

  const none = ['', ' ', 'x', '486', 'p=486', 'cD00ODY', ' cD00ODY=', 'cD00ODY=!', 'cD00ODY%3D', '====', 'é']
  for (const text of [...none, ...['p=', 'p=-1', 'p=1.5', 'p=a', 'o=1', 'r=0&p=1', 'p=1&r=1', 'p=01'].map(base64)]) {
    test(`is not ${JSON.stringify(text)}`, () => assert.equal(readCursor(text), null))
  }
  test('is not a position beyond all bounds', () => assert.equal(readCursor(base64(`p=${'9'.repeat(40)}`)), null))
})

describe('the size of a page', () => {
  const sizes: [unknown, number][] = [
    [undefined, 100],
    [1, 1],
    ['7', 7],
    [1000, 1000],
    [1001, 1000],
    ['9'.repeat(400), 1000],
    [['3', '5'], 5],
    ...['', '0', '-1', '1.5', 'ten', '1e2', ' ', null, [], {}].map((given): [unknown, number] => [given, 100]),
  ]
  for (const [given, size] of sizes) {
    test(`is ${size} for ${JSON.stringify(given)?.slice(0, 20)}`, () => assert.equal(pageSizeOf(given), size))
  }
})

describe('pages', () => {
  const all = listOf(9, 7, 6, 4, 1)

  test('of nothing are one empty page', () => {
    assert.deepEqual(pageOf([], null, 10), { endpoints: [], next: null, previous: null })
  })

  test('lead to the end and back, whatever their size', () => {
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

  test('neither repeat nor leave out anything when others come and go meanwhile', () => {
    const { next } = pageOf(all, null, 2)
    assert.deepEqual(next, older(7))
    assert.deepEqual(keysOf(pageOf(listOf(11, 10, 9, 6, 4, 1), next, 2)), [6, 4])
  })

  test('lead back from where everything was deleted', () => {
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
