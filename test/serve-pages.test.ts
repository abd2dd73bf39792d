// The pages of the service itself: health, metrics, API documents and documentation pages.

import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { after, suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Validator } from '@seriousme/openapi-schema-validator'
import { registry } from '../src/dialects/registry.ts'
import { limits } from '../src/domain/limits.ts'
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
// The customers of `standard` use the operator API.
const documents = [
  '/openapi.json',
  ...dialects.filter((name) => name !== 'standard').map((name) => `/openapi/${name}.json`),
]

interface Document {
  readonly openapi: string
  readonly paths: Readonly<Record<string, unknown>>
  readonly webhooks?: Readonly<Record<string, { readonly post: { readonly parameters: readonly { $ref: string }[] } }>>
  readonly components: {
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
      for (const one of Object.keys(document.paths)) {
        assert.equal(described.get(one), undefined, one)
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

  test('has no document of a dialect that is not served', async () => {
    assert.equal((await get('/openapi/none.json')).status, 404)
  })
})

test('no answer may be stored by a cache, or be read as another type than its own', async () => {
  const paths = ['/healthz', '/readyz', '/metrics', '/docs', '/docs/', '/docs/js/scalar.js', '/docs/none', ...documents]
  for (const path of [...paths, '/', '/v1/tenants', '/v2/api/webhooks', '/%zz']) {
    const response = await fetch(`${rig.server.url}${path}`, { redirect: 'manual' })
    await response.body?.cancel()
    assert.equal(response.headers.get('cache-control'), 'no-store', path)
    assert.equal(response.headers.get('x-content-type-options'), 'nosniff', path)
  }
})

test('the page of /docs may run its own scripts only, and load from this server only', async () => {
  const response = await get('/docs/')
  const text = response.headers.get('content-security-policy') ?? ''
  const policy = new Map(text.split('; ').map((part) => [part.split(' ')[0], part.split(' ').slice(1)]))
  assert.deepEqual(policy.get('default-src'), ["'none'"])
  const inline = [...(await response.text()).matchAll(/<script(.*?)>([^]*?)<\/script>/g)].filter(
    ([, attributes]) => !attributes?.includes('src='),
  )
  const hashes = inline.map(([, , script = '']) => `'sha256-${hash('sha256', script, 'base64')}'`)
  assert.ok(hashes.length > 0)
  assert.deepEqual(policy.get('script-src'), ["'self'", ...hashes])
  for (const name of ['connect-src', 'img-src', 'font-src']) assert.ok(policy.get(name)?.includes("'self'"), name)
})

test('/docs shows every document and loads nothing from other servers', async () => {
  const response = await get('/docs')
  assert.equal(response.status, 200)
  const page = await response.text()
  for (const document of documents) assert.ok(page.includes(document), document)
  const tags = page.match(/<(?:script|link|img|iframe|style)\b[^>]*>/g) ?? []
  const sources = tags.flatMap((tag) => [...tag.matchAll(/\b(?:src|href)\s*=\s*["']?([^"'\s>]+)/g)].map(([, to]) => to))
  assert.ok(sources.length > 0)
  for (const source of sources) {
    const url = new URL(source ?? '', response.url)
    assert.equal(url.origin, rig.server.url)
    assert.equal((await fetch(url)).status, 200, url.href)
  }
  assert.doesNotMatch(page, /@import|url\(\s*["']?(?:https?:)?\/\//)
})

test('/docs redirects to /docs/, and unknown paths below it are not found', async () => {
  const response = await fetch(`${rig.server.url}/docs`, { redirect: 'manual' })
  assert.deepEqual([response.status, response.headers.get('location')], [301, '/docs/'])
  for (const path of ['/docs/js/', '/docs/none', '/docs/js/scalar.js/']) assert.equal((await get(path)).status, 404)
})

test('the script of /docs is in memory once, even if many requests for it are not read', async (t) => {
  const path = '/docs/js/scalar.js'
  const mib = 1024 * 1024
  const residentMib = async (): Promise<number> => {
    const text = await (await get('/metrics')).text()
    return Number(/^process_resident_memory_bytes (.*)$/m.exec(text)?.[1]) / mib
  }
  const script = await (await get(path)).arrayBuffer()
  assert.ok(script.byteLength > mib)
  const before = await residentMib()
  const socket = connect(rig.server.port, '127.0.0.1')
  t.after(() => socket.destroy())
  socket.pause()
  socket.write(`GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`.repeat(limits.pipelinedRequestsMax))
  let grown = 0
  for (let look = 0; look < 20; look++) {
    await sleep(50)
    grown = Math.max(grown, (await residentMib()) - before)
  }
  assert.ok(grown < 20 * (script.byteLength / mib), `memory grew by ${grown} MiB`)
})
