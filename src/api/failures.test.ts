// Groups of failures, of attempts at a real receiver.

import assert from 'node:assert/strict'
import { after, suite, test } from 'node:test'
import { shareApiRig, until } from '../../test/support/api-rig.ts'
import { normalized } from '../operations/failures.ts'

const rig = await shareApiRig({ POSTHORN_RETRY_SCALE: '0' })
after(() => rig.close())

interface Group {
  readonly outcome: string
  readonly status: number | null
  readonly text: string
  readonly count: number
  readonly firstAt: string
  readonly lastAt: string
  readonly sample: { readonly delivery: string; readonly attempt: number }
}

suite('the failures of an endpoint', () => {
  test('are grouped by outcome, status and text, the largest group first', async () => {
    const tenant = await rig.tenant('standard')
    const endpoint = await rig.endpoint(tenant)
    let requests = 0
    rig.behaviours.set(endpoint.path, () => {
      requests += 1
      if (requests === 10) return { status: 404, body: '' }
      return {
        status: 500,
        body: `{"error":"order ${requests} failed","trace":"4bf92f3577b34da6a3ce929d0e0e47${10 + requests}"}`,
      }
    })
    await rig.event(tenant)
    const path = `/v1/tenants/${tenant.id}/endpoints/${endpoint.id}/failures`
    const read = async (key?: string) => {
      const body = await rig.want(200, { path, ...(key !== undefined && { key }) })
      return { groups: body.data as unknown as Group[], searchedTo: body['searchedTo'] }
    }
    await until(async () => (await read()).groups.reduce((sum, { count }) => sum + count, 0) === 10, 'all failed')
    const { groups, searchedTo } = await read(tenant.key)
    assert.equal(searchedTo, null)
    assert.deepEqual(
      groups.map(({ outcome, status, text, count }) => [outcome, status, text, count]),
      [
        ['rejected', 500, '{"error":"order <n> failed","trace":"<hex>"}', 9],
        ['rejected', 404, 'HTTP 404', 1],
      ],
    )
    const [first, second] = groups
    assert.deepEqual([first?.sample.attempt, second?.sample.attempt], [9, 10])
    assert.ok(String(first?.firstAt) < String(second?.lastAt))
    const shown = await rig.want(200, { path: `/v1/deliveries/${first?.sample.delivery}` })
    assert.equal(shown.history[8]?.['status'], 500)
  })

  test('without a response have the reason', async () => {
    const tenant = await rig.tenant('standard')
    const endpoint = await rig.endpoint(tenant, { url: 'http://127.0.0.1:65535/' })
    await rig.event(tenant)
    const path = `/v1/tenants/${tenant.id}/endpoints/${endpoint.id}/failures`
    await until(async () => (await rig.want(200, { path })).data.length > 0, 'it failed')
    const [group] = (await rig.want(200, { path })).data as unknown as Group[]
    assert.deepEqual([group?.outcome, group?.status, group?.text], ['unreachable', null, 'connection refused'])
  })

  test('are none where there are none', async () => {
    const tenant = await rig.tenant('standard')
    const { id } = await rig.endpoint(tenant)
    const path = `/v1/tenants/${tenant.id}/endpoints/${id}/failures`
    assert.deepEqual(await rig.want(200, { path }), { data: [], searchedTo: null })
    await rig.want(404, { path: `/v1/tenants/${tenant.id}/endpoints/x/failures` })
  })
})

suite('a text of a group has', () => {
  const texts: Readonly<Record<string, readonly [string, string]>> = {
    numbers: ['took 1.5 s at 12:30:01, try 3', 'took <n> s at <n>, try <n>'],
    UUIDs: ['no order 019aeb1c-8f00-7000-8000-00000000000A', 'no order <id>'],
    'hexadecimal ids': ['trace 4bf92f3577b34da6 at 0xdeadbeef', 'trace <hex> at <hex>'],
    'ids of letters and digits': ['request req_8sKd92LmQx01ab failed', 'request <id> failed'],
    'long quotations': [`missing "${'a'.repeat(40)}" here`, 'missing "…" here'],
    'words as they are': ['Internal "Server" Error: defaced facade', 'Internal "Server" Error: defaced facade'],
    'one blank between words': [' a\r\n\t b ', 'a b'],
  }
  for (const [title, [text, expected]] of Object.entries(texts)) {
    test(title, () => assert.equal(normalized(text), expected))
  }

  test('a bounded cost', () => {
    const started = performance.now()
    for (let round = 0; round < 1000; round++) normalized(`${'a-'.repeat(60)}"${'f'.repeat(78)}`)
    assert.ok(performance.now() - started < 2000)
  })
})
