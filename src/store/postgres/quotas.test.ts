// Quotas on several nodes of one PostgreSQL server, each with its own store, under uneven load.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import { testDatabase } from '../../../test/support/test-database.ts'
import type { Quota } from '../../contracts/dialect.ts'
import { SharedRateLimiter } from '../../quota/shared-rate-limiter.ts'
import type { Store } from '../../contracts/store.ts'
import type { QuotaRequest, QuotaStore } from '../../contracts/quota-store.ts'
import { Database } from './database.ts'
import { openPostgresStore } from './postgres-store.ts'
import { pruneQuotas } from './quotas.ts'

const start = Date.UTC(2026, 0, 1)
const small: Quota = { per: 'key', counts: 'all', requests: 150, windowSeconds: 60 }
const large: Quota = { per: 'tenant', counts: 'all', requests: 500, windowSeconds: 1 }
const bucket: Quota = { per: 'key', counts: 'all', requests: 500, windowSeconds: 120, burst: 4500 }

let place: Awaited<ReturnType<typeof testDatabase>>
let stores: Store[]

before(async () => {
  place = await testDatabase()
  stores = []
  for (let count = 0; count < 3; count++) stores.push(await openPostgresStore(place.url))
})
after(async () => {
  for (const store of stores) await store.close()
  await place.drop()
})

function quotasOf(index: number): QuotaStore {
  const quotas = stores[index % stores.length]?.quotas
  assert.ok(quotas)
  return quotas
}

class Node {
  readonly #limiter: SharedRateLimiter
  queries = 0

  constructor(quotas: QuotaStore) {
    const counted: QuotaStore = {
      takeQuota: (request) => {
        this.queries += 1
        return quotas.takeQuota(request)
      },
    }
    this.#limiter = new SharedRateLimiter(counted)
  }

  /** Makes `requests` requests, `atOnce` at a time. Returns how many of them passed. */
  async ask(who: string, quota: Quota, requests: number, now: number, atOnce = 10): Promise<number> {
    let admitted = 0
    let left = requests
    const caller = async (): Promise<void> => {
      while (left-- > 0) if ((await this.#limiter.take(who, quota, now)).allowed) admitted += 1
    }
    await Promise.all(Array.from({ length: atOnce }, caller))
    return admitted
  }
}

function nodes(count: number): Node[] {
  return Array.from({ length: count }, (_, index) => new Node(quotasOf(index)))
}

let last = 0
const newCaller = (): string => `caller ${++last}`
const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)
const limitOf = ({ requests, burst = 0 }: Quota): number => requests + burst

/** The requests of each node as parts of the limit: all nodes at the same time, or one node after the other. */
const mixes: Readonly<Record<string, { readonly together: boolean; readonly parts: readonly number[] }>> = {
  'all on one node': { together: true, parts: [2] },
  'half and half': { together: true, parts: [1, 1] },
  '90 to 10': { together: true, parts: [1.8, 0.2] },
  thirds: { together: true, parts: [0.5, 0.5, 0.5] },
  'one after the other': { together: false, parts: [0.5, 2] },
  'a little on two nodes, the rest on the third': { together: false, parts: [0.1, 0.1, 2] },
  'each node for a while, the last for the rest': {
    together: false,
    parts: [...Array.from({ length: 11 }, () => 0.08), 2],
  },
}

for (const quota of [small, large, bucket]) {
  for (const [mix, { together, parts }] of Object.entries(mixes)) {
    test(`${limitOf(quota)} ${quota.burst === undefined ? 'in a window' : 'out of a bucket'}, ${mix}`, async (t) => {
      const limit = limitOf(quota)
      const who = newCaller()
      const all = nodes(parts.length)
      const asks = all.map((node, index) => () => node.ask(who, quota, Math.ceil((parts[index] ?? 0) * limit), start))
      const admitted: number[] = []
      if (together) admitted.push(...(await Promise.all(asks.map((ask) => ask()))))
      else for (const ask of asks) admitted.push(await ask())
      const total = sum(admitted)
      const queries = sum(all.map((node) => node.queries))
      const asked = sum(parts) * limit
      t.diagnostic(`${total} of ${limit} passed (${admitted.join(' + ')}), ${asked} requests, ${queries} queries`)
      assert.ok(total <= limit, `${total} passed`)
      assert.ok(total >= 0.9 * limit, `${total} passed`)
      assert.ok(queries <= asked / 4, `${queries} queries`)
    })
  }
}

test('a node that gets requests one by one asks the database for few of them', async (t) => {
  const [node] = nodes(1) as [Node]
  assert.equal(await node.ask(newCaller(), large, 1000, start, 1), 500)
  t.diagnostic(`${node.queries} queries`)
  assert.ok(node.queries <= 100)
})

test('each window lets no more requests pass than the quota', async () => {
  const who = newCaller()
  const all = nodes(3)
  for (let window = 0; window < 5; window++) {
    const now = start + window * 60_000
    const admitted = sum(await Promise.all(all.map((node, index) => node.ask(who, small, 60 + 60 * index, now + 500))))
    assert.ok(admitted <= 150 && admitted >= 135, `${admitted} passed`)
  }
})

test('a bucket refills on all nodes together', async () => {
  const who = newCaller()
  const all = nodes(3)
  let admitted = 0
  const seconds = 600
  for (let second = 0; second <= seconds; second += 2) {
    const now = start + second * 1000
    admitted += sum(await Promise.all(all.map((node, index) => node.ask(who, bucket, 20 + index * 20, now))))
    const most = 5000 + (second * 500) / 120
    assert.ok(admitted <= most, `${admitted} of ${most} passed after ${second} s`)
  }
  const most = 5000 + (seconds * 500) / 120
  assert.ok(admitted >= 0.9 * most, `${admitted} of ${most} passed`)
})

test('callers are counted separately, with any characters in their names', async () => {
  const node = nodes(1)[0] as Node
  for (const who of ['a', 'b', 'nul \0 a', 'nul \0 b', 'back \\slash', randomBytes(50_000).toString('hex')]) {
    assert.equal(await node.ask(who, small, 200, start, 100), 150)
  }
})

test('a share is at most the rest of the quota, and no clock turns a row back', async () => {
  const quotas = quotasOf(0)
  const row = { who: newCaller(), limit: 10, requests: 10, periodMs: 1000 }
  const ask = (change: Partial<QuotaRequest>) => quotas.takeQuota({ ...row, at: start, wanted: 1, ...change })
  assert.deepEqual(await ask({ wanted: 7 }), { granted: 7, used: 7, at: start })
  assert.deepEqual(await ask({ wanted: 7 }), { granted: 3, used: 10, at: start })
  assert.deepEqual(await ask({}), { granted: 0, used: 10, at: start })
  assert.deepEqual(await ask({ at: start + 1000, wanted: 20 }), { granted: 10, used: 10, at: start + 1000 })
  assert.deepEqual(await ask({ at: start }), { granted: 0, used: 10, at: start + 1000 })
  const first = { who: newCaller(), wanted: 20 }
  assert.deepEqual(await ask(first), { granted: 10, used: 10, at: start }, 'a new row')
})

test('a bucket in the database grants whole requests as it refills', async () => {
  const quotas = quotasOf(0)
  const ask = (at: number, wanted: number) =>
    quotas.takeQuota({ who: 'drop by drop', limit: 100, requests: 10, periodMs: 1000, at: start + at, wanted })
  assert.equal((await ask(0, 200)).granted, 100)
  assert.equal((await ask(99, 1)).granted, 0)
  assert.equal((await ask(250, 5)).granted, 2)
  assert.equal((await ask(299, 5)).granted, 0)
  assert.equal((await ask(300, 5)).granted, 1)
  assert.equal((await ask(1_000_000, 500)).granted, 100)
})

test('expired rows are removed in bounded steps, and other rows stay', async () => {
  const db = new Database(place.url, 2)
  try {
    const count = async () => (await db.get<{ count: number }>('SELECT count(*) AS count FROM quotas'))?.count
    const prune = (now: number, rowsMax: number) => db.transaction((session) => pruneQuotas(session, now, rowsMax))
    await db.run('DELETE FROM quotas')
    const quotas = quotasOf(0)
    const ask = (who: string, limit: number, at = start) =>
      quotas.takeQuota({ who, limit, requests: 10, periodMs: 60_000, at, wanted: 1 })
    for (let index = 0; index < 5; index++) await ask(`window ${index}`, 10)
    await ask('window 4', 10, start + 60_000)
    for (let times = 1; times <= 2; times++) await ask('bucket', 1000)
    assert.equal(await prune(start + 119_000, 10), 0, 'a clock that is behind may still count in the window')
    assert.equal(await prune(start + 121_000, 3), 3)
    assert.equal(await prune(start + 121_000, 3), 1)
    assert.equal(await count(), 2, 'one row counts in a later window, and the bucket is not full yet')
    assert.equal(await prune(start + 181_000, 3), 1)
    assert.equal(await prune(start + 100 * 60_000 + 61_000, 3), 1)
  } finally {
    await db.close()
  }
})
