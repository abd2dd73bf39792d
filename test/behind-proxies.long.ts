// Links in answers, and the addresses of callers, behind proxies that are trusted and behind those that are not.

import assert from 'node:assert/strict'
import { request } from 'node:http'
import { after, suite, test } from 'node:test'
import { createOperatorClient } from './support/operator-client.ts'
import { createInstallation, startServer } from './support/server-process.ts'

type Headers = Readonly<Record<string, string>>

/** A server, and the link to the next page that Ultravox's API shows to a request with these headers. */
async function serving(env: Headers): Promise<{ readonly own: string; next(headers: Headers): Promise<string> }> {
  const installation = await createInstallation()
  const server = await startServer(installation, env)
  after(async () => {
    await server.stop()
    await installation.remove()
  })
  const operator = createOperatorClient(server.url, installation.operatorKey)
  const { id } = await operator.createTenant({ dialect: 'ultravox' })
  const { key } = await operator.createKey({ tenants: [id] })
  for (const name of ['a', 'b']) {
    const body = { url: `http://127.0.0.1:9999/${name}`, events: ['call.started'] }
    assert.equal((await operator.callAs({ 'x-api-key': key }, 'POST', '/api/webhooks', body)).status, 201)
  }
  await operator.close()
  const next = async (headers: Headers): Promise<string> => {
    const options = { headers: { 'x-api-key': key, ...headers } }
    const body = await new Promise<string>((resolve, reject) => {
      const asked = request(`${server.url}/api/webhooks?pageSize=1`, options, (response) => {
        response.setEncoding('utf8')
        let text = ''
        response.on('data', (part: string) => (text += part))
        response.on('end', () => resolve(text))
      })
      asked.on('error', reject).end()
    })
    const [link = ''] = (JSON.parse(body) as { next: string }).next.split('/api/webhooks?')
    return link
  }
  return { own: server.url, next }
}

const forwarded: readonly { readonly says: string; readonly headers: Headers; readonly link: string | null }[] = [
  {
    says: 'X-Forwarded-*',
    headers: { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'hooks.example.com', 'x-forwarded-for': '192.0.2.1' },
    link: 'https://hooks.example.com',
  },
  {
    says: 'only the scheme, and passes Host on',
    headers: { host: 'hooks.example.com', 'x-forwarded-proto': 'https' },
    link: 'https://hooks.example.com',
  },
  {
    says: 'Forwarded',
    headers: {
      forwarded: 'for=192.0.2.1;proto=http;host=forged.test, for="192.0.2.2:1";proto=https;host="a.test:444"',
    },
    link: 'https://a.test:444',
  },
  {
    says: 'Forwarded with a hidden address',
    headers: { forwarded: 'for=_hidden;host=a.test;proto=https' },
    link: 'https://a.test',
  },
  {
    says: 'both, one of which its caller may have sent',
    headers: { forwarded: 'host=a.test', 'x-forwarded-for': '192.0.2.1' },
    link: null,
  },
  {
    says: 'a host that is none',
    headers: { 'x-forwarded-host': 'a.test/path?', 'x-forwarded-proto': 'https' },
    link: null,
  },
  { says: 'nothing', headers: { host: 'forged.test' }, link: null },
]

suite('a link', () => {
  test('has the public URL, of the dialect if it has one, and no header changes it', async () => {
    const fallback = await serving({ POSTHORN_PUBLIC_URL: 'https://hooks.example.com/' })
    const own = await serving({ POSTHORN_PUBLIC_URL: 'https://hooks.example.com,ultravox=https://api.example.com/v' })
    for (const { headers } of forwarded) {
      assert.equal(await fallback.next(headers), 'https://hooks.example.com')
      assert.equal(await own.next(headers), 'https://api.example.com/v')
    }
  })

  test('without it has what a trusted proxy says', async () => {
    const trusting = await serving({ POSTHORN_TRUSTED_PROXIES: '127.0.0.0/8' })
    for (const { says, headers, link } of forwarded) {
      assert.equal(await trusting.next(headers), link ?? trusting.own, says)
    }
  })

  test('never has a host that an unknown caller names', async () => {
    const server = await serving({ POSTHORN_TRUSTED_PROXIES: '192.0.2.0/24' })
    for (const { says, headers } of forwarded) assert.equal(await server.next(headers), server.own, says)
  })
})
