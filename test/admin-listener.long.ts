// POSTHORN_ADMIN_PORT: the operator API, the documents and the metrics have a listener of their own, and no spelling of a
// path reaches them on the customers' listener.

import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { after, before, suite, test } from 'node:test'
import { documentedRoutes } from './fuzz/documents.ts'
import { profiles } from './profiles/profiles.ts'
import { WireClient, type WireAnswer } from './fuzz/wire-client.ts'
import { fromAnAddress } from './support/addresses.ts'
import { createOperatorClient, type OperatorClient } from './support/operator-client.ts'
import {
  createInstallation,
  freePort,
  type Installation,
  type ServerProcess,
  startServer,
} from './support/server-process.ts'
import { runFolder, serve } from './support/serve-run.ts'

/** Other spellings of a path. Routers, proxies and parsers read them in different ways. */
const spellings: Readonly<Record<string, (path: string) => string>> = {
  plain: (path) => path,
  encoded: (path) => path.replace(/[a-z0-9]/g, (letter) => `%${letter.charCodeAt(0).toString(16)}`),
  'with one letter encoded': (path) => path.replace('/v', '/%76'),
  'with a double slash': (path) => `/${path}`,
  'with double slashes inside': (path) => path.replaceAll('/', '//'),
  'with encoded slashes': (path) => `/${path.slice(1).replaceAll('/', '%2f')}`,
  'with dots': (path) => `/v2/..${path}`,
  'with a dot': (path) => `/.${path}`,
  'with a semicolon': (path) => `${path};a=b`,
  'with a fragment': (path) => `${path}#a`,
  'in capitals': (path) => path.toUpperCase(),
  'with a slash at its end': (path) => `${path}/`,
  'with backslashes': (path) => path.replaceAll('/', '\\'),
  'in absolute form': (path) => `http://127.0.0.1${path}`,
  'in absolute form of another host, encoded': (path) => `http://admin.test${path.replace('/v', '/%76')}`,
}

suite('a listener of its own for the operator', () => {
  let installation: Installation
  let server: ServerProcess
  let adminUrl: string
  let operator: OperatorClient
  let customers: WireClient

  before(async () => {
    installation = await createInstallation()
    const adminPort = await freePort()
    server = await startServer(installation, { POSTHORN_ADMIN_PORT: String(adminPort) })
    adminUrl = `http://127.0.0.1:${adminPort}`
    operator = createOperatorClient(adminUrl, installation.operatorKey)
    customers = new WireClient(server.port)
  })
  after(async () => {
    customers.close()
    await operator.close()
    await server.stop()
    await installation.remove()
  })

  async function ask(method: string, target: string, key: string, client = customers): Promise<WireAnswer> {
    const forwarded = fromAnAddress()['x-forwarded-for']
    const fields = [`authorization: Bearer ${key}`, `x-forwarded-for: ${forwarded}`, 'content-length: 0']
    const bytes = Buffer.from(`${method} ${target} HTTP/1.1\r\nhost: a.test\r\n${fields.join('\r\n')}\r\n\r\n`)
    const answer = await client.send(bytes, { head: method === 'HEAD' })
    assert.ok(typeof answer === 'object', `${method} ${target}: ${answer as string}`)
    return answer
  }

  test('customers reach no route of the operator, however its path is written', async () => {
    const { id } = await operator.createTenant({ dialect: 'standard' })
    const { key } = await operator.createKey({ tenants: [id] })
    const routes = (await documentedRoutes(adminUrl)).filter(({ front }) => front === 'operator')
    const paths = routes.map(({ method, path }) => ({ method, path: path.replaceAll(/\{\w+\}/g, id) }))
    const pages = ['/metrics', '/docs', '/docs/', '/openapi.json', '/openapi/standard.json', '/openapi/allo.json']
    const all = [...paths, ...pages.map((path) => ({ method: 'GET', path }))]
    assert.ok(all.length > 30)
    for (const { method, path } of all) {
      for (const [name, spelled] of Object.entries(spellings)) {
        const { status, text } = await ask(method, spelled(path), installation.operatorKey)
        // 401: the operator key is no key of a customer. A route of customers takes only those.
        assert.ok([400, 401, 404, 405].includes(status), `${method} ${path} ${name}: ${status} ${text}`)
        const asCustomer = await ask('GET', spelled(path), key)
        const isOfCustomers = /^\/v1\/(?:tenants\/[^/]+\/endpoints|deliveries)\b/.test(path)
        assert.ok(asCustomer.status >= 400 || isOfCustomers, `${path} ${name}: ${asCustomer.status}`)
      }
    }
    assert.equal((await operator.call('GET', `/v1/tenants/${id}`)).status, 200)
  })

  test('an operator key of any role is an unknown key for customers, on their own routes too', async () => {
    for (const role of ['admin', 'read', 'publish']) {
      const created = await operator.call('POST', '/v1/operator-keys', { name: 'k', role })
      const { key } = created.body as { key: string }
      const { status, text } = await ask('GET', '/v1/deliveries', key)
      assert.equal(status, 401, `${role}: ${text}`)
      assert.match(text, /"detail":"The key is not known."/)
    }
  })

  test('the operator reaches a route in each spelling that the router decodes', async () => {
    const reached = []
    const admin = new WireClient(Number(new URL(adminUrl).port))
    for (const [name, spelled] of Object.entries(spellings)) {
      const { status } = await ask('GET', spelled('/v1/dialects'), installation.operatorKey, admin)
      if (status === 200) reached.push(name)
    }
    admin.close()
    const absolute = ['in absolute form', 'in absolute form of another host, encoded']
    assert.deepEqual(reached, ['plain', 'encoded', 'with one letter encoded', 'with a fragment', ...absolute])
  })

  test('customers of every dialect use the APIs of their own, and of /v1 only theirs', async () => {
    for (const { dialect, api } of profiles) {
      const { id } = await operator.createTenant({ dialect: dialect.name })
      const { key } = await operator.createKey({ tenants: [id] })
      const headers = { ...api.credentials({ tenant: id, key }), ...fromAnAddress() }
      const { path } = api.operations.list.request({ tenant: id, key })
      assert.equal((await fetch(`${server.url}${path}`, { headers })).status, 200, dialect.name)
    }
  })

  test('health is on both listeners, and everything else of the operator on its own', async () => {
    for (const url of [server.url, adminUrl]) {
      for (const path of ['/healthz', '/readyz']) assert.equal((await fetch(`${url}${path}`)).status, 200)
    }
    for (const path of ['/metrics', '/docs/', '/openapi.json', '/openapi/storno.json']) {
      assert.equal((await fetch(`${adminUrl}${path}`)).status, 200, path)
      assert.equal((await fetch(`${server.url}${path}`)).status, 404, path)
    }
  })

  test('an unknown path of a vendor is answered in its form, however it is written', async () => {
    for (const target of ['/v2/api/x', '/%76%32/api/x', 'http://127.0.0.1/v2/api/x', '/v2/api/x#y']) {
      const { status, text } = await ask('GET', target, 'x')
      assert.equal(status, 404, target)
      assert.match(text, /"code":"ENDPOINT_NOT_FOUND"/, target)
    }
  })
})

test('a start whose listeners would have one address is refused with one line, and writes nothing', async (t) => {
  const folder = await runFolder(t)
  const port = String(await freePort())
  const run = serve(t, folder, { POSTHORN_PORT: port, POSTHORN_ADMIN_PORT: port })
  assert.equal(await run.exited(), 1)
  assert.match(
    run.stderr(),
    /^posthorn: cannot listen on POSTHORN_ADMIN_HOST 127\.0\.0\.1, POSTHORN_ADMIN_PORT \d+: the port is in use; choose another with --admin-port\n$/,
  )
  assert.deepEqual(await readdir(folder), [])
})
