// The dashboard's form makes polling endpoints, in a browser.

import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { eventType } from '../support/api-rig.ts'
import { requestOf, twinOf } from '../support/api-twins.ts'
import {
  assertAccessible,
  type BrowserRig,
  onEachScreen,
  startBrowserRig,
  withoutBrowser,
} from '../support/browser-rig.ts'

suite('the form of a new endpoint', { skip: withoutBrowser }, () => {
  let rig: BrowserRig
  before(async () => {
    rig = await startBrowserRig()
  })
  after(() => rig.close())

  test('makes a polling endpoint, and its request makes the same', async () => {
    const tenant = await rig.api.tenant('standard')
    const page = await rig.dashboard(`/tenants/${tenant.id}`)
    await page.getByRole('button', { name: 'New endpoint' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('URL').fill('https://example.com/not-sent')
    await dialog.getByLabel('Event types').fill(eventType)
    assert.doesNotMatch(await twinOf(page, 'Operator API'), /kind/)
    await dialog.getByLabel('Kind').selectOption('polling')
    await dialog.getByText('It has no URL: its consumers fetch the deliveries.').waitFor()
    assert.equal(await dialog.getByLabel('URL').count(), 0)
    const twin = await twinOf(page, 'Operator API')
    await dialog.getByRole('button', { name: 'Create endpoint' }).click()
    await dialog.getByText('The endpoint is created.').waitFor()

    const sent = requestOf(twin.replaceAll('$POSTHORN_KEY', rig.api.installation.operatorKey))
    assert.deepEqual(JSON.parse(sent.body ?? ''), { kind: 'polling', eventTypes: [eventType] })
    assert.equal((await fetch(rig.api.server.url + sent.path, sent)).status, 201)
    const { data } = await rig.api.want(200, { path: `/v1/tenants/${tenant.id}/endpoints` })
    assert.deepEqual(
      data.map(({ kind, url, eventTypes }) => ({ kind, url, eventTypes })),
      Array.from({ length: 2 }, () => ({ kind: 'polling', url: null, eventTypes: [eventType] })),
    )

    // The page of the endpoint shows that it is polled, and its delivery can be fetched.
    await rig.api.event(tenant)
    const poll = { method: 'POST', path: `/v1/tenants/${tenant.id}/endpoints/${data[1]?.id}/poll`, body: {} } as const
    assert.equal((await rig.api.want(200, poll)).data.length, 1)
    await dialog.getByRole('link', { name: 'Open it' }).click()
    await page.getByText('polling').first().waitFor()
    await page.context().close()
    rig.assertNoFaults()
  })

  test('has a kind only for dialects whose endpoints can be polled', async () => {
    const { data } = await rig.api.want(200, { path: '/v1/dialects' })
    const polled = data.filter(({ polling }) => polling === true).map(({ name }) => name)
    assert.deepEqual(polled, ['standard'])
    const tenant = await rig.api.tenant('allo')
    const page = await rig.dashboard(`/tenants/${tenant.id}`)
    await page.getByRole('button', { name: 'New endpoint' }).click()
    await page.getByRole('dialog').getByLabel('URL').waitFor()
    assert.equal(await page.getByRole('dialog').getByLabel('Kind').count(), 0)
    await page.context().close()
    rig.assertNoFaults()
  })

  test('of a polling endpoint is accessible', async (t) => {
    const tenant = await rig.api.tenant('standard')
    await onEachScreen(t, async (options) => {
      const page = await rig.dashboard(`/tenants/${tenant.id}`, options)
      await page.getByRole('button', { name: 'New endpoint' }).click()
      await page.getByRole('dialog').getByLabel('Kind').selectOption('polling')
      await assertAccessible(page)
      const width = await page.evaluate<number>('document.documentElement.scrollWidth')
      assert.ok(width <= (page.viewportSize()?.width ?? 0), `${width} px wide`)
      await page.context().close()
    })
    rig.assertNoFaults()
  })
})
