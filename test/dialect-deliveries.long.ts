// Deliveries of dialects in files, from the real service to a real receiver: bodies that differ between attempts, other
// methods, several keys, and the meaning of answers.

import assert from 'node:assert/strict'
import { createHmac, createPublicKey, verify } from 'node:crypto'
import { join } from 'node:path'
import { after, suite, test } from 'node:test'
import { calculateJwkThumbprint, createRemoteJWKSet, exportJWK, jwtVerify } from 'jose'
import { startApiRig, type TestTenant, until } from './support/api-rig.ts'
import type { Behaviour, ReceivedRequest } from './support/receiver.ts'

const files = ['attempts', 'answers', 'statuses', 'key-pairs', 'tenant-secrets']
const rig = await startApiRig({
  POSTHORN_DIALECT_FILES: files.map((name) => join(import.meta.dirname, 'support/dialects', `${name}.ts`)).join(),
  POSTHORN_RETRY_SCALE: '0.02',
})
after(() => rig.close())

interface Subscribed {
  readonly tenant: TestTenant
  readonly endpoint: string
  readonly path: string
  readonly secret: string
  /** Posts an event, and waits until its delivery has ended. */
  readonly deliver: (type?: string, data?: unknown) => Promise<Delivered>
  readonly arrivals: () => readonly ReceivedRequest[]
}

interface Delivered {
  readonly id: string
  readonly status: string
  readonly reason: string | null
  readonly history: readonly { readonly outcome: string; readonly status: number }[]
}

async function subscribe(
  dialect: string,
  behave: (nth: number, request: ReceivedRequest) => Behaviour = () => ({}),
  suffix = '',
): Promise<Subscribed> {
  const tenant = await rig.tenant(dialect)
  const path = `/${dialect}-${tenant.id}${suffix}`
  let count = 0
  rig.behaviours.set(path, (request) => behave(++count, request))
  const made = await rig.endpoint(tenant, { url: rig.receiver.url + path, eventTypes: ['order.*'] })
  const endpoint = made.id
  return {
    tenant,
    endpoint,
    path,
    secret: made.secrets[0]?.value ?? '',
    arrivals: () => rig.receiver.requests.filter((request) => request.path === path),
    async deliver(type = 'order.paid', data = { n: 1 }) {
      const event = await rig.event(tenant, { type, data })
      let found: Delivered | undefined
      await until(async () => {
        const { deliveries } = await rig.want(200, { path: `/v1/events/${event}?tenant=${tenant.id}` })
        const [row] = deliveries as { id: string; status: string }[]
        if (row === undefined || row.status === 'pending') return false
        found = (await rig.want(200, { path: `/v1/deliveries/${row.id}` })) as unknown as Delivered
        return true
      }, 'the delivery ends')
      return found ?? assert.fail()
    },
  }
}

const outcomes = ({ history }: Delivered): unknown[] => history.map(({ outcome, status }) => [outcome, status])

suite('a body that differs between attempts', () => {
  test('says the number of the attempt, the reason of the retry and the first time, and is signed each time', async () => {
    const answers: Behaviour[] = [{ status: 500 }, { hang: true }, {}]
    const hook = await subscribe('attempts', (nth) => answers[nth - 1] ?? {})
    const delivered = await hook.deliver()
    assert.equal(delivered.status, 'delivered')
    const bodies = hook.arrivals().map(({ body }) => JSON.parse(body.toString()) as Record<string, number>)
    assert.deepEqual(
      bodies.map(({ attempt_number: number }) => number),
      [1, 2, 3],
    )
    const [first = {}] = bodies
    assert.equal(first['first_sent_at'], first['sent_at'])
    assert.deepEqual(new Set(bodies.map(({ first_sent_at: at }) => at)), new Set([first['sent_at']]))
    assert.equal(new Set(bodies.map(({ sent_at: at }) => at)).size, 3)
    const headers = hook.arrivals().map((request) => request.headers)
    assert.deepEqual(
      headers.map((one) => [one['x-retry-num'], one['x-retry-reason']]),
      [
        ['0', undefined],
        ['1', 'http_error'],
        ['2', 'http_timeout'],
      ],
    )
    for (const { body, headers: sent } of hook.arrivals()) {
      const mac = createHmac('sha256', hook.secret).update(`v0:${sent['x-request-timestamp'] as string}:`)
      assert.equal(sent['x-signature'], `v0=${mac.update(body).digest('hex')}`)
    }
  })

  test('is not shown afterwards: the history says that it has no body', async () => {
    const hook = await subscribe('attempts')
    const { id } = await hook.deliver()
    const path = `/attempts/hooks/${hook.endpoint}/deliveries/${id}`
    const answer = await fetch(rig.server.url + path, { headers: { authorization: `Bearer ${hook.tenant.key}` } })
    assert.deepEqual(await answer.json(), { number: 1, method: 'POST', body: null, response: '' })
  })
})

suite('an answer', () => {
  test('stops retries with a header that the dialect reads', async () => {
    const hook = await subscribe('attempts', (nth) => ({
      status: 500,
      headers: nth === 2 ? { 'X-No-Retry': '1' } : {},
    }))
    const { status, reason } = await hook.deliver()
    assert.deepEqual([status, reason, hook.arrivals().length], ['failed', 'not retried', 2])
  })

  test('is a success only with the body that the product demands', async () => {
    const said = ['', 'hello', 'ok: Hello API Event Received']
    const hook = await subscribe('answers', (nth) => ({ body: said[nth - 1] ?? '', status: nth === 4 ? 201 : 200 }))
    const delivered = await hook.deliver()
    assert.equal(delivered.status, 'delivered')
    assert.deepEqual(outcomes(delivered), [
      ['rejected', 200],
      ['rejected', 200],
      ['delivered', 200],
    ])
    const [arrived] = hook.arrivals()
    assert.ok(await isSignedWith(arrived, hook.tenant.key))
  })

  async function isSignedWith(arrived: ReceivedRequest | undefined, key: string): Promise<boolean> {
    const type = String(arrived?.headers['content-type'])
    const fields = await new Response(arrived?.body, { headers: { 'content-type': type } }).formData()
    const { event } = JSON.parse(fields.get('json') as string) as { event: Record<string, string | number> }
    const mac = createHmac('sha256', key).update(`${event['event_time']}${event['event_type']}`)
    return event['event_hash'] === mac.digest('hex')
  }

  test('is to a delivery that the newest API key has signed, which no API shows again', async () => {
    const hook = await subscribe('answers', () => ({ body: 'Hello API Event Received' }))
    const { id, key } = hook.tenant
    const next = await rig.want(201, { method: 'POST', path: '/v1/keys', body: { tenants: [id] } })
    await hook.deliver()
    await rig.want(204, { method: 'DELETE', path: `/v1/keys/${next.id}` })
    await hook.deliver()
    await rig.want(204, { method: 'DELETE', path: `/v1/keys/${hook.tenant.keyId}` })
    await hook.deliver()
    const [second, first, none] = hook.arrivals()
    assert.ok(await isSignedWith(second, next.key))
    assert.ok(await isSignedWith(first, key))
    assert.match(none?.body.toString() ?? '', /"event_hash":null/)
    for (const path of [`/v1/tenants/${id}/secrets`, `/v1/tenants/${id}/endpoints/${hook.endpoint}`, '/v1/keys']) {
      assert.ok(!JSON.stringify(await rig.want(200, { path })).includes(key))
    }
  })

  test('is a success, a retry or an end by its status', async () => {
    const statuses = { 301: 'delivered', 204: 'delivered', 304: 'failed', 404: 'failed', 504: 'failed', 410: 'failed' }
    for (const [status, fate] of Object.entries(statuses)) {
      const hook = await subscribe('statuses', () => ({ status: Number(status) }))
      const delivered = await hook.deliver()
      assert.equal(delivered.status, fate, status)
      assert.deepEqual(outcomes(delivered), [[fate === 'delivered' ? 'delivered' : 'rejected', Number(status)]])
      const shown = await rig.want(200, { path: `/v1/tenants/${hook.tenant.id}/endpoints/${hook.endpoint}` })
      assert.equal(shown['enabled'], status !== '410', status)
    }
  })

  test('is retried by the waits of its event type and status', async () => {
    for (const [type, count] of Object.entries({ 'order.paid': 4, 'order.lost': 2 })) {
      const hook = await subscribe('statuses', () => ({ status: 502 }))
      const { reason } = await hook.deliver(type)
      assert.deepEqual([type, reason, hook.arrivals().length], [type, 'retries exhausted', count])
    }
    const hook = await subscribe('statuses', () => ({ status: 409 }))
    await hook.deliver('order.lost')
    assert.equal(hook.arrivals().length, 4, 'the waits of 5xx are not those of 409')
  })

  test('asks to wait with Retry-After only with the statuses that the dialect names', async () => {
    for (const [status, waits] of [
      [409, true],
      [429, false],
    ] as const) {
      const hook = await subscribe('statuses', (nth) =>
        nth === 1 ? { status, headers: { 'retry-after': '2' } } : { status: 200 },
      )
      await hook.deliver()
      const [first, second] = hook.arrivals().map(({ receivedAt }) => receivedAt)
      const waited = Number(second) - Number(first)
      assert.ok(waits ? waited >= 1900 : waited < 1900, `${status}: ${waited} ms`)
    }
  })
})

suite('a request', () => {
  test('may be a PUT with XML, or a GET without a body', async () => {
    const put = await subscribe('statuses')
    const { id } = await put.deliver('order.paid', { total: 1, items: ['a', 'b'] })
    const [arrived] = put.arrivals()
    assert.deepEqual([arrived?.method, arrived?.headers['content-type']], ['PUT', 'application/xml'])
    const sent =
      '<?xml version="1.0" encoding="UTF-8"?>\n' +
      '<order><type>order.paid</type><total>1</total><items>a</items><items>b</items></order>\n'
    assert.equal(arrived?.body.toString(), sent)
    assert.equal(arrived?.headers['x-endpoint'], put.endpoint)
    const path = `/statuses/hooks/${put.endpoint}/deliveries/${id}`
    const answer = await fetch(rig.server.url + path, { headers: { authorization: `Bearer ${put.tenant.key}` } })
    assert.deepEqual(
      await answer.json(),
      { number: 1, method: 'PUT', body: sent, response: '' },
      'the history shows it as a text',
    )

    const get = await subscribe('statuses', () => ({}), '-empty')
    await get.deliver()
    const [empty] = get.arrivals()
    assert.deepEqual([empty?.method, empty?.body.length], ['GET', 0])
    assert.equal(empty?.headers['content-type'], undefined)
    assert.equal(empty?.headers['content-length'], undefined)
  })

  test('may have a token as its body, and the signatures of two schemes', async () => {
    const hook = await subscribe('key-pairs')
    await hook.deliver()
    const [arrived] = hook.arrivals()
    assert.ok(arrived !== undefined)
    const pem = await (await fetch(`${rig.server.url}/v1/dialects/key-pairs/public-key`, operator())).text()
    const key = createPublicKey(pem)
    assert.equal(arrived.headers['content-type'], 'application/jwt')
    const { payload, protectedHeader } = await jwtVerify(arrived.body.toString(), key)
    assert.deepEqual([payload['type'], payload['data']], ['order.paid', { n: 1 }])
    assert.equal(protectedHeader.kid, await calculateJwkThumbprint(await exportJWK(key)))
    assert.equal(arrived.headers['x-key-id'], protectedHeader.kid)
    const header = (name: string): string => String(arrived.headers[name])
    const signed = `${header('webhook-id')}.${header('webhook-timestamp')}.${arrived.body.toString()}`
    const secret = Buffer.from(hook.secret.replace('whsec_', ''), 'base64')
    const [symmetric, asymmetric = ''] = header('webhook-signature').split(' ')
    assert.equal(symmetric, `v1,${createHmac('sha256', secret).update(signed).digest('base64')}`)
    assert.ok(asymmetric.startsWith('v1a,'))
    assert.ok(verify(null, Buffer.from(signed), key, Buffer.from(asymmetric.slice(4), 'base64')))
    assert.equal(arrived.headers['x-signature-sha1'], createHmac('sha1', secret).update(arrived.body).digest('hex'))
  })
})

suite('the key pairs of a dialect', () => {
  test('are rotated by the operator, and receivers find the key of every delivery in the key set', async () => {
    const path = '/v1/dialects/key-pairs/signing-keys'
    const before = (await rig.want(200, { path })).data
    assert.deepEqual(
      before.map(({ signs, algorithm, publishedUntil }) => [signs, algorithm, publishedUntil]),
      [[true, 'EdDSA', null]],
    )
    const hook = await subscribe('key-pairs')
    await hook.deliver()
    const body = { leadSeconds: 0, overlapSeconds: 60 }
    const { data } = await rig.want(201, { method: 'POST', path, body })
    assert.deepEqual(
      data.map(({ signs }) => signs),
      [true, false],
    )
    assert.equal(data[1]?.id, before[0]?.id)
    await hook.deliver()
    const jwks = createRemoteJWKSet(new URL('/key-pairs/jwks.json', rig.server.url))
    const kids = []
    for (const { body: token } of hook.arrivals()) {
      kids.push((await jwtVerify(token.toString(), jwks)).protectedHeader.kid)
    }
    assert.deepEqual(kids, [before[0]?.id, data[0]?.id])

    const shown = (await (await fetch(`${rig.server.url}/key-pairs/public-key`)).json()) as { public_key: string }
    assert.equal(shown.public_key, data[0]?.publicKey)
    assert.equal((await fetch(`${rig.server.url}/key-pairs/own-key`)).status, 401)
    const own = await fetch(`${rig.server.url}/key-pairs/own-key`, {
      headers: { authorization: `Bearer ${hook.tenant.key}` },
    })
    assert.equal(await own.text(), shown.public_key)
  })

  test('are refused to dialects without them, and out of bounds', async () => {
    await rig.want(404, { method: 'POST', path: '/v1/dialects/none/signing-keys', body: {} })
    const path = '/v1/dialects/attempts/signing-keys'
    assert.deepEqual((await rig.want(200, { path })).data, [])
    assert.equal((await rig.want(409, { method: 'POST', path, body: {} })).code, 'no_key_to_rotate')
    const other = '/v1/dialects/key-pairs/signing-keys'
    await rig.want(400, { method: 'POST', path: other, body: { overlapSeconds: -1 } })
    await rig.want(400, { method: 'POST', path: other, body: { leadSeconds: 10_000_000 } })
  })
})

suite("a tenant's secret", () => {
  interface Signed {
    readonly signature: { readonly timestamp: string; readonly token: string; readonly signature: string }
  }

  const signaturesOf = ({ body }: ReceivedRequest, secrets: readonly string[]): void => {
    const { signature } = JSON.parse(body.toString()) as Signed
    const expected = secrets.map((secret) =>
      createHmac('sha256', secret)
        .update(signature.timestamp + signature.token)
        .digest('hex'),
    )
    assert.equal(signature.signature, expected.join())
  }

  async function asCustomer(tenant: TestTenant, method: 'GET' | 'POST'): Promise<string> {
    const answer = await fetch(`${rig.server.url}/tenant-secrets/signing-key`, {
      method,
      headers: { authorization: `Bearer ${tenant.key}` },
    })
    assert.equal(answer.status, 200)
    return ((await answer.json()) as { http_signing_key: string }).http_signing_key
  }

  test('signs for all its endpoints, is shown, and signs beside the next one for a while', async () => {
    const hook = await subscribe('tenant-secrets')
    const { tenant } = hook
    await hook.deliver()
    const secret = await asCustomer(tenant, 'GET')
    assert.match(secret, /^key-[0-9a-f]{32}$/)
    const [first] = hook.arrivals()
    assert.ok(first !== undefined)
    signaturesOf(first, [secret])
    assert.equal(first.headers['x-token'], secret)
    assert.equal(first.headers['authorization'], `Basic ${Buffer.from(`acme:${secret}`).toString('base64')}`)

    const path = `/v1/tenants/${tenant.id}/rotate-secret`
    const { data } = await rig.want(200, { method: 'POST', path, body: { overlapSeconds: 600 } })
    assert.deepEqual(
      data.map(({ value, expiresAt }) => [value === secret, expiresAt === null]),
      [
        [false, true],
        [true, false],
      ],
    )
    const shown = await rig.want(200, { path: `/v1/tenants/${tenant.id}/secrets` })
    assert.deepEqual(shown.data, data)
    await hook.deliver()
    const next = String(data[0]?.['value'])
    signaturesOf(hook.arrivals()[1] ?? assert.fail(), [next, secret])

    const newest = await asCustomer(tenant, 'POST')
    await hook.deliver()
    signaturesOf(hook.arrivals()[2] ?? assert.fail(), [newest, next, secret])
    await rig.want(200, { method: 'POST', path, body: { overlapSeconds: 0 } })
    await hook.deliver()
    signaturesOf(hook.arrivals()[3] ?? assert.fail(), [await asCustomer(tenant, 'GET')])
  })

  test('belongs to one tenant, and other dialects have none', async () => {
    const [one, other] = [await rig.tenant('tenant-secrets'), await rig.tenant('tenant-secrets')]
    assert.notEqual(await asCustomer(one, 'GET'), await asCustomer(other, 'GET'))
    const plain = await rig.tenant('attempts')
    assert.deepEqual((await rig.want(200, { path: `/v1/tenants/${plain.id}/secrets` })).data, [])
    const refused = { method: 'POST', path: `/v1/tenants/${plain.id}/rotate-secret`, body: {} } as const
    assert.equal((await rig.want(409, refused)).code, 'no_secret_to_rotate')
    const absent = await rig.want(404, { path: '/v1/tenants/nobody/secrets' })
    assert.equal(absent.code, 'not_found')
    const bounded = {
      method: 'POST',
      path: `/v1/tenants/${one.id}/rotate-secret`,
      body: { overlapSeconds: -1 },
    } as const
    await rig.want(400, bounded)
  })

  test('is not shown to operator keys that only read', async () => {
    const { key } = await rig.want(201, {
      method: 'POST',
      path: '/v1/operator-keys',
      body: { name: 'r', role: 'read' },
    })
    const tenant = await rig.tenant('tenant-secrets')
    await rig.want(403, { path: `/v1/tenants/${tenant.id}/secrets`, key })
    await rig.want(403, { method: 'POST', path: `/v1/tenants/${tenant.id}/rotate-secret`, key, body: {} })
  })
})

function operator(): RequestInit {
  return { headers: { authorization: `Bearer ${rig.installation.operatorKey}` } }
}
