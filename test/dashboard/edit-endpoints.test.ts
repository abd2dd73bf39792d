// Changes of endpoints in the dashboard, beside the requests with which customers make the same.

import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { registry } from '../../src/dialects/registry.ts'
import { until } from '../support/api-rig.ts'
import { type BrowserRig, startBrowserRig, withoutBrowser } from '../support/browser-rig.ts'
import { requestOf, twinOf } from '../support/api-twins.ts'

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
    test(`${dialect.name}: the customer's own requests change, switch and delete an endpoint as the operator does`, async () => {
      const title = `${dialect.title}'s own API`
      const type = dialect.eventTypes[0]?.name ?? ''
      const tenants = [await newTenant(dialect.name), await newTenant(dialect.name)] as const
      const key = await customerKey(tenants[1])
      const body = { url: `${rig.api.receiver.url}/one`, eventTypes: [type] }
      const [mine, same] = await Promise.all(
        tenants.map((tenant) => rig.api.want(201, { method: 'POST', path: `/v1/tenants/${tenant}/endpoints`, body })),
      )
      const sameNow = () => rig.api.want(200, { path: endpointPath(tenants[1], String(same?.id)) })
      /** Sends the request that the page shows, about the endpoint of the other tenant. */
      const send = async (text: string) => {
        const ofOther = text.replaceAll(...tenants).replace(`/${String(mine?.id)}`, `/${String(same?.id)}`)
        const request = requestOf(ofOther.replaceAll('$API_KEY', key))
        const { body: content, ...rest } = request
        const answer = await fetch(rig.api.server.url + request.path, content === '' ? rest : request)
        assert.ok(answer.ok, `${text}\n${await answer.text()}`)
      }
      const page = await rig.dashboard(`/tenants/${tenants[0]}/endpoints/${mine?.id}?tab=edit`)
      await page.getByLabel('URL').fill(`${rig.api.receiver.url}/two`)
      await page.getByLabel('Request').getByText('/two').first().waitFor()
      await send(await twinOf(page, title))
      assert.equal((await sameNow()).url, `${rig.api.receiver.url}/two`)
      await page.getByRole('button', { name: 'Save' }).click()
      await page.getByText('Saved.').waitFor()
      await page
        .getByLabel(/^GET .* answers 200$/)
        .getByText('/two')
        .waitFor()

      const { disable, delete: remove } = dialect.endpointOperations
      await page.getByRole('button', { name: 'Disable' }).click()
      if (disable === null) await page.getByText(`The API of ${dialect.title} has no such request`).waitFor()
      else {
        await send(await twinOf(page.getByRole('dialog'), title))
        assert.equal((await sameNow()).enabled, false)
      }
      await page.getByRole('button', { name: 'Cancel' }).click()
      await page.getByRole('dialog').waitFor({ state: 'detached' })
      await page.getByRole('button', { name: 'Delete' }).click()
      assert.ok(remove !== null)
      await send(await twinOf(page.getByRole('dialog'), title))
      await rig.api.want(404, { path: endpointPath(tenants[1], String(same?.id)) })
      await page.context().close()
      rig.assertNoFaults()
    })
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
