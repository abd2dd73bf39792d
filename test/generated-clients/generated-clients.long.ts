// Clients in Python and Go, generated from the OpenAPI documents of the operator API and of its customers: each calls every
// operation once on a running server. A generator that cannot be had is skipped aloud.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, test, type TestContext } from 'node:test'
import { routesOf } from '../fuzz/documents.ts'
import { nounIn, rows } from '../fuzz/rows.ts'
import { until } from '../support/api-rig.ts'
import { startExampleServer } from '../support/example-scenario.ts'

const server = await startExampleServer()
const { parties } = server
const folder = mkdtempSync(join(tmpdir(), 'posthorn-clients-'))
after(async () => {
  await server.close()
  rmSync(folder, { recursive: true, force: true })
})
const { url } = parties.server

/** The operator API, and the part of it that customers of `standard` use. */
const fronts = ['operator', 'standard'] as const
type Front = (typeof fronts)[number]

/**
 * Operations that callers of a generated client send by hand. Neither generator knows the media type of JSON lines, in which
 * `exportAudit` answers. The client in Python reads an answer to its end, and `stream` has none; the one in Go has events.
 */
const byHand = { python: new Set(['stream', 'exportAudit']), go: new Set(['exportAudit']) }

/** Statuses of operations whose objects the tests of `rows` do not have. */
const statuses: Readonly<Record<string, number>> = {
  getErasure: 200,
  getReplay: 200,
  startReplay: 200,
  cancelReplay: 200,
  deletePortalLink: 204,
  getPublicKey: 200,
  rotateSigningKey: 201,
  rotateTenantSecret: 200,
  retrySetAside: 204,
  deleteSetAside: 204,
  poll: 200,
  acknowledge: 200,
  refuse: 200,
}

interface GeneratedCall {
  readonly operation: string
  readonly status: number
  readonly params: Readonly<Record<string, string | number>>
  readonly body?: unknown
}

type Values = Readonly<Record<string, string | number>>

/** One call of each operation, those that remove something last, with the key that they need. */
async function callsOf(front: Front, without: ReadonlySet<string>) {
  const routes = await routesOf(url, front)
  const party = await parties.withOperatorKey(await parties.party('operator'))
  const { ids } = party
  const made = async (path: string, body: unknown) => String((await parties.want(201, 'POST', path, body))['id'])
  const gone = await parties.party('operator')
  const erasure = String((await parties.want(202, 'DELETE', `/v1/tenants/${gone.tenant}`))['id'])
  const link = await made(`/v1/tenants/${ids.tenant}/portal-links`, { capabilities: ['read'] })
  const known: Values = { erasure, link, number: 1, dialect: 'standard' }
  const signing = { dialect: 'partoo' }
  const ofSecrets = { tenant: await made('/v1/tenants', { dialect: 'mailgun' }) }
  const [retried = 0, removed = 0] = front === 'operator' ? await eventsSetAside() : []
  const polled = await polledDeliveries(ids.tenant)
  const ofPolling = { tenant: ids.tenant, endpoint: polled.endpoint }
  const own: Readonly<Record<string, { readonly params: Values; readonly body?: unknown }>> = {
    getPublicKey: { params: signing },
    listSigningKeys: { params: signing },
    rotateSigningKey: { params: signing },
    getTenantSecrets: { params: ofSecrets },
    rotateTenantSecret: { params: ofSecrets },
    retrySetAside: { params: { number: retried } },
    deleteSetAside: { params: { number: removed } },
    poll: { params: ofPolling },
    acknowledge: { params: ofPolling, body: { ids: [polled.first] } },
    refuse: { params: ofPolling, body: { ids: [polled.second] } },
  }
  const calls: GeneratedCall[] = []
  const reads = routes.filter(({ method }) => method === 'GET')
  const writes = routes.filter(({ method }) => method !== 'GET' && method !== 'DELETE')
  const removals = routes.filter(({ method }) => method === 'DELETE').toReversed()
  for (const route of [...reads, ...writes, ...removals]) {
    const { method, operation } = route
    const { operationId, parameters = [] } = operation
    const row = rows.operator[operationId]
    if (row === undefined || without.has(operationId)) continue
    const params: Record<string, string | number> = {}
    for (const { in: place, name } of parameters.filter((one) => one.in === 'path' || operationId === 'find')) {
      const noun = nounIn({ ...route, front: 'operator' }, place, name)
      params[name] = noun === null ? (known[name] ?? (await replayOf(ids.tenant))) : ids[noun]
    }
    Object.assign(params, own[operationId]?.params)
    const status = statuses[operationId] ?? row.status
    const body = own[operationId]?.body ?? row.body?.(ids, parties.hookUrl()) ?? (method === 'POST' ? {} : undefined)
    calls.push({ operation: operationId, status, params, ...(body !== undefined && { body }) })
  }
  const key = front === 'operator' ? (parties.asOperator['authorization']?.split(' ')[1] ?? '') : party.key
  return { key, calls }
}

/** Two events that were set aside. Their numbers are those of a list of all. */
async function eventsSetAside(): Promise<readonly number[]> {
  const tenants = ['one', 'other'].map((name) => `${name}-${randomBytes(4).toString('hex')}`)
  for (const tenant of tenants) await server.setAside(tenant)
  let numbers: readonly number[] = []
  await until(async () => {
    const { data } = await parties.want(200, 'GET', '/v1/outbox/set-aside')
    const all = data as readonly { readonly tenant: string; readonly number: number }[]
    numbers = all.filter(({ tenant }) => tenants.includes(tenant)).map(({ number }) => number)
    return numbers.length === 2
  }, 'set aside')
  return numbers
}

/** A polling endpoint with two deliveries that were fetched, and one that was not. */
async function polledDeliveries(tenant: string) {
  const path = `/v1/tenants/${tenant}/endpoints`
  const { id: endpoint } = await parties.want(201, 'POST', path, { kind: 'polling', eventTypes: ['polled'] })
  for (let at = 0; at < 3; at++) {
    await parties.want(202, 'POST', '/v1/events', { tenant, type: 'polled', data: { at } })
  }
  const { data } = await parties.want(200, 'POST', `${path}/${String(endpoint)}/poll`, { limit: 2, ackSeconds: 3600 })
  const [first, second] = (data as readonly { readonly id: string }[]).map(({ id }) => id)
  return { endpoint: String(endpoint), first, second }
}

/** Writes a document in a folder of its own. Returns both paths. */
async function documentOf(language: string, front: Front) {
  const cwd = join(folder, language, front)
  mkdirSync(cwd, { recursive: true })
  const document = join(cwd, 'openapi.json')
  writeFileSync(document, await (await fetch(`${url}/openapi${front === 'operator' ? '' : `/${front}`}.json`)).text())
  return { cwd, document }
}

/** A replay that only counts. It is ready soon. */
async function replayOf(tenant: string): Promise<string> {
  const body = { filter: { tenant, from: '2026-01-01T00:00:00Z' }, dryRun: true }
  return String((await parties.want(201, 'POST', '/v1/replays', body))['id'])
}

/** Runs a program with a text on its input; null: it failed. */
async function run(t: TestContext, cwd: string, program: string, args: readonly string[], input = '') {
  const child = spawn(program, args, { cwd, env: { ...process.env, GOFLAGS: '-mod=mod' } })
  const failed = once(child, 'error').then(([error]) => String(error))
  child.stdin.end(input)
  const [stdout, stderr, end] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    Promise.race([failed, once(child, 'close').then(([status]) => status as number)]),
  ])
  if (end === 0) return { stdout, stderr }
  t.diagnostic(`${program} ${args.join(' ')}: ${end}: ${stderr.slice(-2000)}`)
  return null
}

test('clients in Python, by openapi-python-client', { timeout: 600_000 }, async (t) => {
  const home = join(folder, 'python')
  mkdirSync(home)
  const python = join(home, 'environment/bin/python')
  const isInstalled =
    (await run(t, home, 'python3', ['-m', 'venv', 'environment'])) !== null &&
    (await run(t, home, python, ['-m', 'pip', 'install', '--quiet', 'openapi-python-client==0.29.1', 'httpx'])) !== null
  if (!isInstalled) return t.skip('SKIPPED: openapi-python-client cannot be installed')
  const warnings = { operator: ['WARNING parsing GET /v1/audit/export within audit.'], standard: [] }
  for (const front of fronts) {
    const { cwd, document } = await documentOf('python', front)
    writeFileSync(
      join(cwd, 'config.yml'),
      'package_name_override: posthorn_client\ncontent_type_overrides:\n  application/x-pem-file: text/plain\n',
    )
    const options = ['--path', document, '--config', 'config.yml', '--meta', 'none', '--output-path', 'posthorn_client']
    const generator = join(home, 'environment/bin/openapi-python-client')
    const output = await run(t, cwd, generator, ['generate', ...options])
    assert.ok(output !== null, 'the client cannot be generated')
    const faults = [...(output.stdout + output.stderr).matchAll(/^(?:WARNING|ERROR).*|^.*Unable to process.*/gm)].map(
      ([fault]) => fault,
    )
    assert.deepEqual(faults, warnings[front])
    cpSync(resolve(import.meta.dirname, 'calls.py'), join(cwd, 'calls.py'))
    const { key, calls } = await callsOf(front, byHand.python)
    const results = await run(t, cwd, python, ['calls.py'], JSON.stringify({ url, key, calls }))
    assert.ok(results !== null, 'the calls failed')
    const answers = JSON.parse(results.stdout) as { status: number; isTyped: boolean }[]
    const seen = answers.map(({ status, isTyped }, at) => [calls[at]?.operation, status, isTyped])
    const wanted = calls.map(({ operation, status }) => [operation, status, status < 300 && status !== 204])
    assert.deepEqual(seen, wanted)
    assert.ok(calls.length > 15)
  }
})

test('clients in Go, by ogen', { timeout: 600_000 }, async (t) => {
  for (const front of fronts) {
    const { cwd, document } = await documentOf('go', front)
    const isInstalled =
      (await run(t, cwd, 'go', ['mod', 'init', 'example.com/clients'])) !== null &&
      (await run(t, cwd, 'go', ['get', '-tool', 'github.com/ogen-go/ogen/cmd/ogen@v1.25.0'])) !== null
    if (!isInstalled) return t.skip('SKIPPED: ogen cannot be had')
    const config = [
      'generator:',
      '  ignore_not_implemented: ["unsupported content types"]',
      '  content_type_aliases: { application/x-pem-file: text/plain }',
      '  features: { enable: ["paths/client"], disable_all: true }',
    ]
    writeFileSync(join(cwd, 'ogen.yml'), config.join('\n'))
    const options = ['--config', 'ogen.yml', '--target', 'api', '--package', 'api', document]
    assert.ok((await run(t, cwd, 'go', ['tool', 'ogen', ...options])) !== null, 'the client cannot be generated')
    const program = readFileSync(resolve(import.meta.dirname, 'calls.go'), 'utf8')
    // The document of customers has no operator keys.
    const ofOperator = /^func \(k keys\) Operator[^]*?^}\n/m
    writeFileSync(join(cwd, 'main.go'), front === 'operator' ? program : program.replace(ofOperator, ''))
    const { key, calls } = await callsOf(front, byHand.go)
    const results = await run(t, cwd, 'go', ['run', '.'], JSON.stringify({ url, key, calls }))
    assert.ok(results !== null, 'the calls failed')
    const faults = (JSON.parse(results.stdout) as { type: string; error: string }[]).flatMap(({ type, error }, at) => {
      const { operation = '', status = 0 } = calls[at] ?? {}
      // A refusal has a type with the words of its status.
      const isRefused = /(?:NotFound|Conflict|BadRequest|Forbidden|Unauthorized|Unavailable|Error)$/.test(type)
      return error === '' && isRefused === status >= 400 ? [] : [`${operation}: ${type} ${error}`]
    })
    assert.deepEqual(faults, [])
    assert.ok(calls.length > 15)
  }
})
