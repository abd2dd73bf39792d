// Every page of the dashboard and the portal on a phone and a desktop: accessibility, width, and a walk with the keyboard.

import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import type { Page } from 'playwright-core'
import { until } from '../support/api-rig.ts'
import { type BrowserRig, startBrowserRig, withoutBrowser } from '../support/browser-rig.ts'
import {
  assertFits,
  assertReachable,
  assertShortLabels,
  onEachPage,
  pathsOf,
  walkDialogs,
} from '../support/every-page.ts'

suite('every page', { skip: withoutBrowser }, () => {
  let rig: BrowserRig
  let ids: Record<string, string> = {}
  before(async () => {
    // Retries wait for a quarter of an hour and more.
    rig = await startBrowserRig({ POSTHORN_RETRY_SCALE: '200' })
    ids = await fill(rig)
  })
  after(() => rig.close())

  const phone = { viewport: { width: 360, height: 740 } }

  async function portal(options: Parameters<BrowserRig['open']>[0]): Promise<{ page: Page; base: string }> {
    const body = { capabilities: ['endpoints', 'secrets', 'retry', 'test', 'replay'] }
    const path = `/v1/tenants/${ids['tenant']}/portal-links`
    const { url } = await rig.api.want(201, { method: 'POST', path, body })
    const page = await rig.open(options)
    await page.goto(String(url).replace('127.0.0.1', 'localhost'))
    await page.getByRole('heading', { name: 'Endpoints' }).waitFor()
    return { page, base: page.url().replace(/\/$/, '') }
  }

  test('the dashboard on a phone: accessible, narrow, reached by the keyboard, and so are its dialogs', async () => {
    const page = await rig.dashboard('/', phone)
    let dialogs = 0
    await onEachPage(page, `${rig.url}/dashboard`, pathsOf('dashboard', ids), async () => {
      await assertFits(page)
      await assertReachable(page)
      dialogs += await walkDialogs(page)
    })
    assert.ok(dialogs > 10, `${dialogs} dialogs`)
    rig.assertNoFaults()
  })

  test('the portal on a phone: accessible, narrow, reached by the keyboard, and so are its dialogs', async () => {
    const { page, base } = await portal(phone)
    let dialogs = 0
    await onEachPage(page, base, pathsOf('portal', ids), async () => {
      await assertFits(page)
      await assertReachable(page)
      dialogs += await walkDialogs(page)
    })
    assert.ok(dialogs > 4, `${dialogs} dialogs`)
    rig.assertNoFaults()
  })

  test('both on a desktop, in the dark', async () => {
    const look = async (page: Page): Promise<void> => {
      await assertFits(page)
      await assertShortLabels(page)
    }
    const page = await rig.dashboard('/', { colorScheme: 'dark' })
    await onEachPage(page, `${rig.url}/dashboard`, pathsOf('dashboard', ids), look)
    const other = await portal({ colorScheme: 'dark' })
    await onEachPage(other.page, other.base, pathsOf('portal', ids), look)
    rig.assertNoFaults()
  })
})

/** Makes one of each. Returns the parameters of paths, by name. */
async function fill({ api }: BrowserRig): Promise<Record<string, string>> {
  const made = await api.tenant('standard')
  const { id: tenant } = made
  const { id: endpoint, path } = await api.endpoint(made)
  api.behaviours.set(path, () => ({ status: 503, body: '{"error":"down"}' }))
  const event = await api.event(made)
  await api.want(201, { method: 'POST', path: '/v1/operator-keys', body: { name: 'billing', role: 'publish' } })
  let delivery = ''
  await until(async () => {
    const { data } = await api.want(200, { path: `/v1/deliveries?tenant=${tenant}` })
    delivery = String(data[0]?.['id'])
    return data[0]?.['lastAttempt'] !== null && data.length > 0
  }, 'the delivery was attempted')
  const filter = { tenant, from: '2020-01-01T00:00:00Z' }
  const { id: replay } = await api.want(201, { method: 'POST', path: '/v1/replays', body: { filter, dryRun: true } })
  return { tenant, endpoint, event, delivery, replay, dialect: 'standard' }
}
