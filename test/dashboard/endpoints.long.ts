// The dashboard's pages of tenants, endpoints and keys, in a browser, with real receivers.

import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import type { Page } from 'playwright-core'
import { registry } from '../../src/dialects/registry.ts'
import { until } from '../support/api-rig.ts'
import {
  assertAccessible,
  type BrowserRig,
  onEachScreen,
  startBrowserRig,
  withoutBrowser,
} from '../support/browser-rig.ts'
import { answerOf, requestOf, twinOf } from '../support/api-twins.ts'

const script = '<img/src=x/onerror=alert(1)>'

/** The names of all members of JSON. */
function namesIn(text = ''): readonly string[] {
  return [...text.matchAll(/"(\w+)":/g)].map(([, name]) => String(name))
}

suite('tenants, endpoints and keys', { skip: withoutBrowser }, () => {
  let rig: BrowserRig
  before(async () => {
    rig = await startBrowserRig()
  })
  after(() => rig.close())

  const newTenant = async (dialect: string) =>
    (await rig.api.want(201, { method: 'POST', path: '/v1/tenants', body: { dialect } })).id
  const customerKey = async (tenant: string) =>
    (await rig.api.want(201, { method: 'POST', path: '/v1/keys', body: { tenants: [tenant] } })).key
  const endpointPath = (tenant: string, id: string) => `/v1/tenants/${tenant}/endpoints/${id}`

  test('a key of a customer is shown once, works, and is revoked', async () => {
    const tenant = await newTenant('allo')
    const page = await rig.dashboard(`/tenants/${tenant}?tab=keys`)
    await page.getByRole('button', { name: 'New API key' }).click()
    await page.getByLabel('Name').fill('For the shop')
    await page.getByLabel('WEBHOOKS_READ_WRITE').check()
    await page.getByRole('button', { name: 'Create API key' }).click()
    const shown = page.getByLabel('API key', { exact: true })
    const key = (await shown.textContent()) ?? ''
    const ask = () => fetch(`${rig.api.server.url}/v2/api/webhooks`, { headers: { authorization: `Api-Key ${key}` } })
    assert.equal((await ask()).status, 200)
    await page.getByRole('button', { name: 'Close' }).click()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await page.getByRole('cell', { name: 'For the shop' }).waitFor()
    assert.ok(!(await page.content()).includes(key))
    await page.getByRole('button', { name: 'Revoke' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click()
    await page.getByRole('cell', { name: 'revoked' }).waitFor()
    assert.equal((await ask()).status, 401)
    rig.assertNoFaults()
  })

  for (const { dialect } of registry) {
    test(`${dialect.name}: an endpoint is made, and the customer's own request makes the same`, async () => {
      const [tenant, other] = [await newTenant(dialect.name), await newTenant(dialect.name)]
      const page = await rig.dashboard(`/tenants/${tenant}`)
      await page.getByRole('button', { name: 'New endpoint' }).click()
      const dialog = page.getByRole('dialog')
      await dialog.getByLabel('URL').fill('no address')
      await chooseType(page, dialect.eventTypes[0]?.name ?? 'order.paid')
      if (dialect.name === 'dialnexa') await dialog.getByLabel('Secret').fill('a secret of its own')
      await dialog.getByRole('button', { name: 'Create endpoint' }).click()
      await dialog.getByText('must be a valid URL', { exact: true }).waitFor()
      assert.equal(await dialog.getByLabel('URL').getAttribute('aria-invalid'), 'true')
      assert.match((await answerOf(page, 'Operator API'))?.text ?? '', /"field": "url"/)

      const url = `${rig.api.receiver.url}/${tenant}`
      await dialog.getByLabel('URL').fill(url)
      const title = `${dialect.title}'s own API`
      const own = dialect.endpointForm === null ? null : await twinOf(page, title)
      await dialog.getByRole('button', { name: 'Create endpoint' }).click()
      await dialog.getByText('The endpoint is created.').waitFor()
      if (own !== null)
        await until(async () => (await answerOf(dialog, title))?.isPreview === false, 'the answer comes')
      const [made] = (await rig.api.want(200, { path: `/v1/tenants/${tenant}/endpoints` })).data
      assert.equal(made?.url, url)
      if (own !== null) {
        const sent = requestOf(own.replaceAll('$API_KEY', await customerKey(other)).replaceAll(tenant, other))
        const answer = await fetch(rig.api.server.url + sent.path, sent)
        const shown = await answerOf(dialog, title)
        const text = await answer.text()
        assert.deepEqual([shown?.status, namesIn(shown?.text)], [answer.status, namesIn(text)], text)
        assert.match(shown?.text ?? '', new RegExp(made?.id ?? 'none'))
        const [same] = (await rig.api.want(200, { path: `/v1/tenants/${other}/endpoints` })).data
        assert.equal(same?.url, `${rig.api.receiver.url}/${other}`)
        assert.deepEqual(same?.eventTypes, made?.eventTypes)
      }
      await dialog.getByRole('link', { name: 'Open it' }).click()
      await page.getByRole('heading', { name: url }).waitFor()
      await page.context().close()
      rig.assertNoFaults()
    })
  }

  test('an endpoint is edited, tested, rotated, disabled, enabled and deleted', async () => {
    const tenant = await rig.api.tenant('standard')
    const { id, path: hook } = await rig.api.endpoint(tenant)
    const path = endpointPath(tenant.id, id)
    const page = await rig.dashboard(`/tenants/${tenant.id}/endpoints/${id}?tab=edit`)
    await page.getByLabel('Description').fill('x'.repeat(2000))
    await page.getByRole('button', { name: 'Save' }).click()
    await page
      .getByText(/must not have more than 1024 characters/)
      .first()
      .waitFor()
    await page.getByLabel('Description').fill("It's the shop")
    assert.match(await twinOf(page, 'Operator API'), /\{\n {2}"description": "It's the shop"\n\}$/)
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Saved.').waitFor()
    assert.equal((await rig.api.want(200, { path })).description, "It's the shop")

    await page.getByRole('link', { name: 'Test' }).click()
    await page.getByRole('button', { name: 'Send the test event' }).click()
    await page.getByText('Delivered', { exact: true }).waitFor()
    assert.equal((await rig.api.received(hook, 1)).length, 1)
    rig.api.behaviours.set(hook, () => ({ status: 500, body: script }))
    await page.getByRole('button', { name: 'Send the test event' }).click()
    await page.getByText('The attempt failed').waitFor()
    await page.getByText(script).waitFor()
    await page.getByRole('link', { name: 'Failures' }).click()
    await page.getByRole('cell', { name: 'HTTP 500' }).waitFor()
    await page.getByRole('link', { name: 'attempt 1' }).waitFor()
    await page.getByRole('link', { name: 'As the customer sees it' }).click()
    await page.getByText(`GET ${path}`).waitFor()

    await page.getByRole('link', { name: 'Secrets' }).click()
    const [old] = (await rig.api.want(200, { path })).secrets
    assert.ok(!(await page.content()).includes(String(old?.value)))
    await page.getByRole('button', { name: 'Rotate the secret' }).click()
    await page.getByRole('dialog').getByLabel('The old secret signs too').selectOption('for 1 hour')
    await page.getByRole('button', { name: 'Make a new secret' }).click()
    await page.getByText('A new secret is made.').waitFor()
    await page.getByRole('button', { name: 'Close' }).click()
    await page.getByText(String(old?.value)).waitFor()
    const { secrets } = await rig.api.want(200, { path })
    assert.equal(secrets.length, 2)
    await page.getByText(String(secrets[0]?.value)).waitFor()

    for (const [action, enabled] of [
      ['Disable', false],
      ['Enable', true],
    ] as const) {
      await page.getByRole('button', { name: action }).click()
      await page.getByRole('dialog').getByRole('button', { name: action }).click()
      await page.getByRole('button', { name: 'Close' }).click()
      await page.getByRole('dialog').waitFor({ state: 'detached' })
      assert.equal((await rig.api.want(200, { path })).enabled, enabled)
    }
    await page.getByRole('button', { name: 'Delete' }).click()
    await page.getByRole('button', { name: 'Delete the endpoint' }).click()
    await page.getByRole('button', { name: 'Close' }).click()
    await page.getByText('The tenant has no endpoint yet').waitFor()
    await rig.api.want(404, { path })
    rig.assertNoFaults()
  })

  test('the endpoints of all tenants are found by their beginning and their health', async () => {
    const tenant = await rig.api.tenant('standard')
    const { id, path: hook } = await rig.api.endpoint(tenant)
    const other = await rig.api.endpoint(tenant)
    const body = { enabled: false }
    await rig.api.want(200, { method: 'PATCH', path: endpointPath(tenant.id, id), body })
    const page = await rig.dashboard('/endpoints')
    const [found, away] = [hook, other.path].map((path) =>
      page.getByRole('link', { name: rig.api.receiver.url + path }),
    )
    await page.getByLabel('Health').selectOption('disabled')
    await found?.waitFor()
    await away?.waitFor({ state: 'detached' })
    await page.waitForURL(/health=disabled/)
    await page.getByLabel('Health').selectOption('')
    await page.getByLabel('Id, URL or host').fill(rig.api.receiver.url + other.path)
    await found?.waitFor({ state: 'detached' })
    await away?.click()
    await page.getByRole('heading', { name: other.path }).waitFor()
    rig.assertNoFaults()
  })

  test('a test event has the chosen type and its example, and the customer sees its own words', async () => {
    const tenant = await rig.api.tenant('allo')
    const { id, path: hook } = await rig.api.endpoint(tenant)
    const page = await rig.dashboard(`/tenants/${tenant.id}/endpoints/${id}?tab=test`)
    await page.getByLabel('Event type').selectOption('call.completed')
    await page.getByRole('button', { name: 'Send the test event' }).click()
    await page.getByText('Delivered', { exact: true }).waitFor()
    const [arrived] = await rig.api.received(hook, 1)
    assert.equal(JSON.parse(String(arrived?.body)).topic, 'call.completed')
    await page.getByRole('link', { name: 'As the customer sees it' }).click()
    await page.getByText('"topics": [').waitFor()
    rig.assertNoFaults()
  })

  test('an event is posted, and arrives', async () => {
    const tenant = await rig.api.tenant('allo')
    const { path: hook } = await rig.api.endpoint(tenant)
    const page = await rig.dashboard(`/tenants/${tenant.id}?tab=event`)
    await page.getByLabel('Data').fill('{"call": ')
    await page.getByText(/JSON/).nth(1).waitFor()
    await page.getByLabel('Data').fill('{"call": 7}')
    await page.getByRole('button', { name: 'Post the event' }).click()
    await page.getByRole('link', { name: 'Open the event' }).waitFor()
    const [arrived] = await rig.api.received(hook, 1)
    assert.deepEqual(JSON.parse(String(arrived?.body)).data, { call: 7 })
    rig.assertNoFaults()
  })

  test('a tenant is changed, and deleted: its page shows the end of the erasure', async () => {
    const tenant = await rig.api.tenant('standard')
    const page = await rig.dashboard(`/tenants/${tenant.id}?tab=settings`)
    await page.getByLabel('Seconds for which its history is kept').fill('0')
    await page.getByRole('button', { name: 'Save' }).click()
    await page
      .getByText(/must be >= 1/)
      .first()
      .waitFor()
    await page.getByLabel('Seconds for which its history is kept').fill('3600')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Saved.').waitFor()
    assert.equal((await rig.api.want(200, { path: `/v1/tenants/${tenant.id}` }))['retainSeconds'], 3600)
    await page.getByRole('button', { name: 'Delete' }).click()
    await page.getByRole('button', { name: 'Delete the tenant and its history' }).click()
    await page.getByText('The tenant is deleted, and its history is erased.').waitFor()
    await rig.api.want(404, { path: `/v1/tenants/${tenant.id}` })
    rig.assertNoFaults()
  })

  test('the texts of a stranger stay texts', async () => {
    const tenant = await rig.api.tenant('standard')
    await rig.api.want(200, { method: 'PATCH', path: `/v1/tenants/${tenant.id}`, body: { name: script } })
    const { id } = await rig.api.endpoint(tenant, {
      url: `${rig.api.receiver.url}/${script}`,
      description: `description ${script}`,
      eventTypes: [`event.${script}`],
      headers: { 'x-stranger': `header ${script}` },
      filters: { [`filter${script}`]: script },
    })
    await rig.api.event(tenant, { type: `event.${script}`, attributes: { [`filter${script}`]: script } })
    const page = await rig.dashboard(`/tenants/${tenant.id}`)
    const pages = ['', '?tab=keys', '?tab=deliveries', '?tab=event', '?tab=settings', '?tab=secrets']
    const parts = ['', '?tab=test', '?tab=edit', '?tab=secrets'].map((tab) => `/endpoints/${id}${tab}`)
    for (const part of [...pages, ...parts]) {
      await page.goto(`${rig.url}/dashboard/tenants/${tenant.id}${part}`)
      await page.getByText(script).first().waitFor()
      if (part.endsWith('secrets')) {
        await page.getByRole('button', { name: 'Show' }).click()
        const shown = part === parts.at(-1) ? `header ${script}` : 'signs without a secret of the tenant'
        await page.getByText(shown).waitFor()
      }
      assert.equal(await page.locator('main img').count(), 0, part)
    }
    rig.assertNoFaults()
  })

  test('a key that only reads sees no action, and no secret', async () => {
    const body = { name: 'A reader', role: 'read' }
    const { key } = await rig.api.want(201, { method: 'POST', path: '/v1/operator-keys', body })
    const tenant = await rig.api.tenant('standard')
    const { id, url: hook } = await rig.api.endpoint(tenant)
    const url = String(hook)
    const page = await rig.dashboard(`/tenants/${tenant.id}`, { key })
    const actions = /New|Delete|Disable|Rotate|Revoke|Save|Show|Post|Send/
    for (const [path, text] of [
      [`/tenants/${tenant.id}`, url],
      [`/tenants/${tenant.id}?tab=keys`, 'valid'],
      [`/tenants/${tenant.id}?tab=settings`, url],
      [`/tenants/${tenant.id}/endpoints/${id}?tab=secrets`, 'There is no delivery yet'],
    ] as const) {
      await page.goto(`${rig.url}/dashboard${path}`)
      await page.getByText(text).first().waitFor()
      assert.equal(await page.locator('main').getByRole('button', { name: actions }).count(), 0, path)
      assert.ok(!(await page.content()).includes('whsec_'))
    }
    rig.assertNoFaults()
  })

  test('an operator key is made, gets an end, and is deleted', async () => {
    const page = await rig.dashboard('/operator-keys')
    await page.getByRole('button', { name: 'New operator key' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('button', { name: 'Create operator key' }).click()
    await dialog
      .getByText(/must not have fewer/)
      .first()
      .waitFor()
    await dialog.getByLabel('Name').fill(`billing ${script}`)
    await dialog.getByLabel('Role').selectOption('read')
    await dialog.getByRole('button', { name: 'Create operator key' }).click()
    const key = (await dialog.getByLabel('Operator key', { exact: true }).textContent()) ?? ''
    await rig.api.want(200, { path: '/v1/tenants', key })
    await dialog.getByRole('button', { name: 'Close' }).click()
    const row = page.getByRole('row').filter({ hasText: script })
    await row.getByRole('button', { name: 'Change the end' }).click()
    await page.getByRole('dialog').getByLabel('Ends').fill('2020-01-01T00:00')
    await page.getByRole('button', { name: 'Save' }).click()
    await row.getByText('ended').waitFor()
    await rig.api.want(401, { path: '/v1/tenants', key })
    await row.getByRole('button', { name: 'Delete' }).click()
    await page.getByRole('button', { name: 'Delete the key' }).click()
    await row.waitFor({ state: 'detached' })
    rig.assertNoFaults()
  })

  test('is accessible', async (t) => {
    const tenant = await rig.api.tenant('standard')
    const { id } = await rig.api.endpoint(tenant, { headers: { 'x-one': '1' }, filters: { region: ['eu', 'us'] } })
    await onEachScreen(t, async (options) => {
      const page = await rig.dashboard('/operator-keys', options)
      const look = async () => {
        await assertAccessible(page)
        const width = await page.evaluate<number>('document.documentElement.scrollWidth')
        assert.ok(width <= (page.viewportSize()?.width ?? 0), `${page.url()}: ${width} px wide`)
      }
      for (const [path, ready] of [
        ['/operator-keys', 'Operator keys'],
        ['/endpoints', 'Endpoints'],
        [`/tenants/${tenant.id}`, 'Endpoints'],
        [`/tenants/${tenant.id}?tab=keys`, 'API keys'],
        [`/tenants/${tenant.id}?tab=event`, 'Post an event'],
        [`/tenants/${tenant.id}/endpoints/${id}`, 'Recent deliveries'],
        [`/tenants/${tenant.id}/endpoints/${id}?tab=edit`, 'Edit'],
      ] as const) {
        await page.goto(`${rig.url}/dashboard${path}`)
        await page.getByRole('heading', { name: ready }).waitFor()
        await look()
      }
      await page.goto(`${rig.url}/dashboard/tenants/${tenant.id}`)
      await page.getByRole('button', { name: 'New endpoint' }).click()
      await page.getByRole('heading', { name: 'Operator API' }).waitFor()
      await look()
      await page.context().close()
    })
    rig.assertNoFaults()
  })

  /** Chooses an event type in the form of an endpoint. */
  async function chooseType(page: Page, type: string): Promise<void> {
    const dialog = page.getByRole('dialog')
    const one = dialog.getByLabel('Event type', { exact: true })
    if ((await one.count()) > 0) await one.selectOption(type)
    else if ((await dialog.getByLabel(type, { exact: true }).count()) > 0)
      await dialog.getByLabel(type, { exact: true }).check()
    else await dialog.getByLabel('Event types').fill(type)
  }
})
