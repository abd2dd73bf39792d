// The portal in a browser, in a frame of a product's page on another origin: the program of examples/portal.ts.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { after, before, suite, test } from 'node:test'
import type { FrameLocator, Page } from 'playwright-core'
import { until } from '../support/api-rig.ts'
import { endWithParent } from '../support/child-guard.ts'
import {
  assertAccessible,
  assertCount,
  type BrowserRig,
  onEachScreen,
  startBrowserRig,
  withoutBrowser,
} from '../support/browser-rig.ts'
import { freePort } from '../support/server-process.ts'

suite('the portal', { skip: withoutBrowser }, () => {
  let rig: BrowserRig
  let product: string
  let stop: () => void

  before(async () => {
    const port = await freePort()
    product = `http://localhost:${port}`
    rig = await startBrowserRig({ POSTHORN_PORTAL_PARENTS: product })
    const env = { POSTHORN_URL: rig.url, POSTHORN_KEY: rig.api.installation.operatorKey, PORT: String(port) }
    const child = spawn(process.execPath, ['examples/portal.ts'], { env, stdio: ['ignore', 'pipe', 'inherit'] })
    endWithParent(child)
    stop = () => child.kill()
    await once(child.stdout, 'data')
  })
  after(async () => {
    stop()
    await rig.close()
  })

  async function embedded(page: Page): Promise<FrameLocator> {
    await page.goto(product)
    const frame = page.frameLocator('iframe')
    await frame.getByRole('heading', { name: 'Endpoints' }).waitFor()
    return frame
  }

  async function opened(fields: object, tenant = 'example'): Promise<Page> {
    const page = await rig.open()
    await page.goto(await link(fields, tenant))
    return page
  }

  async function link(fields: object, tenant = 'example'): Promise<string> {
    const path = `/v1/tenants/${tenant}/portal-links`
    const made = await rig.api.want(201, { method: 'POST', path, body: fields })
    return String(made['url']).replace('127.0.0.1', 'localhost')
  }

  test('a customer makes an endpoint, tests it, changes it and deletes it, in a frame', async () => {
    const frame = await embedded(await rig.open())
    await frame.getByRole('button', { name: 'New endpoint' }).click()
    const dialog = frame.getByRole('dialog')
    await dialog.getByLabel('URL').fill('https://user:password@example.com/')
    await dialog.getByRole('button', { name: 'Create endpoint' }).click()
    await dialog.getByRole('alert').first().waitFor()
    await dialog.getByLabel('URL').fill(`${rig.api.receiver.url}/hook`)
    await dialog.getByLabel('Event types').fill('invoice.paid')
    await dialog.getByRole('button', { name: 'Create endpoint' }).click()
    await frame.getByRole('heading', { name: `${rig.api.receiver.url}/hook` }).waitFor()

    await frame.getByRole('button', { name: 'Send a test event' }).click()
    await frame.getByRole('status').getByText('delivered').waitFor()
    await rig.api.received('/hook', 1)
    await frame.getByRole('button', { name: 'Show' }).click()
    await frame.getByText(/^whsec_/).waitFor()

    await frame.getByRole('button', { name: 'Disable' }).click()
    await frame.getByRole('button', { name: 'Enable' }).waitFor()
    await frame.getByRole('button', { name: 'Delete …' }).click()
    await frame.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
    await frame.getByText('You have no endpoint yet').waitFor()
    rig.assertNoFaults()
  })

  test('the form has the fields of the dialect, and its messages at them', async () => {
    const made = async (dialect: string) =>
      (await rig.api.want(201, { method: 'POST', path: '/v1/tenants', body: { dialect } })).id
    const allo = await made('allo')
    const page = await opened({ capabilities: ['endpoints'] }, allo)
    await page.getByRole('button', { name: 'New endpoint' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('In the API: topics (at least 1, at most 100).').waitFor()
    for (const name of ['Headers', 'Filters', 'Secret', 'Enabled', 'Other event types']) {
      await assertCount(dialog.getByText(name, { exact: true }), 0)
    }
    await dialog.getByLabel('URL').fill('http://example.com/')
    await dialog.getByRole('button', { name: 'Create endpoint' }).click()
    await dialog.getByText('must name at least one event type', { exact: true }).waitFor()
    await dialog.getByLabel('URL').fill(`${rig.api.receiver.url}/allo`)
    await dialog.getByLabel('call.answered').check()
    await dialog.getByLabel('Description').fill('Our shop')
    await dialog.getByRole('button', { name: 'Create endpoint' }).click()
    await page.getByRole('heading', { name: `${rig.api.receiver.url}/allo` }).waitFor()
    await page.getByRole('button', { name: 'Edit …' }).click()
    await dialog.getByLabel('call.received').check()
    await dialog.getByRole('button', { name: 'Save' }).click()
    await dialog.waitFor({ state: 'detached' })
    const [one] = (await rig.api.want(200, { path: `/v1/tenants/${allo}/endpoints` })).data
    assert.deepEqual(one?.eventTypes, ['call.answered', 'call.received'])
    assert.equal(one?.['description'], 'Our shop')

    // Customers of this product choose the secret of a new endpoint, and change it with a capability of the link alone.
    const other = await opened({ capabilities: ['endpoints'] }, await made('dialnexa'))
    await other.getByRole('button', { name: 'New endpoint' }).click()
    const form = other.getByRole('dialog')
    assert.equal(await form.getByLabel('Secret').getAttribute('aria-required'), 'true')
    await form.getByLabel('URL').fill(`${rig.api.receiver.url}/nexa`)
    await form.getByLabel('call.completed').check()
    await form.getByRole('button', { name: 'Create endpoint' }).click()
    await form.locator('[aria-invalid=true]').waitFor()
    await form.getByText('is required', { exact: true }).waitFor()
    await form.getByLabel('Secret').fill('a secret of its own')
    await form.getByRole('button', { name: 'Create endpoint' }).click()
    await other.getByRole('button', { name: 'Edit …' }).click()
    await form.getByLabel('URL').waitFor()
    await assertCount(form.getByLabel('New secret'), 0)
    rig.assertNoFaults()
  })

  test('a link opens once, and tells so', async () => {
    const url = await link({})
    const page = await rig.open()
    await page.goto(url)
    await page.getByRole('heading', { name: 'Endpoints' }).waitFor()
    assert.equal(new URL(page.url()).hash, '')
    const other = await rig.open()
    await other.goto(url)
    await other.getByText('This link cannot be used any more').waitFor()
    await assertAccessible(other)
  })

  test('a page whose session ends says so at the next call, and tells the product', async () => {
    const page = await rig.open()
    const frame = await embedded(page)
    const { data } = await rig.api.want(200, { path: '/v1/tenants/example/portal-links' })
    for (const { id } of data) {
      await rig.api.want(204, { method: 'DELETE', path: `/v1/tenants/example/portal-links/${id}` })
    }
    const another = page.waitForRequest(`${product}/portal-link`)
    await frame.getByRole('link', { name: 'Deliveries' }).click()
    // The product then loads another link.
    await another
    await frame.getByRole('heading', { name: 'Endpoints' }).waitFor()
    rig.assertNoFaults()
  })

  test('a link without capabilities shows no action', async () => {
    await rig.api.want(201, {
      method: 'POST',
      path: '/v1/tenants/example/endpoints',
      body: {
        url: `${rig.api.receiver.url}/other`,
        eventTypes: ['<b>x</b>'],
        description: '\u202e<img src=x onerror=alert(1)>',
      },
    })
    const page = await opened({})
    await page.getByRole('cell', { name: '<b>x</b>' }).waitFor()
    await page.getByRole('table').getByRole('link').first().click()
    await page.getByText('U+202E<img src=x onerror=alert(1)>').waitFor()
    await page.getByText('There is no such delivery').waitFor()
    assert.equal(await page.locator('main').getByRole('button').count(), 0)
    rig.assertNoFaults()
  })

  test('the page of a product that is not named cannot embed it', async () => {
    const url = await link({})
    const page = await rig.open()
    // The name differs, and so does the origin.
    await page.goto(product.replace('localhost', '127.0.0.1'))
    await page.evaluate(`document.querySelector('iframe').src = ${JSON.stringify(url)}`)
    await until(() => /violates .*frame-ancestors/.test(rig.takeFaults().join()), 'the browser refuses the frame')
    assert.equal(await page.frameLocator('iframe').getByRole('heading', { name: 'Endpoints' }).count(), 0)
    // The browser may report it more than once.
    await page.context().close()
    rig.takeFaults()
  })

  test('a list on a phone shows every column, and the endpoint of a delivery', async () => {
    const { id } = await rig.api.want(201, { method: 'POST', path: '/v1/tenants', body: { dialect: 'standard' } })
    const body = { url: `${rig.api.receiver.url}/phone`, eventTypes: ['order.paid'] }
    const endpoint = await rig.api.want(201, { method: 'POST', path: `/v1/tenants/${id}/endpoints`, body })
    await rig.api.want(202, { method: 'POST', path: '/v1/events', body: { tenant: id, type: 'order.paid', data: {} } })
    const page = await rig.open({ viewport: { width: 360, height: 740 } })
    await page.goto(await link({ branding: { name: 'Acme' } }, id))
    await page.getByRole('link', { name: 'Deliveries' }).click()
    const row = page.getByRole('row').filter({ hasText: 'order.paid' })
    await row.getByText(`${new URL(body.url).host} · ${endpoint.id}`).waitFor()
    assert.equal(await page.title(), 'Deliveries · Acme')
    for (const cell of await row.getByRole('cell').all()) {
      const { x = 0, width = 0 } = (await cell.boundingBox()) ?? {}
      assert.ok(x >= 0 && width > 0 && x + width <= 360, `${x} to ${x + width}`)
    }
    rig.assertNoFaults()
  })

  test('is accessible, and fits a phone', async (t) => {
    await onEachScreen(t, async (options) => {
      const page = await rig.open(options)
      await page.goto(await link({ capabilities: ['endpoints', 'test', 'secrets'], branding: { accent: '#ffd000' } }))
      await page.getByRole('button', { name: 'New endpoint' }).waitFor()
      await assertAccessible(page)
      for (const place of ['Event types', 'Verify', 'Deliveries']) {
        await page.getByRole('navigation').getByRole('link', { name: place }).click()
        await page.getByRole('heading', { level: 1, name: place }).waitFor()
        await assertAccessible(page)
        const width = await page.evaluate<number>('document.documentElement.scrollWidth')
        assert.ok(width <= (options.viewport?.width ?? 1280), `${width} px wide`)
      }
    })
    rig.assertNoFaults()
  })
})
