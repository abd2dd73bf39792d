// The clock is set ahead and back, by an hour and by a day. What waits is due by the clock as it is then: ahead, all of
// it at once, which must be no burst; back, as much later. What is accepted or fails after it is not touched.

import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createRig, failed, ok, type Rig, type Sent } from '../../test/support/engine-rig.ts'
import { day, hour, second } from '../domain/time.ts'
import { limits } from '../domain/limits.ts'

const retryMs = 5 * second

/** Answers all that is in flight, step by step, until `count` are delivered; gives how many were in flight at each step. */
async function answerAll(rig: Rig, count: number): Promise<number[]> {
  const inFlight: number[] = []
  await rig.until(async () => {
    const sent: Sent[] = rig.sender.sent.splice(0)
    if (sent.length > 0) inFlight.push(sent.length)
    for (const { answer } of sent) answer(ok)
    return (await rig.deliveries('delivered')).length === count
  }, `${count} are delivered`)
  return inFlight
}

/** An endpoint for which so many deliveries wait for their second attempt, over a day. */
async function waiting(rig: Rig, count: number): Promise<void> {
  await rig.addEndpoint('/a')
  rig.sender.respond = () => failed
  await rig.accept(count)
  await rig.until(async () => (await rig.deliveries()).every(({ attempts }) => attempts === 1), 'all have failed once')
  rig.sender.respond = null
  rig.sender.sent.length = 0
}

test('an attempt lasts as long as it lasts, though the clock is set meanwhile', async (t) => {
  const rig = await createRig(t)
  await rig.addEndpoint('/a')
  await rig.accept(1)
  rig.clock.set(rig.clock.now() + 30 * day)
  await rig.clock.advance(20)
  rig.sender.sent.pop()?.answer(ok)
  await rig.until(async () => (await rig.deliveries('delivered')).length === 1, 'it is delivered')
  const [delivery] = await rig.deliveries()
  const attempts = delivery === undefined ? undefined : (await rig.delivery(delivery.id))?.attempts
  assert.equal(attempts?.[0]?.durationMs, 20)
})

for (const [name, ms] of [
  ['an hour', hour],
  ['a day', day],
] as const) {
  suite(`a clock that is set by ${name}`, () => {
    test('ahead makes all that waits due, and no burst of it', async (t) => {
      const rig = await createRig(t)
      await waiting(rig, 300)
      rig.clock.set(rig.clock.now() + ms)
      // Nothing tells that the clock was set: it is found out at the next look.
      await rig.clock.advance(limits.claimIntervalMs)
      const inFlight = await answerAll(rig, 300)
      assert.equal(inFlight[0], 1, 'one at first')
      assert.ok(inFlight.every((atOnce) => atOnce <= limits.attemptsPerEndpointMax))
      assert.deepEqual(rig.observed.failures, [])
    })

    test('back delays what waits by as much, and nothing else', async (t) => {
      const rig = await createRig(t)
      await waiting(rig, 3)
      rig.clock.set(rig.clock.now() - ms)
      await rig.clock.advance(limits.claimIntervalMs)
      assert.equal(rig.sender.sent.length, 0)

      await rig.accept(1)
      assert.equal(rig.sender.sent.length, 1, 'new ones go at once')
      rig.sender.sent.pop()?.answer(failed)
      await rig.until(async () => ((await rig.store.nextDueAt()) ?? Infinity) <= rig.clock.now() + retryMs, 'it waits')
      await rig.clock.advance(retryMs)
      await answerAll(rig, 1)

      await rig.clock.advance(ms)
      await answerAll(rig, 4)
      assert.deepEqual(rig.observed.failures, [])
    })
  })
}
