// The dashboard's frame and its page of tenants, in a browser.

import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import {
  assertAccessible,
  assertCount,
  type BrowserRig,
  onEachScreen,
  startBrowserRig,
  withoutBrowser,
} from '../support/browser-rig.ts'

suite('the dashboard', { skip: withoutBrowser }, () => {
  let rig: BrowserRig
  before(async () => {
    rig = await startBrowserRig()
  })
  after(() => rig.close())

  test('an operator signs in, and out; a wrong key is told so', async () => {
    const page = await rig.open()
    await page.goto(`${rig.url}/dashboard/tenants`)
    await page.getByLabel('Operator key').fill('wrong')
    await page.keyboard.press('Enter')
    await page.getByRole('alert').getByText('The key is not known.').waitFor()
    await assertAccessible(page)
    await page.getByLabel('Operator key').fill(rig.api.installation.operatorKey)
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Tenants' }).waitFor()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    rig.assertNoFaults()
  })

  test('a tenant is made, with the messages of the API at its fields', async () => {
    const page = await rig.dashboard('/tenants')
    await page.getByRole('button', { name: 'New tenant' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Dialect').selectOption('allo')
    await dialog.getByLabel('Id').fill('a b')
    await dialog.getByRole('button', { name: 'Create tenant' }).click()
    const id = dialog.getByLabel('Id')
    await dialog.getByText('must be 1 to 64 letters, digits, dots, hyphens and underscores', { exact: true }).waitFor()
    assert.equal(await id.getAttribute('aria-invalid'), 'true')
    await id.fill('acme')
    await dialog.getByLabel('Name').fill('Acme \u202e<img src=x onerror=alert(1)>')
    await dialog.getByRole('button', { name: 'Create tenant' }).click()
    await page.getByRole('heading', { name: 'Acme U+202E<img src=x onerror=alert(1)>' }).waitFor()
    assert.equal((await rig.api.want(200, { path: '/v1/tenants/acme' }))['dialect'], 'allo')
    assert.equal(await page.title(), 'Endpoints · Acme U+202E<img src=x onerror=alert(1)> · Posthorn')
    await page.getByRole('navigation').getByRole('link', { name: 'Settings' }).click()
    await page.getByRole('heading', { name: 'Settings' }).waitFor()
    assert.match(await page.title(), /^Settings · Acme/)
    rig.assertNoFaults()
  })

  test('works by keyboard: the palette opens a page', async () => {
    const page = await rig.dashboard('/tenants')
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox').fill('audit')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Audit' }).waitFor()
    rig.assertNoFaults()
  })

  test('shows a sheet of its keys, which open pages', async () => {
    const page = await rig.dashboard('/tenants')
    await page.getByRole('heading', { name: 'Tenants' }).waitFor()
    await page.getByLabel('Id or name begins with').fill('?')
    await page.getByRole('heading', { name: 'Tenants' }).click()
    await assertCount(page.getByRole('dialog'), 0)
    await page.keyboard.press('?')
    await page.getByRole('dialog').getByText('Show this sheet').waitFor()
    await assertAccessible(page)
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await page.keyboard.press('g')
    await page.keyboard.press('a')
    await page.getByRole('heading', { name: 'Audit' }).waitFor()
    rig.assertNoFaults()
  })

  test('the palette finds a replay by its id', async () => {
    const { id: tenant } = await rig.api.tenant('standard')
    const filter = { tenant, from: '2026-01-01T00:00:00Z' }
    const { id } = await rig.api.want(201, { method: 'POST', path: '/v1/replays', body: { filter, dryRun: true } })
    const page = await rig.dashboard('/tenants')
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox').fill(id)
    await page.getByRole('option', { name: 'replay' }).click()
    await page.waitForURL(`${rig.url}/dashboard/replays/${id}`)
    rig.assertNoFaults()
  })

  test('has the colours that a person chooses, in both schemes of the system', async () => {
    const page = await rig.dashboard('/tenants', { colorScheme: 'light' })
    const ground = () => page.evaluate<string>('getComputedStyle(document.documentElement).backgroundColor')
    const light = await ground()
    await page.getByLabel('Theme').selectOption('dark')
    assert.notEqual(await ground(), light)
    await page.emulateMedia({ colorScheme: 'dark' })
    await page.getByLabel('Theme').selectOption('light')
    assert.equal(await ground(), light)
  })

  test('is accessible', async (t) => {
    await rig.api.tenant('allo')
    await onEachScreen(t, async (options) => {
      const page = await rig.dashboard('/tenants', options)
      await page.getByRole('cell', { name: 'allo' }).first().waitFor()
      await assertAccessible(page)
      if (options.viewport !== undefined) {
        const width = await page.evaluate<number>('document.documentElement.scrollWidth')
        assert.ok(width <= 360, `${width} px wide`)
      }
      await page.context().close()
    })
    rig.assertNoFaults()
  })

  test('says that the service is away, and goes on by itself', async () => {
    const page = await rig.dashboard('/tenants')
    await page.context().setOffline(true)
    await page.getByLabel('Id or name begins with').fill('ac')
    await page.getByText('Posthorn cannot be reached.').waitFor()
    await page.context().setOffline(false)
    await page.getByText('Posthorn cannot be reached.').waitFor({ state: 'detached' })
  })
})
