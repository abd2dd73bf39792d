// An endpoint whose receiver answers 429 or 503 is paused for as long as the receiver asks.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRig, ok, type Rig, tenant } from '../../test/support/engine-rig.ts'
import type { SendResult } from '../contracts/transport.ts'
import { limits } from '../domain/limits.ts'
import { hour, minute, second } from '../domain/time.ts'

function busy(status: 429 | 503, retryAfterMs: number | null): SendResult {
  return { outcome: { kind: 'rejected', status, retryAfterMs }, response: '' }
}

/** Lets the engine work for a time, in steps that leave it time to read and write its database. */
async function pass(rig: Rig, ms: number): Promise<void> {
  for (const step of [ms - 1, 1]) {
    await rig.clock.advance(step)
    for (let turn = 0; turn < 20; turn++) await rig.clock.settle()
  }
}

async function waiting(rig: Rig, count: number): Promise<void> {
  await rig.until(async () => (await rig.store.countWaiting()) === count, `${count} deliveries wait`)
}

for (const status of [429, 503] as const) {
  test(`${status} with Retry-After pauses the endpoint, also across a crash, and it is approached gently`, async (t) => {
    const rig = await createRig(t)
    await rig.addEndpoint('/a')
    rig.sender.respond = () => busy(status, 30 * second)
    await rig.accept(300)
    await waiting(rig, 300)
    assert.equal(rig.sender.sent.length, limits.attemptsPerEndpointMax, 'only attempts in flight go on')

    await rig.crashAndRestart()
    await rig.accept(10)
    await pass(rig, 30 * second - 1)
    assert.equal(rig.sender.sent.length, 0, 'nothing is sent during the pause')

    // The test answers by hand: the first request after the pause is alone, and each success doubles their number.
    rig.sender.respond = null
    let answered = 0
    await rig.clock.advance(1)
    for (const atOnce of [1, 2, 8, 16]) {
      await rig.until(() => rig.sender.sent.length >= answered + atOnce, `${atOnce} attempts start`)
      for (let turn = 0; turn < 20; turn++) await rig.clock.settle()
      const started = rig.sender.sent.slice(answered)
      assert.equal(started.length, atOnce)
      for (const { answer } of started) answer(ok)
      answered += atOnce
    }
    rig.sender.respond = () => ok
    for (const { answer } of rig.sender.sent.slice(answered)) answer(ok)
    await rig.until(async () => (await rig.deliveries('delivered')).length === 310, 'all are delivered')
  })
}

test('a 429 without Retry-After pauses the endpoint for longer each time, and a success ends that', async (t) => {
  const rig = await createRig(t)
  await rig.addEndpoint('/a')
  rig.sender.respond = () => busy(429, null)
  await rig.accept(20)
  await waiting(rig, 20)
  const pausedUntil = async (): Promise<number> => (await rig.tenantCache.load(tenant))?.endpoints[0]?.pausedUntil ?? 0
  const paused = async (): Promise<number> => (await pausedUntil()) - rig.clock.now()
  assert.equal(await paused(), second, 'attempts that were in flight together count once')
  const pauses: number[] = []
  for (let round = 0; round < 10; round++) {
    const sent = rig.sender.sent.length
    await pass(rig, Math.max(2, await paused()))
    // On a slow machine, the attempt starts later. Short steps do not reach the end of its own pause.
    await rig.until(async () => {
      await pass(rig, 2)
      return rig.sender.sent.length > sent
    }, 'an attempt starts')
    await rig.until(async () => (await paused()) > 0, 'the endpoint is paused again')
    assert.equal(rig.sender.sent.length, sent + 1)
    // On a slow machine, the clock has moved since the attempt.
    pauses.push((await pausedUntil()) - (rig.sender.sent.at(-1)?.at ?? 0))
  }
  assert.deepEqual(
    pauses.slice(0, 4),
    [2, 4, 8, 16].map((seconds) => seconds * second),
  )
  assert.equal(pauses.at(-1), limits.pauseMsMax)
  rig.sender.respond = () => ok
  await pass(rig, limits.pauseMsMax)
  await rig.until(
    async () => (await rig.store.loadTenant(tenant))?.endpoints[0]?.pausedUntil === null,
    'the pause is over',
  )
})

test('a pause lasts at most a day', async (t) => {
  const rig = await createRig(t)
  await rig.addEndpoint('/a')
  rig.sender.respond = () => busy(503, 1000 * hour)
  await rig.accept(1)
  await waiting(rig, 1)
  assert.equal(await rig.store.nextDueAt(), rig.clock.now() + limits.retryAfterMsMax)
})

test('a 503 without Retry-After, and other failures with it, pause nothing', async (t) => {
  const rig = await createRig(t)
  await rig.addEndpoint('/a')
  const answers = [
    busy(503, null),
    { outcome: { kind: 'rejected', status: 500, retryAfterMs: hour }, response: '' },
  ] as const
  rig.sender.respond = (_request, nth) => answers[(nth - 1) % 2] ?? null
  await rig.accept(40)
  await waiting(rig, 40)
  assert.equal(rig.sender.sent.length, 40)
})

test('an endpoint that is paused delays no other endpoint of its tenant', async (t) => {
  const rig = await createRig(t)
  await rig.addEndpoint('/paused')
  await rig.addEndpoint('/open')
  rig.sender.respond = ({ url }) => (url.endsWith('/paused') ? busy(429, minute) : ok)
  await rig.accept(100)
  await rig.until(async () => (await rig.deliveries('delivered')).length === 100, 'the other endpoint gets all')
  assert.equal((await rig.deliveries('pending')).length, 100)
})
