// The client against a real service, also through a proxy that loses answers.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, suite, test, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { type Document, generated } from '../../packages/client/generate.ts'
import { createClient, PosthornError } from '../../packages/client/src/index.ts'
import { eventType, shareApiRig } from '../support/api-rig.ts'
import { newcomerEnv, projectFolder, snippets } from '../support/documented.ts'

const rig = await shareApiRig()
after(() => rig.close())
const { url } = rig
const key = rig.operatorKey
const posthorn = createClient({ url, key })

const failing = (code: string) => (error: unknown) => error instanceof PosthornError && error.code === code

test('the types are those of the OpenAPI document', async () => {
  const document = (await (await fetch(`${url}/openapi.json`)).json()) as Document
  const text = readFileSync(new URL('../../packages/client/src/generated.ts', import.meta.url), 'utf8')
  assert.equal(text, generated(document), 'run: node packages/client/generate.ts')
})

test('the program of packages/client/README.md runs', async (t) => {
  const { id: tenant } = await rig.tenant('standard')
  const [program = '', ...more] = snippets('packages/client/README.md')
  assert.deepEqual(more, [])
  assert.match(program, /localhost:4080/)
  const folder = await projectFolder(t)
  const own = program.replace('http://localhost:4080', url).replaceAll("'acme'", `'${tenant}'`)
  writeFileSync(join(folder, 'program.ts'), own)
  const env = { ...newcomerEnv, POSTHORN_KEY: key }
  await promisify(execFile)(process.execPath, ['program.ts'], { cwd: folder, env })
  const { data } = await posthorn.request('GET', '/v1/events', { query: { tenant } })
  assert.deepEqual(
    data.map(({ type }) => type),
    ['invoice.paid'],
  )
  const endpoints = await posthorn.request('GET', '/v1/tenants/{tenant}/endpoints', { params: { tenant } })
  assert.deepEqual(endpoints.data[0]?.eventTypes, ['invoice.*'])
})

test('an id that would change the path of a call is refused', async () => {
  for (const tenant of ['', '.', '..']) {
    await assert.rejects(
      posthorn.request('GET', '/v1/tenants/{tenant}', { params: { tenant } }),
      failing('invalid_parameter'),
    )
  }
})

test('a tenant, an endpoint and an event, and what became of it', async () => {
  const { id: tenant } = await posthorn.request('POST', '/v1/tenants', { body: { dialect: 'standard', name: 'a/b' } })
  const body = { url: `${rig.receiver.url}/client`, eventTypes: [eventType] }
  const endpoint = await posthorn.request('POST', '/v1/tenants/{tenant}/endpoints', { params: { tenant }, body })
  const event = await posthorn.publish({ tenant, type: eventType, data: { n: 1 } })
  assert.equal(event.deliveries, 1)
  await rig.received('/client', 1)
  const found = await posthorn.request('GET', '/v1/events/{event}', { params: { event: event.id } })
  assert.deepEqual(
    found.deliveries.map((one) => one.endpoint),
    [endpoint.id],
  )
  const results = await posthorn.publishBatch([
    { tenant, type: eventType, data: {} },
    { tenant: 'nobody', type: eventType, data: {} },
  ])
  assert.deepEqual(
    results.map((result) => ('error' in result ? result.error.code : result.deliveries)),
    [1, 'invalid'],
  )
  const params = { tenant, endpoint: endpoint.id }
  assert.equal(await posthorn.request('DELETE', '/v1/tenants/{tenant}/endpoints/{endpoint}', { params }), null)
  await assert.rejects(
    posthorn.request('GET', '/v1/tenants/{tenant}/endpoints/{endpoint}', { params }),
    failing('not_found'),
  )
})

test('the rows of a list come page after page', async () => {
  const { id: tenant } = await posthorn.request('POST', '/v1/tenants', { body: { dialect: 'standard' } })
  const ids = Array.from({ length: 7 }, (_, index) => `evt_${index}_${tenant}`)
  for (const id of ids) await posthorn.publish({ tenant, type: eventType, data: {}, id })
  const listed: string[] = []
  for await (const { id } of posthorn.each('/v1/events', { query: { tenant, limit: 3 } })) listed.push(id)
  assert.deepEqual(listed, ids.toReversed())
})

test('answers that are not JSON are handed on', async () => {
  const audit = await posthorn.request('GET', '/v1/audit/export')
  assert.match(await audit.text(), /"action":"tenant.create"/)
  const end = new AbortController()
  const stream = await posthorn.request('GET', '/v1/stream', { signal: end.signal, timeoutMs: 1000 })
  await sleep(1200)
  assert.ok((await stream.body?.getReader().read())?.value, 'the timeout does not end a stream')
  end.abort()
})

suite('an error', () => {
  test('has the code, the fields and the request id of the problem', async () => {
    const error = await posthorn.request('POST', '/v1/tenants', { body: { dialect: 'none' } }).catch(String)
    assert.equal(
      error,
      'PosthornError: Invalid body: dialect must be one of: standard, allo, dialnexa, partoo, storno, ultravox.',
    )
    await assert.rejects(posthorn.request('POST', '/v1/tenants', { body: { dialect: 'none' } }), (problem) => {
      assert.ok(problem instanceof PosthornError)
      assert.equal(problem.status, 400)
      assert.deepEqual(
        problem.errors.map(({ field }) => field),
        ['dialect'],
      )
      return problem.requestId?.startsWith('req_') === true
    })
    await assert.rejects(createClient({ url, key: 'wrong' }).request('GET', '/v1/tenants'), failing('unauthenticated'))
    assert.throws(() => createClient({ url: 'localhost:8080', key }), TypeError)
  })

  test('says whether no answer came, or none in time, or that the caller ended it', async (t) => {
    const nowhere = createClient({ url: 'http://127.0.0.1:1', key, retries: 1 })
    await assert.rejects(nowhere.request('GET', '/v1/tenants'), failing('unreachable'))
    const proxy = await proxyOf(t, () => 'hang')
    const slow = createClient({ url: proxy.url, key, retries: 0, timeoutMs: 50 })
    await assert.rejects(slow.request('GET', '/v1/tenants'), failing('timed_out'))
    const signal = AbortSignal.timeout(50)
    const call = createClient({ url: proxy.url, key }).request('GET', '/v1/tenants', { signal })
    await assert.rejects(call, { name: 'TimeoutError' })
  })

  test('of something else than Posthorn has the code `unreadable`', async (t) => {
    const proxy = await proxyOf(t, () => ({ status: 301, headers: { location: 'https://example.com/' } }))
    const client = createClient({ url: proxy.url, key })
    await assert.rejects(client.request('GET', '/v1/tenants'), /status 301, and redirects to https:\/\/example.com\//)
    assert.equal(proxy.calls, 1)
  })
})

suite('a failed call', () => {
  test('is repeated if its answer was lost, and an event is still published once', async (t) => {
    const { id: tenant } = await posthorn.request('POST', '/v1/tenants', { body: { dialect: 'standard' } })
    const proxy = await proxyOf(t, (calls) => (calls <= 2 ? 'lose' : 'forward'))
    const event = await createClient({ url: proxy.url, key }).publish({ tenant, type: eventType, data: { a: 1 } })
    assert.equal(proxy.calls, 3)
    assert.equal(event.duplicate, true)
    const { data } = await posthorn.request('GET', '/v1/events', { query: { tenant } })
    assert.deepEqual(
      data.map(({ id }) => id),
      [event.id],
    )
  })

  test('is not repeated if it might take effect twice', async (t) => {
    const proxy = await proxyOf(t, () => 'lose')
    const client = createClient({ url: proxy.url, key })
    await assert.rejects(
      client.request('POST', '/v1/tenants', { body: { dialect: 'standard' } }),
      failing('unreachable'),
    )
    assert.equal(proxy.calls, 1)
  })

  test('waits as long as Retry-After says, but not for long', async (t) => {
    const headers = { 'content-type': 'application/problem+json' }
    const body = JSON.stringify({ code: 'unavailable', detail: 'Try again shortly.' })
    const busy = (wait: string) => ({ status: 503, headers: { ...headers, 'retry-after': wait }, body })
    const proxy = await proxyOf(t, (calls) => (calls === 1 ? busy('1') : 'forward'))
    const begin = Date.now()
    await createClient({ url: proxy.url, key }).request('POST', '/v1/tenants', { body: { dialect: 'standard' } })
    assert.ok(Date.now() - begin >= 1000)
    assert.equal(proxy.calls, 2)
    const closed = await proxyOf(t, () => busy('3600'))
    const call = createClient({ url: closed.url, key }).request('GET', '/v1/tenants')
    await assert.rejects(call, { code: 'unavailable', retryAfterSeconds: 3600 })
  })
})

type Treatment =
  | 'forward'
  /** The server gets the request, and the client no answer. */
  | 'lose'
  | 'hang'
  | { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body?: string }

/** An HTTP proxy in front of the service. It treats each call as `treat` says, which gets the number of calls so far. */
async function proxyOf(t: TestContext, treat: (calls: number) => Treatment) {
  const proxy = { url: '', calls: 0 }
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const treatment = treat(++proxy.calls)
    if (treatment === 'hang') return
    if (typeof treatment === 'object') {
      response.writeHead(treatment.status, treatment.headers).end(treatment.body)
      return
    }
    const chunks = await Array.fromAsync(request as AsyncIterable<Buffer>)
    const { method = '', headers } = request
    const answer = await fetch(url + request.url, {
      method,
      headers: { authorization: headers.authorization ?? '', 'content-type': headers['content-type'] ?? '' },
      ...(method !== 'GET' && { body: Buffer.concat(chunks) }),
    })
    const text = await answer.text()
    if (treatment === 'lose') response.destroy()
    else response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(text)
  }
  const server = createServer((request, response) => void handle(request, response)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  proxy.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return proxy
}
