// Tests quotas of one node and of several nodes, with a store in memory that records its calls. The tests of the same
// promises on PostgreSQL are in store/postgres/quotas.test.ts.

import assert from 'node:assert/strict'
import { setImmediate as turn } from 'node:timers/promises'
import { test } from 'node:test'
import fc from 'fast-check'
import type { FastifyRequest } from 'fastify'
import type { ApiKey } from '../domain/api-key.ts'
import { success } from '../domain/problem.ts'
import type { Dialect, Quota } from '../contracts/dialect.ts'
import type { Context } from '../operations/context.ts'
import { StoreUnavailable } from '../contracts/store.ts'
import type { QuotaGrant, QuotaRequest, QuotaStore } from '../contracts/quota-store.ts'
import { type DialectFront, frontOfDialect } from '../front/dialect-front.ts'
import type { AnyRoute } from '../http/route.ts'
import { seededRandom } from '../../test/support/random.ts'
import { LocalRateLimiter, type Window } from './rate-limiter.ts'
import { SharedRateLimiter } from './shared-rate-limiter.ts'

const start = Date.UTC(2026, 0, 1)
const perMinute: Quota = { per: 'key', counts: 'all', requests: 300, windowSeconds: 60 }
const bucket: Quota = { per: 'key', counts: 'all', requests: 500, windowSeconds: 120, burst: 1000 }

/** One row, as PostgreSQL stores it. */
class MemoryQuotas implements QuotaStore {
  readonly asked: QuotaRequest[] = []
  fails = false
  #row: { at: number; used: number } | null = null

  async takeQuota(request: QuotaRequest): Promise<QuotaGrant> {
    this.asked.push(request)
    await turn()
    if (this.fails) throw new StoreUnavailable('the database is unavailable')
    const row = this.#row ?? { at: request.at, used: 0 }
    const refilled = (Math.max(0, request.at - row.at) * request.requests) / request.periodMs
    const used = Math.max(0, row.used - refilled)
    const granted = Math.max(0, Math.min(request.wanted, Math.floor(request.limit - used)))
    this.#row = { at: Math.max(row.at, request.at), used: used + granted }
    return { ...this.#row, granted }
  }
}

async function takeOneByOne(limiter: SharedRateLimiter, quota: Quota, times: number, now: number): Promise<Window[]> {
  const windows: Window[] = []
  for (let count = 0; count < times; count++) windows.push(await limiter.take('who', quota, now))
  return windows
}

function takeAtOnce(limiter: SharedRateLimiter, quota: Quota, times: number, now: number): Promise<Window[]> {
  return Promise.all(Array.from({ length: times }, () => Promise.resolve(limiter.take('who', quota, now))))
}

function passed(windows: readonly Window[]): number {
  return windows.filter(({ allowed }) => allowed).length
}

test('a single node counts at once, without a database', () => {
  const limiter = new LocalRateLimiter()
  const windows = Array.from({ length: 310 }, () => limiter.take('who', perMinute, start))
  assert.equal(passed(windows), 300)
  assert.deepEqual(
    windows.slice(0, 300).map(({ remaining }) => remaining),
    Array.from({ length: 300 }, (_, index) => 299 - index),
  )
  assert.equal(limiter.take('who', perMinute, start + 60_000).remaining, 299)
})

const steps = fc.array(
  fc.record({ stepMs: fc.integer({ min: -90_000, max: 90_000 }), requests: fc.integer({ min: 1, max: 900 }) }),
)

test('every window lets exactly the quota pass, even if the clock is set back', () => {
  fc.assert(
    fc.property(steps, (bursts) => {
      const limiter = new LocalRateLimiter()
      let [now, latest, used] = [start, 0, 0]
      for (const { stepMs, requests } of bursts) {
        now += stepMs
        const window = Math.floor(now / 60_000)
        if (window > latest) used = 0
        latest = Math.max(latest, window)
        const windows = Array.from({ length: requests }, () => limiter.take('who', perMinute, now))
        assert.equal(passed(windows), Math.min(requests, 300 - used))
        used += passed(windows)
      }
    }),
    { numRuns: 30 },
  )
})

test('a bucket lets no more pass than it holds and refills, even if the clock is set back', () => {
  fc.assert(
    fc.property(steps, (bursts) => {
      const limiter = new LocalRateLimiter()
      let [now, latest, left] = [start, 0, 1500]
      for (const { stepMs, requests } of bursts) {
        now += stepMs
        left = Math.min(1500, left + (Math.max(0, now - latest) * 500) / 120_000)
        latest = Math.max(latest, now)
        const count = passed(Array.from({ length: requests }, () => limiter.take('who', bucket, now)))
        // The tolerance covers fractions of requests that refill.
        assert.ok(Math.abs(count - Math.min(requests, left)) < 1.001, `${count} of ${left}`)
        left -= count
      }
    }),
    { numRuns: 30 },
  )
})

test('if one of several nodes gets all requests, the whole quota passes, and its headers count down by one', async () => {
  for (const take of [takeOneByOne, takeAtOnce]) {
    const store = new MemoryQuotas()
    const windows = await take(new SharedRateLimiter(store), perMinute, 310, start)
    assert.deepEqual(
      windows.slice(0, 300).map(({ remaining }) => remaining),
      Array.from({ length: 300 }, (_, index) => 299 - index),
    )
    for (const refused of windows.slice(300)) {
      const usedUp = { limit: 300, remaining: 0, resetsAtSeconds: start / 1000 + 60, allowed: false }
      assert.deepEqual(refused, { ...usedUp, retryAfterSeconds: 60 })
    }
  }
})

test('requests that arrive at once wait for the same response of the database', async () => {
  const store = new MemoryQuotas()
  assert.equal(passed(await takeAtOnce(new SharedRateLimiter(store), perMinute, 5000, start)), 300)
  assert.deepEqual(
    store.asked.map(({ wanted }) => wanted >= 299 || wanted === 1),
    [true, true],
  )
})

test('requests within the share of a node do not wait for the database', async () => {
  const limiter = new SharedRateLimiter(new MemoryQuotas())
  await takeAtOnce(limiter, perMinute, 100, start)
  assert.ok(!(limiter.take('who', perMinute, start) instanceof Promise))
})

test('a flood of refused requests does not ask the database again in the same window', async () => {
  const store = new MemoryQuotas()
  const limiter = new SharedRateLimiter(store)
  await takeAtOnce(limiter, perMinute, 400, start)
  const before = store.asked.length
  for (let ms = 0; ms < 60_000; ms += 10) assert.ok(!(await limiter.take('who', perMinute, start + ms)).allowed)
  assert.equal(store.asked.length, before)
  assert.ok((await limiter.take('who', perMinute, start + 60_000)).allowed, 'the next window is open')
})

test('a flood on an empty bucket asks the database for refilled requests, and otherwise at most once a second', async () => {
  const store = new MemoryQuotas()
  const limiter = new SharedRateLimiter(store)
  assert.equal(passed(await takeAtOnce(limiter, bucket, 2000, start)), 1500)
  const before = store.asked.length
  let admitted = 0
  for (let ms = 0; ms < 60_000; ms += 5) if ((await limiter.take('who', bucket, start + ms)).allowed) admitted += 1
  const refilled = 250
  assert.ok(admitted <= refilled && admitted >= 0.9 * refilled, `${admitted} requests passed`)
  assert.ok(store.asked.length - before <= admitted + 60, `the database was asked ${store.asked.length - before} times`)
})

test('a node gives up held requests of a bucket as the bucket refills', async () => {
  const store = new MemoryQuotas()
  const idle = new SharedRateLimiter(store)
  await takeAtOnce(idle, bucket, 600, start)
  const later = start + 3_600_000
  const other = await takeAtOnce(new SharedRateLimiter(store), bucket, 2000, later)
  assert.equal(passed([...other, ...(await takeAtOnce(idle, bucket, 2000, later))]), 1500)
})

test('a bucket never lets more pass than it holds, with any distribution of requests over nodes', async () => {
  for (let seed = 1; seed <= 60; seed++) {
    const random = seededRandom(seed)
    const small = { ...bucket, requests: 30, windowSeconds: 10, burst: random.between(0, 200) }
    const limit = small.requests + small.burst
    const store = new MemoryQuotas()
    const nodes = Array.from({ length: random.between(1, 4) }, () => new SharedRateLimiter(store))
    let [now, level] = [start, 0]
    for (let step = 0; step < 40; step++) {
      const waitMs = random.between(0, 10) ** random.between(0, 4)
      now += waitMs
      level = Math.max(0, level - (waitMs * small.requests) / small.windowSeconds / 1000)
      const node = nodes[random.between(0, nodes.length - 1)] as SharedRateLimiter
      level += passed(await takeAtOnce(node, small, random.between(0, limit >> random.between(0, 4)), now))
      assert.ok(level <= limit + 1e-6, `${level} of ${limit} requests have passed, seed ${seed}, step ${step}`)
    }
  }
})

test('a request of the next window does not use the share of the previous window', async () => {
  const store = new MemoryQuotas()
  const limiter = new SharedRateLimiter(store)
  await takeAtOnce(limiter, perMinute, 150, start)
  let early = limiter.take('who', perMinute, start + 59_999)
  while (!(early instanceof Promise)) early = limiter.take('who', perMinute, start + 59_999)
  const late = Array.from({ length: 400 }, () => Promise.resolve(limiter.take('who', perMinute, start + 60_000)))
  assert.ok((await early).allowed)
  assert.equal(passed(await Promise.all(late)), 300)
})

test('a node whose clock is behind opens no window again, and a node whose clock is ahead opens it for all nodes', async () => {
  const store = new MemoryQuotas()
  const [ahead, behind] = [new SharedRateLimiter(store), new SharedRateLimiter(store)]
  assert.equal(passed(await takeAtOnce(behind, perMinute, 400, start)), 300)
  assert.equal(passed(await takeAtOnce(ahead, perMinute, 100, start + 60_000)), 100)
  const third = new SharedRateLimiter(store)
  assert.ok(passed(await takeAtOnce(third, perMinute, 400, start + 59_000)) <= 200)
  assert.equal(passed(await takeAtOnce(behind, perMinute, 400, start + 59_500)), 0)
})

test('if the database does not answer, all waiting requests get the error, and the next request asks again', async () => {
  const store = new MemoryQuotas()
  const limiter = new SharedRateLimiter(store)
  store.fails = true
  const asked = Array.from({ length: 5 }, async () => limiter.take('who', perMinute, start))
  for (const { status } of await Promise.allSettled(asked)) assert.equal(status, 'rejected')
  await assert.rejects(async () => limiter.take('who', perMinute, start), StoreUnavailable)
  store.fails = false
  assert.equal((await limiter.take('who', perMinute, start)).remaining, 299)
})

test('a front counts quotas together with other nodes, and does not enforce them if rate limits are off', async () => {
  const store = new MemoryQuotas()
  const key = { id: 'key_1', tenants: ['t'] } as unknown as ApiKey
  const keyCache = { digestOf: (text: string) => text, authenticate: () => success(key) }
  const context = { clock: { now: () => start }, keyCache } as unknown as Context
  const dialect = { name: 'some', quotas: [{ ...perMinute, requests: 10 }] } as unknown as Dialect
  const shown: string[] = []
  const quotaHeaders = ({ remaining }: Window) => ({ left: String(remaining) })
  const definition = { dialect, credential: () => 'k', quotaHeaders } as unknown as DialectFront
  const admit = async (rateLimits: boolean): Promise<boolean> => {
    const front = frontOfDialect(definition, { context, tokens: null, rateLimits, quotas: store })
    const request = {} as FastifyRequest
    const { ok } = await front.admit(request, { access: 'read' } as AnyRoute)
    shown.push(request.answerHeaders?.['left'] ?? '')
    return ok
  }
  const admitted: boolean[] = []
  for (let node = 1; node <= 12; node++) admitted.push(await admit(true))
  assert.equal(admitted.indexOf(false), 10)
  assert.deepEqual(shown, ['9', '8', '7', '6', '5', '4', '3', '2', '1', '0', '0', '0'])
  assert.ok(await admit(false))
  assert.equal(store.asked.length, 12)
  store.fails = true
  await assert.rejects(() => admit(true), StoreUnavailable)
})
