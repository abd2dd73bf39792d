// The pages of the service itself: health, metrics, API documents and documentation pages.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, suite, test } from 'node:test'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { Validator } from '@seriousme/openapi-schema-validator'
import { request } from 'undici'
import { registry } from '../src/dialects/registry.ts'
import { startApiRig } from './support/api-rig.ts'

const rig = await startApiRig()
after(() => rig.close())
const get = (path: string): Promise<Response> => fetch(`${rig.server.url}${path}`)

test('/healthz and /readyz need no credentials', async () => {
  for (const path of ['/healthz', '/readyz']) {
    const response = await get(path)
    assert.deepEqual([response.status, await response.json()], [200, { status: 'ok' }])
  }
})

test('HEAD works on the paths of health and metrics', async () => {
  for (const path of ['/healthz', '/readyz', '/metrics']) {
    const response = await fetch(`${rig.server.url}${path}`, { method: 'HEAD' })
    assert.deepEqual([response.status, await response.text()], [200, ''])
  }
})

suite('/metrics', () => {
  test('has every `posthorn_` metric that the manual names, and no others', async () => {
    const manual = readFileSync(new URL('../docs/operating.md', import.meta.url), 'utf8')
    const named = new Set([...manual.matchAll(/^\| `(posthorn_\w+)/gm)].map(([, name]) => name))
    const text = await (await get('/metrics')).text()
    const shown = new Set([...text.matchAll(/^# TYPE (posthorn_\w+) /gm)].map(([, name]) => name))
    assert.deepEqual(shown, named)
  })

  test('counts events, attempts and ended deliveries, and names no tenant', async () => {
    const tenant = await rig.tenant('standard')
    const good = await rig.endpoint(tenant)
    const bad = await rig.endpoint(tenant)
    rig.behaviours.set(bad.path, () => ({ status: 410 }))
    await rig.event(tenant)
    await rig.received(good.path, 1)
    await rig.received(bad.path, 1)
    const expected = [
      'posthorn_events_accepted_total 1',
      'posthorn_deliveries_ended_total{status="delivered"} 1',
      'posthorn_deliveries_ended_total{status="failed"} 1',
      'posthorn_attempts_total{outcome="delivered"} 1',
      'posthorn_attempts_total{outcome="rejected"} 1',
      'posthorn_attempts_in_flight 0',
      'posthorn_deliveries_queued 0',
      'posthorn_deliveries_waiting 0',
      'posthorn_attempt_duration_seconds_count 2',
    ]
    let lines: string[] = []
    for (let look = 0; look < 50 && !expected.every((line) => lines.includes(line)); look++) {
      lines = (await (await get('/metrics')).text()).split('\n')
    }
    for (const line of expected) assert.ok(lines.includes(line), line)
    assert.ok(!lines.some((line) => line.includes(tenant.id)))
  })
})

const dialects = (await rig.want(200, { path: '/v1/dialects' })).data.map(({ name }) => String(name))
const documents = ['/openapi.json', ...dialects.map((name) => `/openapi/${name}.json`)]

interface Document {
  readonly openapi: string
  readonly servers: unknown
  readonly paths: Readonly<Record<string, unknown>>
  readonly webhooks?: Readonly<Record<string, { readonly post: { readonly parameters: readonly { $ref: string }[] } }>>
  readonly components: {
    readonly securitySchemes: object
    readonly parameters: object
    readonly schemas: { readonly Delivery: { readonly properties: object } }
  }
}

suite('/openapi', () => {
  const described = new Map<string, string>()
  for (const path of documents) {
    test(`${path} describes one API and no path of another`, async () => {
      const response = await get(path)
      assert.equal(response.status, 200)
      const document = (await response.json()) as Document
      assert.match(document.openapi, /^3\.1\./)
      const { valid, errors } = await new Validator().validate({ ...document })
      assert.ok(valid, JSON.stringify(errors))
      assert.ok(Object.keys(document.paths).length > 0)
      assert.deepEqual(document.servers, [{ url: '/' }])
      for (const one of Object.keys(document.paths)) {
        // The customers of `standard` use a part of the operator API.
        if (path === '/openapi/standard.json') assert.equal(described.get(one), '/openapi.json', one)
        else assert.equal(described.get(one), undefined, one)
        described.set(one, path)
      }
    })
  }

  for (const { dialect } of registry.filter(({ front }) => front !== null)) {
    test(`/openapi/${dialect.name}.json describes the deliveries of each event type`, async () => {
      const response = await get(`/openapi/${dialect.name}.json`)
      const { webhooks = {}, components } = (await response.json()) as Document
      assert.deepEqual(
        Object.keys(webhooks),
        dialect.eventTypes.map(({ name }) => name),
      )
      for (const { post } of Object.values(webhooks)) {
        const names = post.parameters.map(({ $ref }) => $ref.split('/').at(-1) ?? '')
        assert.deepEqual(names, Object.keys(components.parameters))
        assert.ok(names.some((name) => name.includes('signature')))
      }
      assert.ok(Object.keys(components.schemas.Delivery.properties).length > 1)
    })
  }

  test('/openapi/standard.json has the routes of customers alone, and nothing of the operator', async () => {
    const text = await (await get('/openapi/standard.json')).text()
    const { paths, components } = JSON.parse(text) as Document
    for (const path of Object.keys(paths)) assert.match(path, /^\/v1\/(?:tenants\/\{tenant\}\/endpoints|deliveries)\b/)
    assert.deepEqual(Object.keys(components.securitySchemes), ['customer'])
    assert.doesNotMatch(text, /operator key/i)
  })

  test('a document is compressed for callers that accept it', async () => {
    const whole = await (await get('/openapi.json')).bytes()
    for (const [accepted, coding, decode] of [
      ['gzip, br', 'br', brotliDecompressSync],
      ['gzip', 'gzip', gunzipSync],
      ['br;q=0', undefined, (bytes: Buffer) => bytes],
    ] as const) {
      const { headers, body } = await request(`${rig.server.url}/openapi.json`, {
        headers: { 'accept-encoding': accepted },
      })
      assert.equal(headers['content-encoding'], coding)
      assert.deepEqual(new Uint8Array(decode(Buffer.from(await body.bytes()))), whole)
    }
  })

  test('has no document of a dialect that is not served', async () => {
    assert.equal((await get('/openapi/none.json')).status, 404)
  })
})

test('no answer may be stored by a cache, or be read as another type than its own', async () => {
  const paths = ['/healthz', '/readyz', '/metrics', '/docs', '/docs/', '/docs/none', ...documents]
  for (const path of [...paths, '/', '/v1/tenants', '/v2/api/webhooks', '/%zz']) {
    const response = await fetch(`${rig.server.url}${path}`, { redirect: 'manual' })
    await response.body?.cancel()
    assert.equal(response.headers.get('cache-control'), 'no-store', path)
    assert.equal(response.headers.get('x-content-type-options'), 'nosniff', path)
  }
})
