// The requests of an overview that stays open.

import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type BrowserRig, startBrowserRig, withoutBrowser } from '../support/browser-rig.ts'

suite('an open overview', { skip: withoutBrowser }, () => {
  let rig: BrowserRig
  before(async () => {
    rig = await startBrowserRig()
  })
  after(() => rig.close())

  test('asks for less than twelve answers a minute while attempts succeed', async (t) => {
    const tenant = await rig.api.tenant('standard')
    await rig.api.endpoint(tenant)
    const page = await rig.dashboard()
    await page.getByText('live', { exact: true }).waitFor()
    await sleep(5000)
    const asked: string[] = []
    page.on('request', (request) => asked.push(new URL(request.url()).pathname + new URL(request.url()).search))
    const end = Date.now() + 60_000
    while (Date.now() < end) {
      await rig.api.event(tenant)
      await sleep(250)
    }
    t.diagnostic(`${(asked.length / 60).toFixed(3)} requests a second: ${asked.join(' ')}`)
    assert.ok(asked.length < 12, asked.join('\n'))
    rig.assertNoFaults()
  })
})
