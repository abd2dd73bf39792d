// Every way out of the process is tried with names that resolve to internal addresses: a canary on loopback must see no
// connection. The control is the same server with loopback allowed: there the canary sees every connection. 127.0.0.2
// stands for the public internet: it is the only address that the first server may reach.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createServer, type RequestListener, type Server } from 'node:http'
import { after, before, suite, test } from 'node:test'
import { promisify } from 'node:util'
import { type ApiRig, fresh, startApiRig, until } from './support/api-rig.ts'
import { resolving } from './support/names.ts'

const inside = '127.0.0.1'
const outside = '127.0.0.2'
const type = 'invoice.paid'
const names = {
  'inside.test': [[inside]],
  'mixed.test': [[outside, inside]],
  'mapped.test': [[`::ffff:${inside}`]],
  // Each connection of the tests below gets the next answer.
  'rebinding.test': [[outside], [inside]],
}

let connections = 0
// Each request uses its own connection. A delivery is answered with an error that is retried, the key set is empty.
const canary = createServer((request, response) => {
  const isKeySet = request.url === '/keys'
  response.writeHead(isKeySet ? 200 : 500, { connection: 'close' })
  request.resume().on('end', () => response.end(isKeySet ? '{"keys":[]}' : ''))
})
canary.on('connection', () => connections++)
const { port } = await listening(canary, inside, 0)

/** The server on the outside address: redirects to the canary where the path asks for it. */
const answerOutside: RequestListener = (request, response) => {
  const redirected = request.url?.startsWith('/redirect') === true
  response.writeHead(redirected ? 307 : 500, { connection: 'close', location: `http://${inside}:${port}/` })
  request.resume().on('end', () => response.end())
}
const hasOutside = await listening(createServer(answerOutside), outside, port).then(
  () => true,
  () => false,
)
const skip = hasOutside ? false : `${outside} is not an address of this machine`

async function listening(server: Server, host: string, wanted: number): Promise<{ port: number }> {
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(wanted, host, resolve))
  after(() => {
    server.closeAllConnections()
    server.close()
  })
  return server.address() as { port: number }
}

const throughProxy = {
  NODE_USE_ENV_PROXY: '1',
  ...Object.fromEntries(
    ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'http_proxy', 'https_proxy', 'all_proxy'].map((name) => [
      name,
      `http://${inside}:${port}`,
    ]),
  ),
}

function startRig(allowNetworks: string, env: Readonly<Record<string, string>> = {}): Promise<ApiRig> {
  return startApiRig({
    ...resolving(names),
    POSTHORN_ALLOW_NETWORKS: allowNetworks,
    POSTHORN_JWKS_URL: `http://inside.test:${port}/keys`,
    POSTHORN_JWT_AUDIENCE: 'posthorn',
    // The canary would count a scheduled retry that happens during a later test.
    POSTHORN_RETRY_SCALE: '1000',
    ...env,
  })
}

interface Way {
  readonly name: string
  /** Sends a request to the URL and waits for its outcome. */
  readonly send: (rig: ApiRig, url: string) => Promise<string | undefined>
}

const ways: readonly Way[] = [
  { name: 'an event', send: async (rig, url) => (await sendEvent(rig, url)).outcomes.at(-1) },
  {
    name: 'a manual retry',
    async send(rig, url) {
      const { delivery, outcomes } = await sendEvent(rig, url)
      await rig.want(202, { method: 'POST', path: `/v1/deliveries/${delivery}/retry` })
      return (await outcomesOf(rig, delivery, outcomes.length + 1)).at(-1)
    },
  },
  {
    name: 'a replay',
    async send(rig, url) {
      const { delivery, outcomes, endpoint } = await sendEvent(rig, url)
      const body = { since: '2020-01-01T00:00:00Z', status: 'pending' }
      await rig.want(202, { method: 'POST', path: `${endpoint}/replay`, body })
      return (await outcomesOf(rig, delivery, outcomes.length + 1)).at(-1)
    },
  },
  {
    name: 'a test of an endpoint',
    async send(rig, url) {
      const endpoint = await endpointAt(rig, url)
      const { delivery } = await rig.want(202, { method: 'POST', path: `${endpoint}/test` })
      return (await outcomesOf(rig, String(delivery), 1)).at(-1)
    },
  },
  {
    name: "a test in a vendor's API",
    async send(rig, url) {
      const { tenant: company, key } = await customerOf(rig, 'storno')
      const headers = { authorization: `Bearer ${key}`, 'x-company': company, 'content-type': 'application/json' }
      const post = (path: string, body: object): Promise<Response> =>
        fetch(`${rig.server.url}/api/v1/webhooks${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
      const created = (await (await post('', { url, events: ['invoice.paid'] })).json()) as { uuid: string }
      assert.equal((await post(`/${created.uuid}/test`, {})).status, 200)
      const { data } = await rig.want(200, { path: `/v1/deliveries?tenant=${company}` })
      return (await outcomesOf(rig, String(data[0]?.id), 1)).at(-1)
    },
  },
  {
    name: 'a try-out of an endpoint that is not stored',
    async send(rig, url) {
      const { key } = await customerOf(rig, 'partoo')
      const response = await fetch(`${rig.server.url}/v2/webhooks/tryout`, {
        method: 'POST',
        headers: { 'x-apikey': key, 'content-type': 'application/json' },
        body: JSON.stringify({ items: [{ url, event_type: 'lead_received' }] }),
      })
      const { items } = (await response.json()) as { items: { status_code: number | null }[] }
      // The response does not say why there was no answer.
      return items[0]?.status_code === null ? 'blocked' : 'answered'
    },
  },
  {
    name: 'the key set of tokens',
    async send(rig) {
      const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
      const token = `${part({ alg: 'RS256', kid: 'k' })}.${part({ sub: 'x' })}.c2lnbmF0dXJl`
      const headers = { authorization: `Bearer ${token}`, 'x-company': '00000000-0000-4000-8000-000000000000' }
      const { status } = await fetch(`${rig.server.url}/api/v1/webhooks`, { headers })
      return status === 503 ? 'blocked' : String(status)
    },
  },
]

/** A customer of a vendor whose tenant ids have the vendor's form. */
async function customerOf(rig: ApiRig, dialect: string): Promise<{ tenant: string; key: string }> {
  const { id: tenant } = await rig.want(201, { method: 'POST', path: '/v1/tenants', body: { dialect } })
  const { key } = await rig.want(201, { method: 'POST', path: '/v1/keys', body: { tenants: [tenant] } })
  return { tenant, key }
}

async function endpointAt(rig: ApiRig, url: string): Promise<string> {
  const tenant = await rig.tenant('standard')
  const { id } = await rig.endpoint(tenant, { url, eventTypes: [type] })
  return `/v1/tenants/${tenant.id}/endpoints/${id}`
}

async function sendEvent(rig: ApiRig, url: string) {
  const endpoint = await endpointAt(rig, url)
  const tenant = endpoint.split('/')[3]
  const body = { tenant, type, data: {}, id: fresh('event') }
  await rig.want(202, { method: 'POST', path: '/v1/events', body })
  const { data } = await rig.want(200, { path: `/v1/deliveries?tenant=${tenant}` })
  const delivery = String(data[0]?.id)
  return { endpoint, delivery, outcomes: await outcomesOf(rig, delivery, 1) }
}

async function outcomesOf(rig: ApiRig, delivery: string, count: number): Promise<string[]> {
  let outcomes: string[] = []
  const enough = async (): Promise<boolean> => {
    const { history } = await rig.want(200, { path: `/v1/deliveries/${delivery}` })
    outcomes = history.map(({ outcome }) => String(outcome))
    return outcomes.length >= count
  }
  await until(enough, `${count} attempts of ${delivery}`)
  return outcomes
}

suite('no connection to an internal address by:', { skip }, () => {
  let guarded: ApiRig
  let opened: ApiRig
  before(async () => {
    guarded = await startRig(`${outside}/32`)
    opened = await startRig('127.0.0.0/8')
  })
  after(() => Promise.all([guarded.close(), opened.close()]))

  for (const { name, send } of ways) {
    // The URL of the key set is a setting, so it has one host only.
    const hosts = name === 'the key set of tokens' ? ['inside.test'] : ['inside.test', 'mixed.test', 'mapped.test']
    for (const host of hosts) {
      test(`${name} to ${host}`, async () => {
        const url = `http://${host}:${port}/hook`
        const seen = connections
        const outcome = await send(guarded, url)
        // The refused address of a name is left out, and the other one is reached.
        if (host === 'mixed.test') assert.notEqual(outcome, 'blocked')
        else assert.equal(outcome, 'blocked')
        assert.equal(connections, seen, 'the canary saw a connection')
      })
    }
    test(`control: ${name} reaches the canary when loopback is allowed`, async () => {
      const seen = connections
      assert.notEqual(await send(opened, `http://inside.test:${port}/${fresh('control')}`), 'blocked')
      assert.ok(connections > seen, 'the canary saw nothing')
    })
  }

  test('a retry to a name that resolved to a public address before', async () => {
    const retry = ways.find(({ name }) => name === 'a manual retry')
    const seen = connections
    assert.equal(await retry?.send(guarded, `http://rebinding.test:${port}/hook`), 'blocked')
    assert.equal(connections, seen)
    assert.equal(await retry?.send(opened, `http://rebinding.test:${port}/hook`), 'rejected')
    assert.ok(connections > seen)
  })

  test('and customers cannot tell an internal name from one that does not exist, but operators can', async () => {
    const tenant = await guarded.tenant('standard')
    const seen: { customer: string; operator: string }[] = []
    for (const host of ['inside.test', 'absent.test']) {
      await guarded.endpoint(tenant, { url: `http://${host}:${port}/hook`, eventTypes: [host] })
      await guarded.event(tenant, { type: host })
      const { data } = await guarded.want(200, { path: `/v1/deliveries?tenant=${tenant.id}&limit=1` })
      const path = `/v1/deliveries/${String(data[0]?.id)}`
      await outcomesOf(guarded, String(data[0]?.id), 1)
      const [customer, operator] = await Promise.all(
        [{ path, key: tenant.key }, { path }].map(async (request) => {
          const [attempt] = (await guarded.want(200, request)).history
          return JSON.stringify({ ...attempt, startedAt: null, durationMs: null })
        }),
      )
      seen.push({ customer: customer ?? '', operator: operator ?? '' })
    }
    assert.match(seen[0]?.operator ?? '', /"blocked".*not a public address/)
    assert.match(seen[1]?.operator ?? '', /"unreachable".*name not found/)
    assert.equal(seen[0]?.customer, seen[1]?.customer)
    assert.match(seen[0]?.customer ?? '', /"unreachable".*the host has no public address/)
    const count = async (outcome: string, key?: string): Promise<number> => {
      const path = `/v1/deliveries?tenant=${tenant.id}&outcome=${outcome}`
      const { data } = await guarded.want(200, { path, ...(key !== undefined && { key }) })
      assert.ok(key === undefined || !JSON.stringify(data).includes('blocked'))
      return data.length
    }
    assert.deepEqual([await count('blocked'), await count('unreachable')], [1, 1])
    assert.deepEqual([await count('blocked', tenant.key), await count('unreachable', tenant.key)], [0, 2])
  })

  test('a redirect', async () => {
    const url = `http://${outside}:${port}/redirect`
    const seen = connections
    for (const { name, send } of ways.slice(0, -1)) {
      assert.notEqual(await send(guarded, url), 'blocked', name)
      assert.equal(connections, seen, name)
    }
    await fetch(url, { method: 'POST' })
    assert.ok(connections > seen, 'control: a client that follows the redirect did not reach the canary')
  })

  test('a proxy that the environment names', async (t) => {
    const rig = await startRig(`${outside}/32`, throughProxy)
    t.after(() => rig.close())
    const seen = connections
    const url = `http://${outside}:${port}/hook`
    assert.equal(await ways[0]?.send(rig, url), 'rejected')
    assert.equal(connections, seen)
    await promisify(execFile)(process.execPath, ['-e', `fetch('${url}')`], { env: throughProxy })
    assert.ok(connections > seen, 'control: a client that uses the proxy did not reach the canary')
  })

  test('an event to the metadata address of a cloud, even if every network is allowed', async (t) => {
    const rig = await startRig('0.0.0.0/0,::/0', resolving({ 'metadata.test': [['169.254.169.254']] }))
    t.after(() => rig.close())
    assert.equal(await ways[0]?.send(rig, 'http://metadata.test/latest/meta-data/'), 'blocked')
  })
})
