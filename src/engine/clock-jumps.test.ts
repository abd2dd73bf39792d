// The wall clock is set ahead and back, by an hour and by a day. Waiting deliveries are due by the new time: all of
// them at once after it is set ahead, which must not cause a burst, and later by the same amount after it is set back.
// Events that are accepted afterwards, and their retries, are not affected.

import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createRig, failed, ok, type Rig, type Sent } from '../../test/support/engine-rig.ts'
import { day, hour, second } from '../domain/time.ts'
import { limits } from '../domain/limits.ts'

const retryMs = 5 * second

/**
 * Answers all attempts in flight with success, until `count` are delivered. Gives the number in flight at each step.
 */
async function answerAll(rig: Rig, count: number): Promise<number[]> {
  const inFlight: number[] = []
  await rig.until(async () => {
    const sent: Sent[] = rig.sender.sent.splice(0)
    if (sent.length > 0) inFlight.push(sent.length)
    for (const { answer } of sent) answer(ok)
    return (await rig.deliveries('delivered')).length === count
  }, `${count} deliveries are delivered`)
  return inFlight
}

/** Adds an endpoint for which `count` deliveries wait for their second attempt, due in `retryMs`. */
async function addWaiting(rig: Rig, count: number): Promise<void> {
  await rig.addEndpoint('/a')
  rig.sender.respond = () => failed
  await rig.accept(count)
  await rig.until(async () => (await rig.deliveries()).every(({ attempts }) => attempts === 1), 'all have failed once')
  rig.sender.respond = null
  rig.sender.sent.length = 0
}

test('setting the wall clock during an attempt does not change its duration', async (t) => {
  const rig = await createRig(t)
  await rig.addEndpoint('/a')
  await rig.accept(1)
  rig.clock.set(rig.clock.now() + 30 * day)
  await rig.clock.advance(20)
  rig.sender.sent.pop()?.answer(ok)
  await rig.until(async () => (await rig.deliveries('delivered')).length === 1, 'the delivery is delivered')
  const [delivery] = await rig.deliveries()
  const attempts = delivery === undefined ? undefined : (await rig.delivery(delivery.id))?.attempts
  assert.equal(attempts?.[0]?.durationMs, 20)
})

for (const { name, ms } of [
  { name: 'an hour', ms: hour },
  { name: 'a day', ms: day },
]) {
  suite(`a clock that is set by ${name}`, () => {
    test('ahead makes all waiting deliveries due, without a burst', async (t) => {
      const rig = await createRig(t)
      await addWaiting(rig, 300)
      rig.clock.set(rig.clock.now() + ms)
      // Nothing reports that the clock was set: the next regular claim finds the due deliveries.
      await rig.clock.advance(limits.claimIntervalMs)
      const inFlight = await answerAll(rig, 300)
      assert.equal(inFlight[0], 1, 'one attempt runs at first')
      assert.ok(inFlight.every((atOnce) => atOnce <= limits.attemptsPerEndpointMax))
      assert.deepEqual(rig.observed.failures, [])
    })

    test('back delays waiting deliveries by the same amount, and no others', async (t) => {
      const rig = await createRig(t)
      await addWaiting(rig, 3)
      rig.clock.set(rig.clock.now() - ms)
      await rig.clock.advance(limits.claimIntervalMs)
      assert.equal(rig.sender.sent.length, 0)

      await rig.accept(1)
      assert.equal(rig.sender.sent.length, 1, 'a new delivery is sent at once')
      rig.sender.sent.pop()?.answer(failed)
      await rig.until(
        async () => ((await rig.store.nextDueAt()) ?? Infinity) <= rig.clock.now() + retryMs,
        'the retry is scheduled',
      )
      await rig.clock.advance(retryMs)
      await answerAll(rig, 1)

      await rig.clock.advance(ms)
      await answerAll(rig, 4)
      assert.deepEqual(rig.observed.failures, [])
    })
  })
}
