// Polls that wait: they cost a place each, and one timer all together.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRig } from '../../test/support/engine-rig.ts'
import { FakeClock } from '../../test/support/fake-clock.ts'
import { limits } from '../domain/limits.ts'
import { WaitingPolls } from './waiting-polls.ts'

/** A clock that counts the timers that run. */
class CountingClock extends FakeClock {
  running = 0

  override after(ms: number, action: () => void): () => void {
    this.running += 1
    return super.after(ms, () => {
      this.running -= 1
      action()
    })
  }
}

void test('a thousand polls wait with one timer, and a node takes no more', async (t) => {
  const rig = await createRig(t)
  const endpoint = await rig.addEndpoint('/a')
  const clock = new CountingClock()
  const waiting = new WaitingPolls(rig.store, clock, rig.observer)
  const endsAt = clock.elapsed() + limits.pollWaitSecondsMax * 1000
  const callers = limits.waitingPollsMax / limits.waitingPollsPerCallerMax
  const places = Array.from({ length: limits.waitingPollsMax }, (_, index) => {
    const caller = String(index % callers)
    assert.equal(waiting.refuses(caller), null)
    return waiting.enter({ endpoint: endpoint.key, caller, endsAt, isGone: () => false })
  })
  assert.equal(clock.running, 1)
  assert.deepEqual([waiting.refuses('0'), waiting.refuses('another')], ['caller', 'node'])

  while (clock.elapsed() < endsAt) {
    await clock.advance(limits.pollTickMs)
    assert.ok(clock.running <= 1)
  }
  const woken = await Promise.all(places.map((place) => place.woken))
  assert.ok(woken.every((one) => !one))
  for (const { leave } of places) leave()
  assert.deepEqual([clock.running, waiting.refuses('0')], [0, null])
})
