// Changes of endpoints in the dashboard, beside the requests with which customers make the same.

import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import type { Locator, Page } from 'playwright-core'
import { registry } from '../../src/dialects/registry.ts'
import { until } from '../support/api-rig.ts'
import { type BrowserRig, startBrowserRig, withoutBrowser } from '../support/browser-rig.ts'
import { answerOf, requestOf, twinOf } from '../support/api-twins.ts'

/** An answer without what differs from one endpoint to the next: ids, times and secrets. */
function plain(text: string): string {
  if (text === '') return ''
  return JSON.stringify(JSON.parse(text), (name, value: unknown) => {
    if (/secret|id$/i.test(name)) return 'another'
    return typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value) ? 'time' : value
  })
}

suite('changes of endpoints', { skip: withoutBrowser }, () => {
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

  for (const { dialect } of registry.filter((one) => one.dialect.endpointForm !== null)) {
    test(`${dialect.name}: the customer's own requests do as the operator does, and have the answers that are shown`, async () => {
      const title = `${dialect.title}'s own API`
      const type = dialect.eventTypes[0]?.name ?? ''
      const tenants = [await newTenant(dialect.name), await newTenant(dialect.name)] as const
      const key = await customerKey(tenants[1])
      const body = { url: `${rig.api.receiver.url}/one`, eventTypes: [type] }
      const [mine, same] = await Promise.all(
        tenants.map((tenant) => rig.api.want(201, { method: 'POST', path: `/v1/tenants/${tenant}/endpoints`, body })),
      )
      const sameNow = () => rig.api.want(200, { path: endpointPath(tenants[1], String(same?.id)) })
      /** Sends the request that the page shows, about the endpoint of the other tenant. It has the answer that is shown. */
      const send = async (place: Page | Locator) => {
        const text = await twinOf(place, title)
        const ofOther = text.replaceAll(...tenants).replace(`/${String(mine?.id)}`, `/${String(same?.id)}`)
        const request = requestOf(ofOther.replaceAll('$API_KEY', key))
        const { body: content, ...rest } = request
        const answer = await fetch(rig.api.server.url + request.path, content === '' ? rest : request)
        const answered = { isPreview: true, status: answer.status, text: plain(await answer.text()) }
        assert.ok(answer.ok, `${text}\n${answered.text}`)
        const shown = async () => {
          const found = await answerOf(place, title)
          return found && { ...found, text: plain(found.text) }
        }
        // The answer follows the request after a while.
        await until(async () => isDeepStrictEqual(await shown(), answered), 'the answer is shown').catch(async () =>
          assert.deepEqual(await shown(), answered, text),
        )
      }
      const page = await rig.dashboard(`/tenants/${tenants[0]}/endpoints/${mine?.id}?tab=edit`)
      await page.getByLabel('URL').fill(`${rig.api.receiver.url}/two`)
      await page.getByRole('region', { name: title }).getByText('/two').nth(1).waitFor()
      await send(page)
      assert.equal((await sameNow()).url, `${rig.api.receiver.url}/two`)
      await page.getByRole('button', { name: 'Save' }).click()
      await page.getByText('Saved.').waitFor()
      await isAnswered(page, title, 200)
      assert.match((await answerOf(page, title))?.text ?? '', /\/two"/)

      const { disable, rotate } = dialect.endpointOperations
      const dialog = page.getByRole('dialog')
      await page.getByRole('button', { name: 'Disable' }).click()
      if (disable === null) await page.getByText(`The API of ${dialect.title} has no such request`).waitFor()
      else await send(dialog)
      if (disable !== null) assert.equal((await sameNow()).enabled, false)
      await dialog.getByRole('button', { name: 'Disable' }).click()
      await dialog.getByText('The endpoint is disabled.').waitFor()
      assert.equal((await answerOf(dialog, 'Operator API'))?.status, 200)
      if (disable !== null) await isAnswered(dialog, title, 200)
      await dialog.getByRole('button', { name: 'Close' }).click()
      await page.getByRole('button', { name: 'Enable' }).waitFor()

      if (rotate !== null) {
        await page.getByRole('link', { name: 'Secrets' }).click()
        await page.getByRole('button', { name: 'Rotate the secret' }).click()
        await send(dialog)
        await dialog.getByRole('button', { name: 'Make a new secret' }).click()
        await isAnswered(dialog, title, 200)
        const { secrets } = await rig.api.want(200, { path: endpointPath(tenants[0], String(mine?.id)) })
        const newest = String(secrets[0]?.value)
        for (const api of [title, 'Operator API']) assert.ok((await answerOf(dialog, api))?.text.includes(newest), api)
        await dialog.getByRole('button', { name: 'Close' }).click()
      }
      await page.getByRole('button', { name: 'Delete' }).click()
      await send(dialog)
      await rig.api.want(404, { path: endpointPath(tenants[1], String(same?.id)) })
      const preview = await answerOf(dialog, title)
      await dialog.getByRole('button', { name: 'Delete the endpoint' }).click()
      await dialog.getByText('The endpoint is deleted.').waitFor()
      assert.deepEqual(await answerOf(dialog, title), { ...preview, isPreview: false })
      await page.keyboard.press('Escape')
      await page.getByText('The tenant has no endpoint yet').waitFor()
      await page.context().close()
      rig.assertNoFaults()
    })
  }

  /** Waits until a twin has an answer to a request that was sent. */
  async function isAnswered(place: Page | Locator, title: string, status: number): Promise<void> {
    await until(async () => {
      const answer = await answerOf(place, title)
      return answer?.isPreview === false && answer.status === status
    }, `the answer of ${title}`)
  }

  test('opening the form of an endpoint reads no secret; the values of its headers are read on demand', async () => {
    const tenant = await rig.api.tenant('standard')
    const { id } = await rig.api.endpoint(tenant, { headers: { 'x-one': 'first', 'x-two': 'second' } })
    const reads = async () => {
      const { data } = await rig.api.want(200, { path: `/v1/audit?tenant=${tenant.id}&action=secret.read` })
      return data.length
    }
    // The answer to the request that made it had its secret.
    await until(async () => (await reads()) === 1, 'the first read is recorded')
    const page = await rig.dashboard(`/tenants/${tenant.id}/endpoints/${id}?tab=edit`)
    await page.getByText('Their values are hidden.').waitFor()
    await page.getByRole('button', { name: 'Show the values' }).click()
    await page.getByLabel('Value of header 2').fill('third')
    await until(async () => (await reads()) > 1, 'the read of the values is recorded')
    assert.equal(await reads(), 2)
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Saved.').waitFor()
    await page.getByLabel('Answer: 200').getByText('"value": "…"').waitFor()
    assert.ok(!(await page.content()).includes('whsec_'))
    const { headers } = await rig.api.want(200, { path: endpointPath(tenant.id, id) })
    assert.deepEqual(headers, { 'x-one': 'first', 'x-two': 'third' })
    rig.assertNoFaults()
  })
})
