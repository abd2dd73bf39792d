import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sampleAnswer, sampleAudit, sampleKey, start } from '../../test/conformance/store/samples.ts'
import { createRig } from '../../test/support/engine-rig.ts'
import { limits } from '../domain/limits.ts'
import { day } from '../domain/time.ts'

test('the upkeep removes events and audit records, each after its own time', async (t) => {
  const rig = await createRig(t)
  await rig.accept(1)
  const ages = [401, 399, 31].map((days) => sampleAudit(-days * day))
  assert.equal(rig.clock.now(), start)
  await rig.store.recordAudit(ages)
  await rig.store.createKey(sampleKey([], 'hash'), { answer: sampleAnswer('old', -limits.idempotencyMs) })
  const left = async () => {
    const everything = { tenant: null, actor: null, action: null, object: null, from: null, to: null }
    const audit = await rig.store.listAudit(everything, { limit: 9, after: null })
    const events = await rig.store.listEvents(
      { tenant: null, type: null, from: null, to: null },
      { limit: 9, after: null },
    )
    return [audit.rows.length, events.rows.length]
  }
  await rig.clock.advance(limits.retentionIntervalMs)
  await rig.until(async () => (await left())[0] === 2, 'the oldest record is removed')
  assert.deepEqual(await left(), [2, 1])
  assert.deepEqual(rig.observed.pruned, [], 'an answer that has expired is no event')
  await rig.clock.advance(31 * day)
  await rig.until(async () => {
    // The run that removed the first record may not have ended before the clock moved.
    await rig.clock.advance(limits.retentionIntervalMs)
    return (await left()).join() === '1,0'
  }, 'the event and another record are removed')
  await rig.until(() => rig.observed.pruned.length > 0, 'the end of retention is reported')
})
