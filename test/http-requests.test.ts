// Requests that HTTP allows and no route takes: any method, no or several Host headers, and unknown expectations. The API that
// was called answers in its own form.

import assert from 'node:assert/strict'
import { METHODS, request } from 'node:http'
import { after, before, test } from 'node:test'
import { WireClient, type WireAnswer } from './fuzz/wire-client.ts'
import { createInstallation, type Installation, type ServerProcess, startServer } from './support/server-process.ts'

let installation: Installation
let server: ServerProcess
let client: WireClient

before(async () => {
  installation = await createInstallation()
  server = await startServer(installation, { POSTHORN_LOG_LEVEL: 'error' })
  client = new WireClient(server.port)
})
after(async () => {
  client.close()
  await server.stop()
  await installation.remove()
})

/** The paths, and the methods that each of them takes. */
const paths: Readonly<Record<string, readonly string[]>> = {
  '/v1/tenants': ['GET', 'POST'],
  '/v1/keys/key_1': ['DELETE'],
  '/v2/api/webhooks': ['GET', 'POST'],
  '/api/webhooks/1': ['GET', 'PUT', 'PATCH', 'DELETE'],
  '/api/v1/webhooks': ['GET', 'POST'],
  '/healthz': ['GET', 'HEAD'],
  '/readyz': ['GET', 'HEAD'],
  '/metrics': ['GET', 'HEAD'],
  '/docs': ['GET'],
  '/docs/': ['GET'],
  '/openapi.json': ['GET'],
  '/openapi/allo.json': ['GET'],
}
// Node itself ends the connection of a CONNECT request.
const others = METHODS.filter((method) => method !== 'CONNECT')

async function ask(method: string, path: string, hosts = ['a.test'], body = '', expect = ''): Promise<WireAnswer> {
  const own = [`Content-Length: ${body.length}`, ...(expect === '' ? [] : [`Expect: ${expect}`])]
  const fields = [...hosts.map((host) => `Host: ${host}`), ...own]
  const bytes = Buffer.from(`${method} ${path} HTTP/1.1\r\n${fields.join('\r\n')}\r\n\r\n${body}`)
  const answer = await client.send(bytes, { head: method === 'HEAD', alone: hosts.length !== 1 })
  assert.ok(typeof answer === 'object', `${method} ${path}: ${answer as string}`)
  assert.equal(answer.headers.get('cache-control'), 'no-store')
  assert.equal(answer.headers.get('x-content-type-options'), 'nosniff')
  return answer
}

test('a method that a path does not take is answered 405 with Allow, and costs no line in the log', async () => {
  for (const [path, allowed] of Object.entries(paths)) {
    for (const method of others.filter((one) => !allowed.includes(one))) {
      const { status, headers, text } = await ask(method, path, undefined, method === 'HEAD' ? '' : 'x')
      const allow = headers.get('allow')?.split(', ').toSorted()
      assert.deepEqual([status, allow], [405, allowed.toSorted()], `${method} ${path}: ${text}`)
    }
  }
  for (const [path, are] of [
    ['/v1/tenants', 'POST and GET are'],
    ['/v1/tenants/acme', 'GET, PATCH and DELETE are'],
    ['/v1/status', 'GET is'],
  ] as const) {
    const { text } = await ask('QUERY', path)
    assert.ok(text.includes(`"detail":"QUERY is not allowed here; ${are}."`), text)
  }
  assert.equal(server.output(), '')
})

test('any method on an unknown path is answered 404', async () => {
  for (const path of ['/nothing', '/v1/nothing', '/api/webhooks/1/2']) {
    for (const method of others) assert.equal((await ask(method, path)).status, 404, `${method} ${path}`)
  }
  assert.equal(server.output(), '')
})

/** The answers to unreadable requests, by path. */
const formsOf = (status: number, code: string): Readonly<Record<string, RegExp>> => ({
  '/v1/tenants': new RegExp(`"code":"${code}"`),
  '/v2/api/webhooks': /"type":"validation_error"/,
  '/api/webhooks': /^\{"detail":"/,
  '/api/v1/webhooks': new RegExp(`"code":${status}`),
  '/nothing': new RegExp(`"code":"${code}"`),
})

test('several Host headers, and none, are answered 400, in the form of the API that was called', async () => {
  for (const [path, form] of Object.entries(formsOf(400, 'request_malformed'))) {
    for (const hosts of [['a.test', 'b.test'], ['a.test', 'a.test'], []]) {
      const { status, headers, text } = await ask('GET', path, hosts)
      assert.deepEqual([status, headers.get('connection')], [400, 'close'], text)
      assert.match(text, form)
    }
  }
})

test('an expectation that is not met is answered 417, in the form of the API that was called', async () => {
  for (const [path, form] of Object.entries(formsOf(417, 'expectation_failed'))) {
    const { status, text } = await ask('POST', path, undefined, '{}', 'nonsense')
    assert.equal(status, 417, text)
    assert.match(text, form)
  }
  assert.equal((await ask('GET', '/v1/tenants')).status, 401)
})

test('a caller that expects 100-continue gets it before it sends its body', async () => {
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>()
  const sent = request(`http://127.0.0.1:${server.port}/v1/tenants`, {
    method: 'POST',
    headers: {
      expect: '100-continue',
      authorization: `Bearer ${installation.operatorKey}`,
      'content-type': 'application/json',
    },
  })
  sent.on('continue', () => sent.end('{"dialect":"standard"}')).on('error', reject)
  sent.on('response', (response) => resolve(response.resume().statusCode))
  sent.flushHeaders()
  assert.equal(await promise, 201)
})
