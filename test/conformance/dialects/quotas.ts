// Request quotas: in one window, exactly as many requests pass as the vendor says, however many arrive at once. Every
// answer shows the quota in its headers. The next window accepts requests again.

import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Quota } from '../../../src/contracts/dialect.ts'
import { checkRefusal } from './answers.ts'
import type { Case } from './case.ts'
import type { ApiAnswer, ApiRequest, Caller, Profile } from './profile.ts'
import type { World } from './world.ts'

/** How many requests more than the quota are sent at once. */
const tooMany = 8
/** A quota of more requests is not tested: it takes too long to use up. */
const requestsMax = 600
/** A test does not wait for a window longer than this to end. */
const windowSecondsMax = 2
/** How often a burst is sent. A burst that a slow machine spread over two windows proves nothing and is sent again. */
const triesMax = 8

export function quotaCases(profile: Profile, add: Case): void {
  const { api } = profile
  const { quotas } = profile.dialect
  const { quotaHeaders } = api
  const usable = quotas.filter(({ requests, burst }) => requests <= requestsMax && burst === undefined)

  for (const quota of usable) {
    // A quota cannot be used up if a narrower one refuses requests first.
    const kind = quota.counts === 'writes' ? 'writes' : 'reads'
    const narrower = usable.some(
      (other) =>
        other !== quota && other.requests < quota.requests && (other.counts === 'all' || other.counts === kind),
    )
    if (narrower) continue

    add(
      `exactly ${quota.requests} ${quota.counts} per ${quota.per} pass in ${quota.windowSeconds} s`,
      async (world) => {
        for (let tries = 1; ; tries++) {
          const customer = await world.customer()
          const caller = { tenant: customer.tenant, key: customer.key }
          const request = requestOf(caller, kind)
          await untilWindowBegins(quota)
          const window = windowNow(quota)
          const ask = () => world.ask(request, api.credentials(caller))
          const answers = await Promise.all(Array.from({ length: quota.requests + tooMany }, ask))
          if (windowNow(quota) !== window && tries < triesMax) continue
          checkBurst(answers, request, quota)
          if (quota.windowSeconds > windowSecondsMax) return
          await sleep(msUntilWindow(quota) + 20)
          assert.notEqual((await ask()).status, 429, 'the next window refuses requests')
          return
        }
      },
    )
  }

  if (quotaHeaders !== null) {
    add('every answer shows the quota in its headers', async (world) => {
      const customer = await world.customer()
      const { id } = await customer.endpoint(world.hook().url)
      const { get, create, eventTypes } = api.operations
      const requests: ApiRequest[] = [
        get.request(customer, id),
        get.request(customer, api.idAbsent),
        create.request(customer, {}),
        { ...create.request(customer, {}), raw: '{' },
        ...(eventTypes === null ? [] : [eventTypes.request(customer)]),
        ...api.wrongMethods,
        ...api.unknownRoutes.map((path) => ({ method: 'GET', path })),
      ]
      for (const request of requests) checkHeaders(await customer.ask(request), request)
      for (const headers of [{}, api.credentials({ tenant: customer.tenant, key: 'unknown' })]) {
        const request = get.request(customer, id)
        checkHeaders(await world.ask(request, headers), request)
      }
    })
  }

  add("one tenant's requests do not use up another tenant's quota", async (world) => {
    const [one, other] = await Promise.all([world.customer(), world.customer()])
    await useUp(world, one)
    assert.equal((await world.ask(api.operations.list.request(other), api.credentials(other))).status, 200)
  })

  function checkBurst(answers: readonly ApiAnswer[], request: ApiRequest, quota: Quota): void {
    const refused = answers.filter(({ status }) => status === 429)
    assert.equal(answers.length - refused.length, quota.requests)
    for (const answer of refused) {
      checkRefusal(profile, 'tooManyRequests', answer, { request })
      const seconds = Number(answer.headers['retry-after'])
      assert.ok(
        Number.isInteger(seconds) && seconds >= 1 && seconds <= quota.windowSeconds,
        'retry-after is not a number of seconds within the window',
      )
    }
    if (quotaHeaders === null) return
    const remaining = answers
      .filter(({ status }) => status !== 429)
      .map(({ headers }) => headers[quotaHeaders.remaining])
    const expected = Array.from({ length: quota.requests }, (_, index) => index)
    assert.deepEqual(
      remaining.map(Number).toSorted((a, b) => a - b),
      expected,
      'the remaining requests do not count down one by one',
    )
    for (const answer of answers) assert.equal(Number(answer.headers[quotaHeaders.limit]), quota.requests)
    for (const answer of refused) assert.equal(answer.headers[quotaHeaders.remaining], '0')
  }

  function checkHeaders(answer: ApiAnswer, request: ApiRequest): void {
    if (quotaHeaders === null) return
    const numberIn = (name: string): number => {
      assert.match(answer.headers[name] ?? '', /^\d+$/, `${name} of ${request.method} ${request.path}`)
      return Number(answer.headers[name])
    }
    const limit = numberIn(quotaHeaders.limit)
    const remaining = numberIn(quotaHeaders.remaining)
    const reset = numberIn(quotaHeaders.reset)
    assert.ok(quotas.some(({ requests }) => requests === limit))
    assert.ok(remaining <= limit)
    const inSeconds = reset - Date.now() / 1000
    assert.ok(inSeconds > -2 && inSeconds <= Math.max(...quotas.map(({ windowSeconds }) => windowSeconds)) + 1, 'reset')
  }

  function requestOf(caller: Caller, kind: 'reads' | 'writes'): ApiRequest {
    const { list, change } = api.operations
    return kind === 'reads' ? list.request(caller) : change.request(caller, api.idAbsent, {})
  }

  async function useUp(world: World, caller: Caller): Promise<void> {
    const count = Math.min(...usable.filter(({ counts }) => counts !== 'writes').map(({ requests }) => requests), 100)
    const ask = () => world.ask(api.operations.list.request(caller), api.credentials(caller))
    await Promise.all(Array.from({ length: count + 1 }, ask))
  }
}

function windowNow({ windowSeconds }: Quota): number {
  return Math.floor(Date.now() / 1000 / windowSeconds)
}

function msUntilWindow({ windowSeconds }: Quota): number {
  return windowSeconds * 1000 - (Date.now() % (windowSeconds * 1000))
}

/** Waits for a window to begin. Windows longer than `windowSecondsMax` have time enough for a burst at any moment. */
async function untilWindowBegins(quota: Quota): Promise<void> {
  if (quota.windowSeconds <= windowSecondsMax) await sleep(msUntilWindow(quota) + 2)
}
