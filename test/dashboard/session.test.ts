// The dashboard over HTTP: its files, and the sessions of operators.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { after, suite, test } from 'node:test'
import { brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib'
import { startApiRig, until } from '../support/api-rig.ts'
import { createInstallation, startServer } from '../support/server-process.ts'
import { cookieIn, fromPage, pageCalls } from '../support/page-calls.ts'

const rig = await startApiRig()
after(() => rig.close())

const path = '/dashboard/session'

const ask = pageCalls(rig.server.url)
const signIn = (key: string, origin = 'http://localhost:4080') => ask('POST', path, { origin }, { key })

async function cookieOf(key: string): Promise<string> {
  const answer = await signIn(key)
  assert.equal(answer.status, 200)
  return cookieIn(answer)
}

suite('the sessions of the dashboard', () => {
  test('a session acts with the rights of its key, for the page alone', async () => {
    const cookie = await cookieOf(rig.installation.operatorKey)
    const local = { host: 'localhost:4080', cookie }
    const session = await ask('GET', path, { ...local, ...fromPage })
    assert.deepEqual(session.json()['key'], { id: 'settings', name: 'settings', role: 'admin' })
    assert.equal((await ask('GET', '/v1/tenants', { ...local, ...fromPage })).status, 200)

    const others: Record<string, string>[] = [
      {},
      { 'sec-fetch-site': 'same-origin' },
      { 'posthorn-page': '1' },
      { ...fromPage, 'sec-fetch-site': 'same-site' },
      { ...fromPage, 'sec-fetch-site': 'cross-site' },
      { ...fromPage, 'sec-fetch-site': 'none' },
      // A cookie without the prefix could come from another host of the domain.
      { ...fromPage, host: 'posthorn.example' },
      { ...fromPage, cookie: `${cookie}x` },
      { ...fromPage, cookie: cookie.replace(/=.*/, '=v2.a.b') },
    ]
    for (const headers of others) {
      for (const target of [path, '/v1/tenants']) {
        assert.equal((await ask('GET', target, { ...local, ...headers })).status, 401, JSON.stringify(headers))
      }
    }
  })

  test('the cookie has the attributes of its origin', async () => {
    const attributes = async (origin: string): Promise<string> => {
      const { headers } = await signIn(rig.installation.operatorKey, origin)
      return String(headers['set-cookie']).replace(/=[^;]*;/, '=…;')
    }
    const rest = 'Path=/; Max-Age=43200; HttpOnly; SameSite=Strict'
    assert.equal(await attributes('https://posthorn.example'), `__Host-posthorn-operator=…; ${rest}; Secure`)
    for (const origin of ['http://localhost:4080', 'http://127.0.0.1', 'http://[::1]:1']) {
      assert.equal(await attributes(origin), `posthorn-operator=…; ${rest}`)
    }
    for (const origin of ['http://posthorn.example', 'null', 'http://localhost.example', '']) {
      const refused = await signIn(rig.installation.operatorKey, origin)
      assert.equal(refused.status, 400)
      assert.equal(refused.headers['set-cookie'], undefined)
      assert.match(String(refused.json()['detail']), /over https, or from localhost/)
    }
  })

  test('a session ends with its key, and has its role', async () => {
    const { id, key } = await rig.want(201, {
      method: 'POST',
      path: '/v1/operator-keys',
      body: { name: 'A reader', role: 'read' },
    })
    const headers = { host: 'localhost', cookie: await cookieOf(key), ...fromPage }
    assert.deepEqual((await ask('GET', path, headers)).json()['key'], { id, name: 'A reader', role: 'read' })
    assert.equal((await ask('GET', '/v1/tenants', headers)).status, 200)
    assert.equal((await ask('POST', '/v1/tenants', headers, { dialect: 'standard' })).status, 403)
    await rig.want(204, { method: 'DELETE', path: `/v1/operator-keys/${id}` })
    assert.equal((await ask('GET', path, headers)).status, 401)
    assert.equal((await ask('GET', '/v1/tenants', headers)).status, 401)
  })

  test("a customer's key, a wrong key and no key do not sign in", async () => {
    const { key } = await rig.tenant('standard')
    for (const wrong of [key, 'pho_wrong', '']) {
      const refused = await signIn(wrong)
      assert.equal(refused.status, 401)
      assert.equal(refused.headers['set-cookie'], undefined)
    }
    assert.equal((await ask('POST', path, { origin: 'http://localhost' })).status, 401)
    assert.equal((await ask('POST', path, { origin: 'http://localhost' }, { key: { a: 1 } })).status, 401)
  })

  test('signing out removes the cookie', async () => {
    const { status, headers } = await ask('DELETE', path, { origin: 'http://localhost:4080' })
    assert.equal(status, 204)
    assert.match(String(headers['set-cookie']), /^posthorn-operator=; Path=\/; Max-Age=0;/)
  })
})

test('a session outlives a replaced master key until the former one is removed', async (t) => {
  const installation = await createInstallation()
  t.after(() => installation.remove())
  const { masterKey: former } = installation
  const next = randomBytes(32).toString('base64')
  let cookie = ''
  for (const [keys, status] of [
    [former, 200],
    [`${next},${former}`, 200],
    [next, 401],
  ] as const) {
    const server = await startServer(installation, { POSTHORN_MASTER_KEY: keys, POSTHORN_LOG_LEVEL: 'info' })
    t.after(() => server.kill('SIGKILL'))
    const call = pageCalls(server.url)
    if (cookie === '')
      cookie = cookieIn(
        await call('POST', path, { origin: 'http://localhost:4080' }, { key: installation.operatorKey }),
      )
    assert.equal((await call('GET', path, { host: 'localhost', cookie, ...fromPage })).status, status)
    if (keys.includes(','))
      await until(() => server.output().includes('sealed with the first master key'), 'it is replaced')
    await server.stop()
  }
})

suite('the files of the dashboard', () => {
  test('the page and every path below it answer the same document, with a policy', async () => {
    for (const target of ['/dashboard', '/dashboard/', '/dashboard/tenants/a.b', '/dashboard/index.html']) {
      const { status, headers, bytes } = await ask('GET', target)
      assert.equal(status, 200)
      assert.match(bytes.toString(), /<title>Posthorn<\/title>/)
      assert.equal(headers['content-type'], 'text/html; charset=utf-8')
      const policy = String(headers['content-security-policy'])
      for (const part of ["default-src 'none'", "script-src 'self';", "style-src 'self';", "frame-ancestors 'none'"]) {
        assert.ok(policy.includes(part), policy)
      }
      assert.match(policy, /require-trusted-types-for 'script'/)
    }
  })

  test('scripts are compressed as the browser asks, and are kept', async () => {
    const { bytes } = await ask('GET', '/dashboard')
    const script = /src="([^"]+\.js)"/.exec(bytes.toString())?.[1] ?? ''
    const plain = await ask('GET', script)
    assert.equal(plain.headers['content-type'], 'text/javascript; charset=utf-8')
    assert.equal(plain.headers['cache-control'], 'public, max-age=31536000, immutable')
    assert.equal(plain.headers['content-encoding'], undefined)
    for (const [accepted, coding, decode] of [
      ['gzip, deflate, br', 'br', brotliDecompressSync],
      ['gzip', 'gzip', gunzipSync],
      ['br;q=0, gzip', 'gzip', gunzipSync],
    ] as const) {
      const { headers, bytes: sent } = await ask('GET', script, { 'accept-encoding': accepted })
      assert.equal(headers['content-encoding'], coding)
      assert.equal(headers['vary'], 'accept-encoding')
      assert.ok(decode(sent).equals(plain.bytes))
    }
    assert.equal((await ask('GET', '/dashboard/assets/none.js')).status, 404)
    assert.equal((await ask('POST', '/dashboard')).status, 405)
  })

  for (const entry of ['dashboard', 'portal']) {
    test(`the scripts of the ${entry} take at most 250 kB, compressed`, () => {
      const dist = new URL('../../ui/dist/', import.meta.url).pathname
      const scripts = globSync(`${entry}/assets/*.js`, { cwd: dist })
      const bytes = scripts.map((name) => gzipSync(readFileSync(dist + name), { level: 9 }).length)
      const total = bytes.reduce((sum, size) => sum + size, 0)
      assert.ok(total > 50_000 && total <= 250_000, `${total} bytes`)
    })
  }
})
