// Request quotas: exactly as many requests pass in a window as the vendor says, however many come at once; all answers
// tell of the quota; and the next window is open again.

import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Quota } from '../../../src/contracts/dialect.ts'
import { checkRefusal } from './answers.ts'
import type { Case } from './case.ts'
import type { ApiAnswer, ApiRequest, Caller, Profile } from './profile.ts'
import type { World } from './world.ts'

/** Requests that come at once on top of what may pass. */
const tooMany = 8
/** Quotas that take longer to use up, or to wait for, are beyond a test. */
const requestsMax = 600
const windowSecondsMax = 2
/** A burst that a slow machine spread over two windows says nothing and is tried again. */
const triesMax = 8

export function quotaCases(profile: Profile, add: Case): void {
  const { api } = profile
  const { quotas } = profile.dialect
  const { quotaHeaders } = api
  const usable = quotas.filter(({ requests, burst }) => requests <= requestsMax && burst === undefined)

  for (const quota of usable) {
    // A wider quota cannot be used up where a narrower one refuses first.
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
          assert.notEqual((await ask()).status, 429, 'the next window is open')
          return
        }
      },
    )
  }

  if (quotaHeaders !== null) {
    add('every answer tells of the quota', async (world) => {
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
      for (const headers of [{}, api.credentials({ tenant: customer.tenant, key: 'nobody' })]) {
        const request = get.request(customer, id)
        checkHeaders(await world.ask(request, headers), request)
      }
    })
  }

  add("one caller's requests do not use up another one's quota", async (world) => {
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
        'retry-after is in seconds',
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
      'each counts down by one',
    )
    for (const answer of answers) assert.equal(Number(answer.headers[quotaHeaders.limit]), quota.requests)
    for (const answer of refused) assert.equal(answer.headers[quotaHeaders.remaining], '0')
  }

  function checkHeaders(answer: ApiAnswer, request: ApiRequest): void {
    if (quotaHeaders === null) return
    const [limit, remaining, reset] = [quotaHeaders.limit, quotaHeaders.remaining, quotaHeaders.reset].map((name) => {
      assert.match(answer.headers[name] ?? '', /^\d+$/, `${name} of ${request.method} ${request.path}`)
      return Number(answer.headers[name])
    }) as [number, number, number]
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

/** Waits for a window to begin, unless windows are so long that there is time enough in any. */
async function untilWindowBegins(quota: Quota): Promise<void> {
  if (quota.windowSeconds <= windowSecondsMax) await sleep(msUntilWindow(quota) + 2)
}
