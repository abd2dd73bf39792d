// The checks of HTTP requests before any field is validated: bodies that are not JSON, too large or too deep, media
// types, methods and paths.

import assert from 'node:assert/strict'
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { after, suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { type ApiCase, testCases } from '../../test/support/api-case.ts'
import { eventType, fresh, shareApiRig } from '../../test/support/api-rig.ts'
import { limits } from '../domain/limits.ts'

const rig = await shareApiRig()
after(() => rig.close())

const tenant = await rig.tenant('standard')
const post = { method: 'POST', path: '/v1/events' } as const
const eventWith = (data: string): string => `{"tenant":"${tenant.id}","type":"${eventType}","data":${data}}`
const nested = (levels: number): string => `${'{"a":'.repeat(levels - 1)}{}${'}'.repeat(levels - 1)}`
const mib = 1024 * 1024
const sized = (bytes: number): string => {
  const empty = eventWith('{"x":""}')
  return empty.replace('"x":""', `"x":"${'x'.repeat(bytes - empty.length)}"`)
}
const register = { method: 'POST', path: `/v1/tenants/${tenant.id}/endpoints`, key: tenant.key } as const

/** The body of an endpoint with every field at its limit and every character that is not ASCII escaped. */
function largestEndpoint(): string {
  const many = (count: number, chars: number): string[] =>
    Array.from({ length: count }, (_, index) => String(index).padStart(chars, 'é'))
  const value = '"'.repeat(limits.customHeadersCharsMax / limits.customHeadersMax - 2)
  const endpoint = {
    url: 'https://example.com/'.padEnd(limits.urlCharsMax, 'é'),
    eventTypes: many(limits.eventTypesPerEndpointMax, limits.eventTypeCharsMax),
    filters: Object.fromEntries(
      many(limits.filtersPerEndpointMax, limits.attributeCharsMax).map((name) => [
        name,
        'é'.repeat(limits.attributeCharsMax),
      ]),
    ),
    description: 'é'.repeat(limits.descriptionCharsMax),
    enabled: false,
    headers: Object.fromEntries(
      Array.from({ length: limits.customHeadersMax }, (_, index) => [String(index).padStart(2, 'h'), value]),
    ),
    secrets: Array.from({ length: limits.secretsPerEndpointMax }, () => `whsec_${'A'.repeat(84)}AA==`),
  }
  return JSON.stringify(endpoint).replaceAll('é', '\\u00e9')
}

suite('a body', () => {
  const malformed: readonly { readonly what: string; readonly raw: string | Buffer }[] = [
    { what: 'that is cut off', raw: '{"tenant":' },
    { what: 'with a trailing comma', raw: '{"tenant":"a",}' },
    { what: 'with single quotes', raw: "{'tenant':'a'}" },
    { what: 'with NaN', raw: eventWith('{"a":NaN}') },
    { what: 'with a raw line break in a string', raw: eventWith('{"a":"\n"}') },
    { what: 'with a raw NUL', raw: eventWith('{"a":"\0"}') },
    { what: 'that starts with a byte order mark', raw: `\uFEFF${eventWith('{}')}` },
    { what: 'of two values', raw: `${eventWith('{}')}{}` },
    { what: 'of white space', raw: ' \n' },
    { what: 'that is not UTF-8', raw: Buffer.from([...Buffer.from('{"tenant":"'), 0xff, ...Buffer.from('"}')]) },
    {
      what: 'with half a character',
      raw: Buffer.from([...Buffer.from('{"tenant":"'), 0xe2, 0x82, ...Buffer.from('"}')]),
    },
    { what: 'in UTF-16', raw: Buffer.from(eventWith('{}'), 'utf16le') },
    { what: 'that nests one level too deep', raw: eventWith(nested(128)) },
    { what: 'that nests a hundred thousand levels', raw: '['.repeat(100_000) },
    { what: 'that is an array', raw: '[]' },
    { what: 'that is a string', raw: '"tenant"' },
    { what: 'that is a number', raw: '1' },
    { what: 'that is null', raw: 'null' },
  ]
  const cases: ApiCase[] = malformed.map(({ what, raw }) => ({
    name: `${what} is refused`,
    ...post,
    raw,
    status: 400,
    code: 'body_malformed',
  }))
  testCases(rig, [
    ...cases,
    {
      name: 'that is compressed is refused, with the reason',
      ...post,
      raw: gzipSync(eventWith('{}')),
      headers: { 'content-encoding': 'gzip' },
      status: 400,
      code: 'body_malformed',
      has: ['the body is compressed (gzip)'],
    },
    { name: 'that nests to the limit is accepted', ...post, raw: eventWith(nested(127)), status: 202 },
    { name: 'with white space around it is accepted', ...post, raw: `\r\n\t ${eventWith('{}')} \n`, status: 202 },
    {
      name: 'that is absent gets an error for each required field',
      ...post,
      status: 400,
      fields: ['tenant', 'type', 'data'],
    },
    {
      name: 'with a thousand unknown fields gets errors for some of them',
      ...post,
      body: Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`key${index}`, 0])),
      status: 400,
      code: 'invalid',
      has: ['{"field":"key0","message":"is not known"}'],
    },
    { name: 'of 1 MiB is accepted', ...post, raw: sized(mib), status: 202 },
    {
      name: 'of 1 MiB and one byte is refused',
      ...post,
      raw: sized(mib + 1),
      status: 413,
      code: 'body_too_large',
      has: ['at most 1048576 bytes'],
    },
    { name: 'with the largest possible endpoint is accepted', ...register, raw: largestEndpoint(), status: 201 },
    {
      name: 'that is larger than any endpoint can be is refused',
      ...register,
      raw: '{}'.padEnd(192 * 1024 + 1),
      status: 413,
      code: 'body_too_large',
      has: ['at most 196608 bytes'],
    },
  ])

  test('in chunks without Content-Length is refused past 1 MiB too', async () => {
    const answer = await sendChunked(post.path, Buffer.alloc(2 * mib, ' '))
    assert.equal(answer.status, 413)
    assert.match(answer.text, /"code":"body_too_large"/)
  })

  test('that is not read to its end ends the connection', async () => {
    const { status, headers } = await rig.ask({ ...post, raw: sized(mib + 1) })
    assert.deepEqual([status, headers['connection']], [413, 'close'])
  })

  test('of which the caller sends everything before it reads gets its answer', async () => {
    const size = 4 * mib
    const head = `POST ${post.path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${rig.operatorKey}\r\n`
    const text = await sendThenRead(`${head}content-type: application/json\r\ncontent-length: ${size}\r\n\r\n`, size)
    assert.match(text, /^HTTP\/1\.1 413 .+"code":"body_too_large"/s)
  })

  test('is not read if the caller has no key', async () => {
    await rig.want(401, { ...post, raw: '{', key: null })
  })
})

suite('a media type', () => {
  const accepted = [
    'application/json',
    'application/json; charset=utf-8',
    'application/json;Charset="UTF8"; x=y',
    'application/json; charset=us-ascii',
    'Application/JSON',
    'application/merge-patch+json',
  ]
  const refused = [
    'text/plain',
    'application/json; charset=utf-16',
    'application/json;charset="iso-8859-1"',
    'application/xml',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'json',
    '*/*',
  ]
  testCases(rig, [
    ...accepted.map((type): ApiCase => ({
      name: `${type} is accepted`,
      ...post,
      raw: eventWith('{}'),
      headers: { 'content-type': type },
      status: 202,
    })),
    ...refused.map((type): ApiCase => ({
      name: `${type} is refused`,
      ...post,
      raw: eventWith('{}'),
      headers: { 'content-type': type },
      status: 415,
      code: 'media_type_unsupported',
    })),
  ])

  test('on a DELETE without a body is accepted', async () => {
    const { id } = await rig.tenant('standard')
    const headers = { 'content-type': 'application/json' }
    await rig.want(202, { method: 'DELETE', path: `/v1/tenants/${id}`, headers })
  })
})

suite('a path', () => {
  testCases(rig, [
    { name: 'that is unknown gets 404', path: '/v1/nothing', status: 404, code: 'route_unknown', has: ['/v1/nothing'] },
    { name: 'outside of every API gets 404', path: '/nothing', status: 404, code: 'route_unknown' },
    {
      name: 'that is unknown gets 404 without a key too',
      path: '/v1/nothing',
      key: null,
      status: 404,
      code: 'route_unknown',
    },
    { name: 'with a slash at its end is another path', path: '/v1/tenants/', status: 404 },
    { name: 'with a query is shown without the query', path: '/v1/nothing?secret=1', status: 404, lacks: ['secret'] },
    { name: 'with a malformed escape gets 404', path: '/v1/tenants/%zz', status: 404, code: 'route_unknown' },
    { name: 'with an escape that is not UTF-8 gets 404', path: '/v1/tenants/%ff', status: 404, code: 'route_unknown' },
    {
      name: 'with an id of 500 characters has an unknown id',
      path: `/v1/tenants/${'x'.repeat(500)}`,
      status: 404,
      code: 'not_found',
    },
    { name: 'with a NUL in an id has an unknown id', path: '/v1/tenants/a%00b', status: 404, code: 'not_found' },
    { name: 'with a slash in an id has an unknown id', path: '/v1/tenants/a%2Fb', status: 404, code: 'not_found' },
    { name: 'with an empty id gets 404', path: '/v1/events/', status: 404 },
  ])

  for (const [path, item] of Object.entries(rig.document.paths)) {
    const allowed = Object.keys(item).map((method) => method.toUpperCase())
    test(`${path} refuses other methods and names the allowed ones`, async () => {
      for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'] as const) {
        if (allowed.includes(method)) continue
        const answer = await rig.ask({ method, path: path.replaceAll(/\{\w+\}/g, fresh('id')), key: null })
        assert.equal(answer.status, 405, method)
        assert.deepEqual((answer.headers['allow'] ?? '').split(', ').toSorted(), allowed.toSorted())
      }
    })
  }
})

suite('a request id', () => {
  test('of the caller is used in the response', async () => {
    const headers = { 'x-request-id': 'my-request.1' }
    assert.equal((await rig.ask({ path: '/v1/tenants/none', headers })).body['requestId'], 'my-request.1')
  })

  test('of the caller is replaced if it is malformed', async () => {
    for (const id of ['', 'x'.repeat(129), 'a b', '"><script>']) {
      const answer = await rig.ask({ path: '/v1/tenants/none', headers: { 'x-request-id': id } })
      assert.match(String(answer.body['requestId']), /^req_\w{12}$/)
    }
  })
})

/** Sends a head and a body in parts of 64 KiB, 5 ms apart, and only then reads what the server sent until it closes. */
async function sendThenRead(head: string, size: number): Promise<string> {
  const { hostname, port } = new URL(rig.url)
  const socket = connect(Number(port), hostname).pause()
  const write = (part: string): Promise<void> =>
    new Promise((resolve, reject) => socket.write(part, (error) => (error ? reject(error) : resolve())))
  await write(head)
  for (let sent = 0; sent < size; sent += 65_536) {
    await write(' '.repeat(65_536))
    await sleep(5)
  }
  let text = ''
  for await (const part of socket.setEncoding('utf8')) text += part as string
  return text
}

function sendChunked(path: string, body: Buffer): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${rig.operatorKey}`, 'content-type': 'application/json' }
    const request = httpRequest(`${rig.url}${path}`, { method: 'POST', headers, agent: false }, (response) => {
      let text = ''
      response.on('data', (chunk: Buffer) => (text += chunk.toString()))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
    })
    request.on('error', reject)
    request.write(body.subarray(0, body.length / 2))
    request.end(body.subarray(body.length / 2))
  })
}
