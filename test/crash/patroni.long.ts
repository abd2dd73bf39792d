// Two nodes under load on PostgreSQL with Patroni, configured as docs/scaling.md says. The machine of the primary is lost,
// the primary is changed on purpose, and the machine of the standby is lost. Each time the nodes continue by themselves,
// and no accepted event is missing.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../support/api-rig.ts'
import { type Member, startPatroni, withoutPatroni } from '../support/patroni.ts'
import { loadMs, type Takeover, takeOverUnderLoad } from '../support/takeover.ts'

/** Patroni replaces a lost primary after 20 s (`ttl`). */
const wellMsMax = 60_000

void test('PostgreSQL with Patroni', { skip: withoutPatroni, timeout: 600_000 }, async (t) => {
  const cluster = await startPatroni(t)
  const primary = async (): Promise<Member> => {
    const member = await cluster.find('primary')
    assert.ok(member !== undefined)
    return member
  }

  await t.test('the primary is lost: no accepted event is lost, and it comes back as standby', async (step) => {
    const url = await cluster.createDatabase('loss')
    const lost = await primary()
    isWhole(await takeOverUnderLoad(step, { url, wellMsMax, act: () => lost.kill() }))
    assert.notEqual(await primary(), lost)
    lost.start()
    await cluster.untilWhole()
    assert.equal(await cluster.find('synchronous'), lost)
  })

  await t.test('the primary is changed on purpose: no accepted event is lost', async (step) => {
    const url = await cluster.createDatabase('switchover')
    const before = await primary()
    const act = (): Promise<void> => cluster.control('switchover', '--force')
    isWhole(await takeOverUnderLoad(step, { url, wellMsMax, act }))
    assert.notEqual(await primary(), before)
    await cluster.untilWhole()
  })

  await t.test('the standby is lost: events are accepted without it', async (step) => {
    const url = await cluster.createDatabase('standby')
    const lost = await cluster.find('synchronous')
    assert.ok(lost !== undefined)
    isWhole(await takeOverUnderLoad(step, { url, wellMsMax, act: () => lost.kill() }))
    lost.start()
    await cluster.untilWhole()
  })

  await t.test('control: without synchronous replication accepted events are lost', async (step) => {
    const lagging = ['-s', 'synchronous_mode=false', '-s', 'maximum_lag_on_failover=1073741824']
    await cluster.control('edit-config', '--force', ...lagging)
    await until(async () => (await cluster.find('synchronous')) === undefined, 'replication is asynchronous', 30_000)
    const url = await cluster.createDatabase('control')
    const lost = await primary()
    const { missing } = await takeOverUnderLoad(step, {
      url,
      wellMsMax,
      async act() {
        await lost.gate.set('refusing')
        await sleep(loadMs)
        await lost.kill()
      },
    })
    assert.ok(missing.length > 0, 'the standby had received every event')
  })
})

function isWhole({ accepted, missing, verdict }: Takeover): void {
  assert.deepEqual(missing, [])
  assert.deepEqual(verdict.problems.slice(0, 20), [])
  assert.ok(accepted > 100, `only ${accepted} events were accepted`)
}
