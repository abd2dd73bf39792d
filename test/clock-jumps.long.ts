// The real server while the system clock is set ahead by a day and back again, under libfaketime (Debian package
// `faketime`). New events are sent as usual. Deliveries that wait are sent when they are due by the clock, and not
// before.

import assert from 'node:assert/strict'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { eventType, startApiRig, until } from './support/api-rig.ts'
import { createInstallation } from './support/server-process.ts'

const library = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/lib']
  .map((folder) => `${folder}/faketime/libfaketimeMT.so.1`)
  .find(existsSync)
const skip = library === undefined ? 'libfaketime is not installed: apt-get install faketime' : false
const daySeconds = 86_400
const events = 50

test('no delivery is stuck if the clock is set ahead by a day and back again', { skip, timeout: 60_000 }, async (t) => {
  const folder = await createInstallation()
  const file = join(folder.folder, 'clock')
  const set = (seconds: number): void => writeFileSync(file, `${seconds < 0 ? '' : '+'}${seconds}`)
  set(0)
  const rig = await startApiRig({
    LD_PRELOAD: library ?? '',
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_NO_CACHE: '1',
    // Timers use the monotonic clock, which is not set.
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
  })
  after(async () => {
    await rig.close()
    await folder.remove()
  })
  const tenant = await rig.tenant('standard')
  let isDown = false
  const seen = new Set<unknown>()
  let most = 0
  let atOnce = 0
  const { path } = await rig.endpoint(tenant)
  const good = await rig.endpoint(tenant, { eventTypes: ['good'] })
  rig.behaviours.set(path, ({ headers }) => {
    const isFirst = !seen.has(headers['webhook-id'])
    seen.add(headers['webhook-id'])
    most = Math.max(most, ++atOnce)
    setTimeout(() => (atOnce -= 1), 5)
    return { status: isDown || isFirst ? 500 : 200, delayMs: 5 }
  })
  const serverTime = async (): Promise<number> => {
    const event = await rig.event(tenant, { type: 'good' })
    await rig.received(good.path, ++arrived)
    return Date.parse(String((await rig.want(200, { path: `/v1/events/${event}` }))['acceptedAt']))
  }
  let arrived = 0
  /** The first attempt of each event fails. While the receiver is down, all do, however long the events take. */
  const failAll = async (whileDown: boolean): Promise<void> => {
    isDown = whileDown
    const before = (await rig.received(path, 0)).length
    for (let n = 0; n < events; n++) await rig.event(tenant, { type: eventType })
    await rig.received(path, before + events)
    isDown = false
  }
  const pending = async (): Promise<number> =>
    (await rig.want(200, { path: `/v1/deliveries?tenant=${tenant.id}&status=pending&limit=250` })).data.length

  await failAll(true)
  const before = await serverTime()
  most = 0
  set(daySeconds)
  await until(async () => (await pending()) === 0, 'deliveries that waited are sent', 20_000)
  assert.ok(most <= 16, `${most} requests at once`)
  assert.ok(Math.abs((await serverTime()) - before - daySeconds * 1000) < 60_000, 'the clock was not set ahead')

  await failAll(true)
  set(0)
  assert.ok(Math.abs((await serverTime()) - before) < 60_000, 'the clock was not set back')
  assert.equal(await pending(), events, 'deliveries that wait are now due in a day')
  await failAll(false)
  await until(async () => (await pending()) === events, 'deliveries that failed later are sent again', 20_000)
  set(2 * daySeconds)
  await until(async () => (await pending()) === 0, 'the deliveries that were due in a day are sent', 20_000)
  t.diagnostic(`at most ${most} requests at once after the clock was set ahead`)
})
