// The request of an attempt, against the one that a real receiver got.

import assert from 'node:assert/strict'
import { after, suite, test } from 'node:test'
import type { Body } from '../../test/support/api-answer.ts'
import { fresh, shareApiRig, type TestTenant, until } from '../../test/support/api-rig.ts'
import { type RawRequest, startRawReceiver } from '../../test/support/raw-receiver.ts'
import { registry } from '../dialects/registry.ts'

const rig = await shareApiRig({ POSTHORN_RETRY_SCALE: '0' })
const receiver = await startRawReceiver()
after(async () => {
  await rig.close()
  await receiver.close()
})

interface Shown {
  readonly method: string | null
  readonly url: string | null
  readonly headers: readonly (readonly [string, string | null])[]
  readonly body: string | null
  readonly isExact: boolean
  readonly recomputed: readonly string[]
  readonly notes: readonly string[]
  readonly curl: string | null
}

interface Made {
  readonly tenant: TestTenant
  readonly path: string
  readonly type: string
}

const types: Readonly<Record<string, string>> = Object.fromEntries(
  registry.map(({ dialect: { name, eventTypes } }) => [name, eventTypes[0]?.name ?? 'order.paid']),
)

async function made(dialect: string, fields: object = {}): Promise<Made> {
  const tenant = await tenantOf(dialect)
  const type = String(types[dialect])
  const body = { url: `${receiver.url}/${fresh('hook')}?q=é`, eventTypes: [type], ...fields }
  const { id } = await rig.want(201, { method: 'POST', path: `/v1/tenants/${tenant.id}/endpoints`, body })
  return { tenant, type, path: `/v1/tenants/${tenant.id}/endpoints/${id}` }
}

/** Some dialects have tenant ids of their own form. */
async function tenantOf(dialect: string): Promise<TestTenant> {
  const { id } = await rig.want(201, { method: 'POST', path: '/v1/tenants', body: { dialect } })
  const { key, id: keyId } = await rig.want(201, { method: 'POST', path: '/v1/keys', body: { tenants: [id] } })
  return { id, dialect, key, keyId }
}

/** Posts an event, and waits until its delivery has made the attempts. */
async function sent(
  { tenant, type }: Made,
  attempts = 1,
): Promise<{ arrived: RawRequest; event: string; delivery: Body }> {
  let event = ''
  const arrived = await receiver.next(async () => {
    event = await rig.event(tenant, { type, data: { text: 'Zoë 🎺\n', n: 1 } })
  })
  let delivery: Body | undefined
  await until(async () => {
    const found = await rig.want(200, { path: `/v1/events/${event}?tenant=${tenant.id}` })
    delivery = (found['deliveries'] as Body[])[0]
    return Number(delivery?.['attempts']) >= attempts
  }, 'the attempt is recorded')
  return { arrived, event, delivery: delivery as Body }
}

async function requestOf(id: string, query = '', key?: string): Promise<Shown> {
  const path = `/v1/deliveries/${id}/request${query}`
  const request = await rig.want(200, { path, ...(key !== undefined && { key }) })
  const headers = request['headers'] as readonly { readonly name: string; readonly value: string | null }[]
  return { ...request, headers: headers.map(({ name, value }) => [name, value]) } as unknown as Shown
}

/** Fails unless each header is that of the receiver, or is named in `recomputed`. */
function checkHeaders(shown: Shown, { headers }: RawRequest): void {
  for (const [name, value] of shown.headers) {
    const found = headers.find(([one]) => one === name)?.[1]
    const isSame = found !== undefined && value !== null && Buffer.from(found, 'latin1').toString() === value
    assert.ok(isSame || found === value || shown.recomputed.includes(name), `${name}: ${found} ${value}`)
  }
}

for (const { dialect } of registry) {
  const { name } = dialect
  suite(name, () => {
    test('the request is the one that the receiver got, byte for byte', async () => {
      const fields = dialect.endpointRules.customHeaders ? { headers: { 'X-Own': 'it\'s "so"' } } : {}
      const { arrived, delivery } = await sent(await made(name, fields))
      const shown = await requestOf(delivery.id)
      assert.deepEqual([shown.isExact, shown.recomputed, shown.notes], [true, [], []])
      assert.deepEqual([shown.method, new URL(String(shown.url)).search], [arrived.method, '?q=%C3%A9'])
      assert.deepEqual(shown.headers, arrived.headers)
      assert.equal(shown.body, arrived.body.toString())
    })

    test('after a change of the endpoint, headers that may differ are named', async () => {
      const one = await made(name)
      const { arrived, delivery } = await sent(one)
      const url = `${receiver.url.replace('127.0.0.1', 'localhost')}/changed`
      await rig.want(200, { method: 'PATCH', path: one.path, body: { url } })
      if (dialect.endpointRules.newSecret !== null)
        await rig.want(200, { method: 'POST', path: `${one.path}/rotate-secret`, body: { overlapSeconds: 0 } })
      const shown = await requestOf(delivery.id)
      checkHeaders(shown, arrived)
      assert.equal(shown.body, arrived.body.toString())
      // Only this dialect keeps the URL and the headers of attempts.
      const isKept = name === 'storno'
      assert.equal(shown.isExact, isKept)
      if (isKept) return
      assert.equal(shown.url, url)
      assert.match(shown.notes.join(), /The endpoint was changed at /)
      assert.ok(shown.recomputed.includes('host'))
      assert.ok(!shown.recomputed.includes('user-agent'))
      if (dialect.endpointRules.newSecret !== null)
        assert.match(shown.notes.join(), /secret that signed the attempt is gone/)
    })
  })
}

suite('the request of an attempt', () => {
  test('has the time of its attempt, and the number may be chosen', async () => {
    const one = await made('standard')
    receiver.answerWith(500)
    const { delivery } = await sent(one, 2)
    receiver.answerWith(200)
    const [first, second] = [await requestOf(delivery.id, '?attempt=1'), await requestOf(delivery.id, '?attempt=2')]
    assert.deepEqual([first.isExact, second.isExact], [true, true])
    const answer = await rig.ask({ path: `/v1/deliveries/${delivery.id}/request?attempt=99` })
    assert.deepEqual([answer.status, answer.body.code], [404, 'not_found'])
    await rig.want(400, { path: `/v1/deliveries/${delivery.id}/request?attempt=0` })
    await rig.want(404, { path: '/v1/deliveries/01890000-0000-7000-8000-000000000000/request' })
  })

  test('keeps the secrets of its time: a newer one does not sign', async () => {
    const one = await made('standard')
    const { arrived, delivery } = await sent(one)
    await rig.want(200, { method: 'POST', path: `${one.path}/rotate-secret`, body: {} })
    const shown = await requestOf(delivery.id)
    assert.deepEqual([shown.isExact, shown.headers], [true, arrived.headers])
  })

  test('says that its payload is erased, or its endpoint deleted', async () => {
    const one = await made('standard')
    const { delivery, event } = await sent(one)
    const other = await sent(one)
    await rig.want(202, { method: 'DELETE', path: `/v1/events/${event}/data?tenant=${one.tenant.id}` })
    const erased = await requestOf(delivery.id)
    assert.match(erased.notes.join(), /The payload was erased at /)
    assert.deepEqual([erased.body, erased.curl, erased.isExact], [null, null, false])
    await rig.want(204, { method: 'DELETE', path: one.path })
    const gone = await requestOf(other.delivery.id)
    assert.match(gone.notes.join(), /The endpoint was deleted/)
    assert.deepEqual([gone.url, gone.body, gone.curl], [null, null, null])
  })

  test('is not proved without its checksum', async () => {
    const { arrived, delivery } = await sent(await made('standard'))
    await rig.want(202, { method: 'DELETE', path: `/v1/deliveries/${delivery.id}/attempts/1/response` })
    const shown = await requestOf(delivery.id)
    assert.deepEqual([shown.isExact, shown.headers], [false, arrived.headers])
    assert.deepEqual(
      shown.recomputed,
      arrived.headers.map(([name]) => name),
    )
    assert.match(shown.notes.join(), /no checksum/)
  })
})

suite('header values of the customer', () => {
  const headers = { 'X-Token': 'token-of-customer', 'X-Hidden': 'never-shown' }

  test('are shown to callers that see secrets, with an audit record, and write-only ones to no caller', async () => {
    const one = await made('standard', { headers, writeOnlyHeaders: ['X-Hidden'] })
    const { delivery } = await sent(one)
    const shown = await requestOf(delivery.id)
    assert.equal(new Map(shown.headers).get('X-Token'), 'token-of-customer')
    assert.equal(new Map(shown.headers).get('X-Hidden'), null)
    assert.ok(!JSON.stringify(shown).includes('never-shown'))
    assert.match(String(shown.curl), /'X-Hidden: <hidden>'/)
    assert.equal(shown.isExact, true)
    const reader = await rig.want(201, { method: 'POST', path: '/v1/operator-keys', body: { name: 'r', role: 'read' } })
    const keyWith = (scopes: string[]): Promise<Body> =>
      rig.want(201, { method: 'POST', path: '/v1/keys', body: { tenants: [one.tenant.id], scopes } })
    const blind = await keyWith(['read'])
    for (const caller of [reader.key, blind.key]) {
      const masked = await requestOf(delivery.id, '', caller)
      assert.ok(!JSON.stringify(masked).includes('token-of-customer'))
      assert.equal(new Map(masked.headers).get('X-Token'), null)
      assert.ok(new Map(masked.headers).has('webhook-signature'))
    }
    const sees = await keyWith(['read', 'secrets'])
    const seen = await requestOf(delivery.id, '', sees.key)
    assert.equal(new Map(seen.headers).get('X-Token'), 'token-of-customer')
    const readers = async (): Promise<unknown[]> => {
      const { data } = await rig.want(200, { path: `/v1/audit?tenant=${one.tenant.id}&action=secret.read` })
      return data.map((record) => (record as { readonly actor?: { readonly id?: unknown } }).actor?.id)
    }
    await until(async () => (await readers()).includes(sees.id), 'the read is recorded')
    assert.ok(!(await readers()).includes(blind.id))
    const stranger = await tenantOf('standard')
    await rig.want(404, { path: `/v1/deliveries/${delivery.id}/request`, key: stranger.key })
  })
})
