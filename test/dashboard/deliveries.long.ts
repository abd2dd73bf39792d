// The dashboard's pages of deliveries, events and replays, in a browser.

import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import type { Locator, Page } from 'playwright-core'
import type { Body } from '../support/api-answer.ts'
import { fresh, type TestTenant, until } from '../support/api-rig.ts'
import {
  assertAccessible,
  assertCount,
  type BrowserRig,
  onEachScreen,
  startBrowserRig,
  withoutBrowser,
} from '../support/browser-rig.ts'

const script = '<img src=x onerror="document.title=\'stored\'"><script>document.title="stored"</script>'

suite('the pages of deliveries', { skip: withoutBrowser }, () => {
  let rig: BrowserRig
  before(async () => {
    // Retries wait for a quarter of an hour and more.
    rig = await startBrowserRig({ POSTHORN_RETRY_SCALE: '200' })
  })
  after(() => rig.close())

  const endpointOf = (tenant: TestTenant, type: string) =>
    rig.api.endpoint(tenant, { eventTypes: [type], headers: { 'X-Own': script } })

  /** Posts an event and waits until its delivery was attempted. */
  async function attempted(tenant: TestTenant, type: string, fields: object = {}): Promise<Body> {
    const event = await rig.api.event(tenant, { type, ...fields })
    let delivery: Body | undefined
    await until(async () => {
      const found = await rig.api.want(200, { path: `/v1/events/${event}?tenant=${tenant.id}` })
      delivery = (found['deliveries'] as Body[])[0]
      return delivery?.['lastAttempt'] !== null
    }, 'the delivery was attempted')
    return delivery as Body
  }

  test('a failing delivery appears, shows its failure to scale, and is delivered by a retry', async () => {
    const tenant = await rig.api.tenant('standard')
    const type = fresh('type')
    const { id, path } = await endpointOf(tenant, type)
    rig.api.behaviours.set(path, () => ({ status: 503, body: `{"error":${JSON.stringify(script)}}` }))
    const page = await rig.dashboard(`/deliveries?tenant=${tenant.id}`)
    await page.getByText('No delivery has these properties').waitFor()
    await rig.api.event(tenant, { type, data: { text: script }, attributes: { region: script } })
    await page.getByRole('row').getByText('failing').waitFor()
    await page.getByRole('link', { name: type }).click()

    await page.getByText(/Waits for attempt 2 of 10, due .*, in \d+ min/).waitFor()
    await assertCount(page.locator('svg [data-outcome=rejected]'), 1)
    await page.getByText('The time line as a table').click()
    const planned = page.getByRole('region', { name: 'attempts, planned and made' })
    await planned.getByRole('row', { name: /^2 5 s .* due next$/ }).waitFor()
    await assertCount(planned.getByRole('row'), 11)
    await page.getByLabel('Body of the response').getByText('<script>').waitFor()
    await page.getByRole('region', { name: 'headers of the request' }).getByText(script).waitFor()
    await page.getByText('exactly as it was sent').waitFor()

    rig.api.behaviours.set(path, () => ({ status: 202, body: '{"error":null}' }))
    await page.getByRole('button', { name: 'Attempt now' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Attempt now' }).click()
    await page.getByText(/Attempt 2: delivered, HTTP 202/).waitFor()
    await page.getByText(/Delivered by attempt 2 at/).waitFor()
    await page.locator('svg [data-outcome=delivered]').first().waitFor()

    await page.getByLabel('Compare attempt 2 with').selectOption('1')
    const diff = page.getByLabel('Body of the response').last()
    await diff.getByText('removed:').waitFor()
    assert.match(await diff.innerText(), /−\s+removed:\s+"error": "<img[^]*\+\s+added:\s+"error": null/)
    const headers = page.getByLabel('Headers of the request', { exact: true })
    await headers.getByText('webhook-timestamp').last().waitFor()
    await page.reload()
    await headers.waitFor()
    assert.equal(await page.title(), `Delivery of ${type} · Posthorn`)

    const change = { method: 'PATCH', path: `/v1/tenants/${tenant.id}/endpoints/${id}` } as const
    await rig.api.want(200, { ...change, body: { headers: { 'X-Own': 'another' } } })
    await page.reload()
    await page.getByText(/The endpoint was changed at/).waitFor()
    await page.getByRole('row', { name: 'X-Own another recomputed' }).waitFor()
    rig.assertNoFaults()
  })

  test('the filter is in the address, survives a reload, and becomes that of a replay', async () => {
    const tenant = await rig.api.tenant('standard')
    const [good, bad] = [fresh('good'), fresh('bad')]
    await endpointOf(tenant, good)
    const { path } = await endpointOf(tenant, bad)
    rig.api.behaviours.set(path, () => ({ status: 404 }))
    await attempted(tenant, good)
    await attempted(tenant, bad)
    const page = await rig.dashboard('/deliveries')
    await page.getByText('A replay belongs to one tenant').waitFor()
    await page.getByLabel('Tenant', { exact: true }).fill(tenant.id)
    await page.keyboard.press('Enter')
    await page.getByLabel('HTTP status').fill('404')
    await page.keyboard.press('Enter')
    await page.getByLabel('pending').check()
    await page.getByLabel('failed').check()
    await page.getByLabel('Time', { exact: true }).selectOption('24h')
    await page.getByRole('link', { name: bad }).waitFor()
    await page.getByRole('link', { name: good }).waitFor({ state: 'detached' })
    await page.waitForURL(({ searchParams: search }) => {
      const status = search.getAll('status').join()
      return status === 'pending,failed' && search.get('httpStatus') === '404' && search.get('range') === '24h'
    })

    await page.reload()
    await page.getByRole('link', { name: bad }).waitFor()
    await assertCount(page.getByRole('link', { name: good }), 0)
    assert.equal(await page.getByLabel('failed').isChecked(), true)
    assert.equal(await page.getByLabel('Time', { exact: true }).inputValue(), '24h')
    await page.getByText('A replay cannot select by HTTP status').waitFor()
    assert.equal(await page.getByRole('button', { name: 'Send all of these again' }).isDisabled(), true)

    await page.getByLabel('HTTP status').fill('')
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Send all of these again' }).click()
    await page.getByRole('heading', { name: 'New replay' }).waitFor()
    assert.equal(await page.getByLabel('Tenant', { exact: true }).inputValue(), tenant.id)
    assert.deepEqual(new URL(page.url()).searchParams.getAll('status'), ['pending', 'failed'])
    assert.equal(await page.getByLabel('cancelled').isChecked(), false)
    rig.assertNoFaults()
  })

  test('a replay is previewed, started and cancelled; events that an endpoint never got are added', async () => {
    const tenant = await rig.api.tenant('standard')
    const type = fresh('type')
    const { path } = await endpointOf(tenant, type)
    for (let count = 0; count < 12; count++) await attempted(tenant, type)
    const later = await endpointOf(tenant, type)
    const page = await rig.dashboard(`/deliveries?tenant=${tenant.id}&status=delivered`)
    await page.getByRole('button', { name: 'Send all of these again' }).click()
    await page.getByLabel('Deliveries a second').fill('1')
    await page.getByRole('button', { name: 'Preview' }).click()
    await page.getByText('12 to send').waitFor()
    await page.getByRole('row', { name: /12 12 s$/ }).waitFor()
    assert.equal((await rig.api.received(path, 12)).length, 12)
    await page.getByRole('button', { name: 'Start' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Start' }).click()
    await page.getByText(/\b[1-9] of 12 sent/).waitFor()
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel it' }).click()
    await page.getByRole('status').getByText('cancelled').waitFor()
    const sent = (await rig.api.received(path, 13)).length
    assert.ok(sent > 12 && sent < 24, `${sent} requests`)

    await page.goto(`${rig.url}/dashboard/replays/new?tenant=${tenant.id}`)
    await page.getByLabel('Events that an endpoint never got').check()
    await page.getByRole('button', { name: 'Preview' }).click()
    await page.getByText('It was off, or not there yet').waitFor()
    await page.getByText('12 to send').waitFor()
    await page.getByRole('button', { name: 'Start' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Start' }).click()
    await page.getByText('12 of 12 added').waitFor()
    assert.equal((await rig.api.received(later.path, 12)).length, 12)
    await page.getByRole('link', { name: 'Replays' }).first().click()
    await page.getByRole('row', { name: /done/ }).waitFor()
    rig.assertNoFaults()
  })

  test('a replay with a wrong filter shows the messages of the API at its fields', async () => {
    const page = await rig.dashboard('/replays/new?tenant=absent&from=2999-01-01T00:00:00.000Z')
    await page.getByRole('button', { name: 'Preview' }).click()
    await page.getByText('is not known: absent', { exact: true }).waitFor()
    const { id } = await rig.api.tenant('standard')
    await page.getByLabel('Tenant', { exact: true }).fill(id)
    await page.getByRole('button', { name: 'Preview' }).click()
    await page.getByText('must be earlier than now', { exact: true }).waitFor()
    assert.equal(await page.getByLabel('Accepted from').getAttribute('aria-invalid'), 'true')
    rig.assertNoFaults()
  })

  test('an event has the digits of its payload; an erased one says so, after a question', async () => {
    const tenant = await rig.api.tenant('standard')
    const type = fresh('type')
    const { path } = await endpointOf(tenant, type)
    rig.api.behaviours.set(path, () => ({ status: 500, body: 'gone soon' }))
    const data = '{"n":12345678901234567890,  "m":1.0}'
    const id = fresh('msg')
    const raw = JSON.stringify({ tenant: tenant.id, id, type, attributes: { data: script } }).slice(0, -1)
    await rig.api.want(202, { method: 'POST', path: '/v1/events', raw: `${raw},"data":${data}}` })
    const page = await rig.dashboard(`/events/${id}?tenant=${tenant.id}`)
    const payload = page.getByLabel('Data of the event')
    await payload.getByText('12345678901234567890').waitFor()
    await page.getByLabel('raw').check()
    assert.equal(await payload.innerText(), data)
    await page.getByText(script).waitFor()
    await page.getByRole('row').getByText('rejected · 500').waitFor()
    await page.getByRole('region', { name: 'deliveries of the event' }).getByRole('link').first().click()
    await page.getByLabel('Body of the response').getByText('gone soon').waitFor()
    await page.getByRole('button', { name: 'Erase the response' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Erase it' }).click()
    await page.getByText('The response was erased at').waitFor()
    await page.goBack()
    await page.getByRole('button', { name: 'Erase the payload' }).click()
    await page.getByRole('dialog').getByText('Deliveries that are pending are cancelled').waitFor()
    await page.getByRole('dialog').getByRole('button', { name: 'Erase it' }).click()
    await page.getByText('The payload was erased.').waitFor()
    await page.getByRole('row').getByText('cancelled').waitFor()
    await page.getByText('12345678901234567890').waitFor({ state: 'detached' })
    rig.assertNoFaults()
  })

  test('works by keyboard alone: a filter, a delivery, its retry', async () => {
    const tenant = await rig.api.tenant('standard')
    const type = fresh('type')
    const { path } = await endpointOf(tenant, type)
    rig.api.behaviours.set(path, () => ({ status: 500 }))
    await attempted(tenant, type)
    rig.api.behaviours.delete(path)
    const page = await rig.dashboard(`/deliveries?tenant=${tenant.id}`)
    await tabTo(page, page.getByLabel('failing'))
    await page.keyboard.press('Space')
    await page.waitForURL(/status=failing/)
    await tabTo(page, page.getByRole('link', { name: type }))
    await page.keyboard.press('Enter')
    await page.getByText(/Waits for attempt 2/).waitFor()
    await tabTo(page, page.getByRole('button', { name: 'Attempt now' }))
    await page.keyboard.press('Enter')
    await tabTo(page, page.getByRole('dialog').getByRole('button', { name: 'Attempt now' }))
    await page.keyboard.press('Enter')
    await page.getByText(/Attempt 2: delivered/).waitFor()
    await tabTo(page, page.getByRole('button', { name: 'Show attempt 1' }))
    await page.keyboard.press('Enter')
    await page.waitForURL(/attempt=1/)
    rig.assertNoFaults()
  })

  test('a key that may only read sees all of it and changes nothing', async () => {
    const tenant = await rig.api.tenant('standard')
    const type = fresh('type')
    const { path } = await endpointOf(tenant, type)
    rig.api.behaviours.set(path, () => ({ status: 500, body: 'away' }))
    const { id } = await attempted(tenant, type)
    const body = { name: 'A reader', role: 'read' }
    const { key } = await rig.api.want(201, { method: 'POST', path: '/v1/operator-keys', body })
    const page = await rig.dashboard(`/deliveries/${id}`, { key })
    await page.getByLabel('Body of the response').getByText('away').waitFor()
    // The value of a customer's header may be a secret.
    await page.getByText('not shown', { exact: true }).waitFor()
    assert.equal(await page.getByText(script).count(), 0)
    for (const name of ['Attempt now', 'Erase the response']) {
      assert.equal(await page.getByRole('button', { name }).count(), 0, name)
    }
    rig.assertNoFaults()
  })

  test('is accessible', async (t) => {
    const tenant = await rig.api.tenant('standard')
    const type = fresh('type')
    const { path } = await endpointOf(tenant, type)
    rig.api.behaviours.set(path, () => ({ status: 500, body: 'away' }))
    const { id, ...delivery } = await attempted(tenant, type)
    const filter = { tenant: tenant.id, from: '2026-01-01T00:00:00Z', status: ['pending'] }
    const replay = await rig.api.want(201, { method: 'POST', path: '/v1/replays', body: { filter, dryRun: true } })
    const pages = [
      [`/deliveries?tenant=${tenant.id}&range=custom`, type],
      [`/deliveries/${id}`, 'Copy as curl'],
      [`/events/${String(delivery['event'])}?tenant=${tenant.id}`, 'rejected · 500'],
      ['/replays', tenant.id],
      ['/replays/new', 'Accepted from'],
      [`/replays/${replay.id}`, '1 to send'],
    ] as const
    await onEachScreen(t, async (options) => {
      const page = await rig.dashboard('/replays', options)
      for (const [address, text] of pages) {
        await page.goto(`${rig.url}/dashboard${address}`)
        await page.getByText(text).first().waitFor()
        await assertAccessible(page)
        if (options.viewport === undefined) continue
        const width = await page.evaluate<number>('document.documentElement.scrollWidth')
        assert.ok(width <= 360, `${address}: ${width} px wide`)
      }
      await page.context().close()
    })
    rig.assertNoFaults()
  })
})

/** Presses the tabulator key until the element has the focus. */
async function tabTo(page: Page, element: Locator): Promise<void> {
  await element.first().waitFor()
  for (let presses = 0; presses < 80; presses++) {
    if (await element.first().evaluate((one) => one === one.ownerDocument.activeElement)) return
    await page.keyboard.press('Tab')
  }
  assert.fail('the focus does not reach the element')
}
