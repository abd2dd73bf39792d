// The pages of dialects, with the signature debugger, and the page of the audit, in a browser.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, suite, test } from 'node:test'
import type { Page } from 'playwright-core'
import type { ReceivedRequest } from '../support/receiver.ts'
import {
  assertAccessible,
  assertCount,
  type BrowserRig,
  onEachScreen,
  startBrowserRig,
  withoutBrowser,
} from '../support/browser-rig.ts'

suite('the pages of dialects', { skip: withoutBrowser }, () => {
  let rig: BrowserRig
  before(async () => {
    rig = await startBrowserRig()
  })
  after(() => rig.close())

  /** A real delivery, with the secret that signed it. */
  async function captured(dialect: string, type: string) {
    const { id } = await rig.api.want(201, { method: 'POST', path: '/v1/tenants', body: { dialect } })
    const tenant = { id, dialect, key: '', keyId: '' }
    const endpoint = await rig.api.endpoint(tenant, { eventTypes: [type] })
    await rig.api.event(tenant, { type, data: { name: 'größe', n: 1.5, list: [1, 2] } })
    const [request] = await rig.api.received(endpoint.path, 1)
    return { request: request as ReceivedRequest, secret: endpoint.secrets[0]?.value ?? '' }
  }

  const headerLines = ({ headers }: ReceivedRequest): string =>
    Object.entries(headers)
      .map(([name, value]) => `${name}: ${String(value)}`)
      .join('\n')

  async function paste(page: Page, { headers, body, key }: { headers: string; body: string; key: string }) {
    await page.getByLabel('Headers').fill(headers)
    await page.getByLabel('Body', { exact: true }).fill(body)
    await page.getByLabel(/^(Secret|Public key)$/).fill(key)
  }

  const genuine = (page: Page) => page.getByText('The delivery is genuine').waitFor()
  const refused = (page: Page) => page.getByText('A receiver refuses the delivery.').waitFor()

  /** The requests of a page from now on. Only the check of the session is none of the page's own. */
  function requestsOf(page: Page): readonly string[] {
    const requests: string[] = []
    page.on('request', (request) => {
      if (!request.url().endsWith('/session')) requests.push(`${request.method()} ${request.url()}`)
    })
    return requests
  }

  test('the debugger says which step fails, and makes no request', async () => {
    const { request, secret } = await captured('standard', 'order.paid')
    const page = await rig.dashboard('/dialects/standard?tab=debugger')
    await page.getByText('The pasted texts stay in this browser.').waitFor()
    await page.waitForLoadState('networkidle')
    const requests = requestsOf(page)
    const headers = headerLines(request)
    const body = request.body.toString()
    await paste(page, { headers, body, key: secret })
    await genuine(page)

    await page.getByLabel('Secret', { exact: true }).fill(`whsec_${Buffer.alloc(24, 1).toString('base64')}`)
    await refused(page)
    await page.getByText('The signature differs.').waitFor()
    await page.getByText('Expected with this secret').waitFor()
    await page.getByText('None of the usual mistakes explains it.').waitFor()
    await page.getByLabel('Secret', { exact: true }).fill('whsec_*')
    await page.getByText('The secret is not base64 after whsec_.').waitFor()
    await page.getByLabel('Secret', { exact: true }).fill(secret)
    await genuine(page)

    await page.getByLabel('Body', { exact: true }).fill(JSON.stringify(JSON.parse(body), null, 2))
    await page.getByText('the JSON was read and written again').waitFor()
    await page.getByLabel('Body', { exact: true }).fill(body.replace('größe', 'grosse'))
    await refused(page)
    await page.getByText('the JSON was read and written again').waitFor({ state: 'detached' })
    await page.getByLabel('Body', { exact: true }).fill(body)
    await genuine(page)

    const later = new Date(request.receivedAt + 3_600_000 - new Date().getTimezoneOffset() * 60_000)
    await page.getByLabel('Arrived at').fill(later.toISOString().slice(0, 19))
    await page.keyboard.press('Enter')
    await page.getByText(/The delivery is 60 minutes old/).waitFor()
    await page.getByLabel('Arrived at').fill('')
    await page.keyboard.press('Enter')
    await genuine(page)

    await page.getByLabel('Headers').fill(headers.replace(/^webhook-signature.*$/m, ''))
    await page.getByText('The header webhook-signature is missing.').waitFor()
    await page.getByLabel('Headers').fill(headers.replace('v1,', 'v2,'))
    await page.getByText('has no signature that begins with v1,').waitFor()
    assert.deepEqual(requests, [])
    assert.ok(!page.url().includes('whsec'), 'the secret is not in the address')
    rig.assertNoFaults()
  })

  test('the debugger verifies with a public key', async () => {
    const { request } = await captured('partoo', 'business_created')
    const authorization = `Bearer ${rig.api.installation.operatorKey}`
    const path = `${rig.url}/v1/dialects/partoo/public-key`
    const key = await (await fetch(path, { headers: { authorization } })).text()
    const page = await rig.dashboard('/dialects/partoo?tab=debugger')
    await page.getByText('The pasted texts stay in this browser.').waitFor()
    await page.waitForLoadState('networkidle')
    const requests = requestsOf(page)
    await paste(page, { headers: headerLines(request), body: request.body.toString(), key })
    await genuine(page)
    await page.getByLabel('Body', { exact: true }).fill(`${request.body.toString()}\n`)
    await page.getByText('it is right without the line break at its end').waitFor()
    await page.getByText('The signature is not one of this key.').waitFor()
    await page.getByLabel('Public key').fill('key')
    await page.getByText('The public key is not PEM').waitFor()
    assert.deepEqual(requests, [])
    rig.assertNoFaults()
  })

  test('code, test vectors and the catalogue follow the address', async () => {
    const page = await rig.dashboard('/dialects/storno?tab=signature')
    await page.getByRole('button', { name: 'Ruby' }).click()
    await page.waitForURL(/language=ruby/)
    await page.reload()
    await page.getByText('require "openssl"').waitFor()
    const saving = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Download as JSON' }).click()
    const saved = JSON.parse(readFileSync(await (await saving).path(), 'utf8')) as unknown
    assert.deepEqual(saved, await rig.api.want(200, { path: '/v1/dialects/storno/test-vectors' }))
    const { eventTypes, otherCatalogues } = await rig.api.want(200, { path: '/v1/dialects/storno' })
    const [other] = otherCatalogues as { settings: Record<string, string>; eventTypes: { name: string }[] }[]
    await page.getByRole('link', { name: 'Events' }).click()
    await assertCount(page.locator('main li'), (eventTypes as unknown[]).length)
    const [[setting, choice] = []] = Object.entries(other?.settings ?? {})
    await page.getByLabel('Tenants with the settings').selectOption(`${setting} = ${choice}`)
    await page.getByText(other?.eventTypes[0]?.name ?? '', { exact: true }).waitFor()
    await assertCount(page.locator('main li'), other?.eventTypes.length ?? 0)
    rig.assertNoFaults()
  })

  test('one event is shown as every dialect would send it', async () => {
    const page = await rig.dashboard('/dialects/allo?tab=preview')
    await page.getByLabel('Event type', { exact: true }).fill('call.received')
    await page.getByLabel('Data').fill('[]')
    await page.getByRole('button', { name: 'Show as every dialect' }).click()
    await page.getByText('must be a JSON object').waitFor()
    await page.getByLabel('Data').fill('{"mark":"größe"}')
    await page.getByRole('button', { name: 'Show as every dialect' }).click()
    const bodies = page.locator('figure', { hasText: 'The body of' })
    // The headers and the body of six dialects.
    await page.locator('main figure').nth(11).waitFor()
    for (const body of await bodies.all()) assert.match(await body.innerText(), /größe/)
    await page.getByLabel('Event type of Partoo').selectOption('business_updated')
    await page.locator('figure', { hasText: 'The body of Partoo' }).getByText('business_updated').waitFor()
    rig.assertNoFaults()
  })

  test('the audit is filtered, opened and exported', async () => {
    const { id } = await rig.api.tenant('standard')
    for (const name of ['First', 'Second <img src=x onerror=alert(1)>']) {
      await rig.api.want(200, { method: 'PATCH', path: `/v1/tenants/${id}`, body: { name } })
    }
    const page = await rig.dashboard(`/audit?tenant=${id}`)
    await page.getByRole('button', { name: 'key.create' }).waitFor()
    await page.getByLabel('Action').selectOption('tenant.change')
    await page.getByRole('button', { name: 'key.create' }).waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'tenant.change' }).first().click()
    await page.getByRole('cell', { name: 'First' }).waitFor()
    await page.getByRole('cell', { name: 'Second <img src=x onerror=alert(1)>' }).waitFor()
    const saving = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Export as JSON lines' }).click()
    const lines = readFileSync(await (await saving).path(), 'utf8')
      .trimEnd()
      .split('\n')
    const { data } = await rig.api.want(200, { path: `/v1/audit?tenant=${id}&action=tenant.change` })
    assert.deepEqual(
      lines.map((line) => JSON.parse(line) as unknown),
      data,
    )
    // The link of an opened record shows it even where the filter leaves it out.
    const link = new URL(page.url())
    link.searchParams.set('action', 'key.create')
    await page.goto(String(link))
    await page.getByRole('cell', { name: 'First' }).waitFor()
    rig.assertNoFaults()
  })

  test('is accessible', async (t) => {
    const pages = [
      '/dialects',
      '/dialects/storno',
      '/dialects/allo?tab=schedule',
      '/dialects/standard?tab=signature',
      '/dialects/allo?tab=debugger',
      '/dialects/allo?tab=preview',
      '/audit',
    ]
    await onEachScreen(t, async (options) => {
      const page = await rig.dashboard(pages[0], options)
      for (const path of pages) {
        await page.goto(`${rig.url}/dashboard${path}`)
        await page.locator('h1').waitFor()
        await page.waitForLoadState('networkidle')
        await assertAccessible(page)
        const width = await page.evaluate<number>('document.documentElement.scrollWidth')
        assert.ok(width <= (options.viewport?.width ?? 1280), `${path} is ${width} px wide`)
      }
      await page.context().close()
    })
    rig.assertNoFaults()
  })
})
