// Clients in Python and Go, generated from the OpenAPI document of the operator API: each calls every operation once on a
// running server. A generator that cannot be had is skipped aloud.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, test, type TestContext } from 'node:test'
import { documentedRoutes } from '../fuzz/documents.ts'
import { Parties } from '../fuzz/parties.ts'
import { nounIn, rows } from '../fuzz/rows.ts'

const parties = await Parties.start()
const folder = mkdtempSync(join(tmpdir(), 'posthorn-clients-'))
after(async () => {
  await parties.close()
  rmSync(folder, { recursive: true, force: true })
})
const { url } = parties.server
const document = join(folder, 'openapi.json')
writeFileSync(document, await (await fetch(`${url}/openapi.json`)).text())
const key = parties.asOperator['authorization']?.slice('Bearer '.length) ?? ''

/** Operations whose answer is not one JSON text: a client of another language reads it by hand. */
const streams = new Set(['stream', 'exportAudit'])

const statuses: Readonly<Record<string, number>> = {
  getErasure: 200,
  getReplay: 200,
  startReplay: 200,
  cancelReplay: 200,
  deletePortalLink: 204,
  getPublicKey: 200,
  rotateSigningKey: 201,
}

interface GeneratedCall {
  readonly operation: string
  readonly status: number
  readonly params: Readonly<Record<string, string | number>>
  readonly body?: unknown
}

/** One call of each operation, those that remove something last. */
async function callsOf(): Promise<readonly GeneratedCall[]> {
  const routes = (await documentedRoutes(url)).filter(({ front }) => front === 'operator')
  const party = await parties.withOperatorKey(await parties.party('operator'))
  const { ids } = party
  const made = async (path: string, body: unknown) => String((await parties.want(201, 'POST', path, body))['id'])
  const gone = await parties.party('operator')
  const erasure = String((await parties.want(202, 'DELETE', `/v1/tenants/${gone.tenant}`))['id'])
  const link = await made(`/v1/tenants/${ids.tenant}/portal-links`, { capabilities: ['read'] })
  const known: Readonly<Record<string, string | number>> = { erasure, link, number: 1, dialect: 'standard' }
  const calls: GeneratedCall[] = []
  const reads = routes.filter(({ method }) => method === 'GET')
  const writes = routes.filter(({ method }) => method !== 'GET' && method !== 'DELETE')
  const removals = routes.filter(({ method }) => method === 'DELETE').toReversed()
  for (const route of [...reads, ...writes, ...removals]) {
    const { method, operation } = route
    const { operationId, parameters = [] } = operation
    const row = rows.operator[operationId]
    if (row === undefined || streams.has(operationId)) continue
    const params: Record<string, string | number> = {}
    for (const { in: place, name } of parameters.filter((one) => one.in === 'path' || operationId === 'find')) {
      const noun = nounIn(route, place, name)
      params[name] = noun === null ? (known[name] ?? (await replayOf(ids.tenant))) : ids[noun]
    }
    // The other tests have no objects of these kinds.
    const status = statuses[operationId] ?? row.status
    if (/Public|Signing/.test(operationId)) params['dialect'] = 'partoo'
    const body = row.body?.(ids, parties.hookUrl()) ?? (method === 'POST' ? {} : undefined)
    calls.push({ operation: operationId, status, params, ...(body !== undefined && { body }) })
  }
  return calls
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

test('a client in Python, by openapi-python-client', { timeout: 600_000 }, async (t) => {
  const cwd = join(folder, 'python')
  mkdirSync(cwd)
  const python = join(cwd, 'environment/bin/python')
  const isInstalled =
    (await run(t, cwd, 'python3', ['-m', 'venv', 'environment'])) !== null &&
    (await run(t, cwd, python, ['-m', 'pip', 'install', '--quiet', 'openapi-python-client==0.29.1', 'httpx'])) !== null
  if (!isInstalled) return t.skip('SKIPPED: openapi-python-client cannot be installed')
  writeFileSync(
    join(cwd, 'config.yml'),
    'package_name_override: posthorn_client\ncontent_type_overrides:\n  application/x-pem-file: text/plain\n',
  )
  const options = ['--path', document, '--config', 'config.yml', '--meta', 'none', '--output-path', 'posthorn_client']
  const generator = join(cwd, 'environment/bin/openapi-python-client')
  const output = await run(t, cwd, generator, ['generate', ...options])
  assert.ok(output !== null, 'the client cannot be generated')
  const faults = [...(output.stdout + output.stderr).matchAll(/^(?:WARNING|ERROR).*|^.*Unable to process.*/gm)].map(
    ([fault]) => fault,
  )
  assert.deepEqual(faults, ['WARNING parsing GET /v1/audit/export within audit.'])
  cpSync(resolve(import.meta.dirname, 'calls.py'), join(cwd, 'calls.py'))
  const calls = await callsOf()
  const results = await run(t, cwd, python, ['calls.py'], JSON.stringify({ url, key, calls }))
  assert.ok(results !== null, 'the calls failed')
  const seen = (JSON.parse(results.stdout) as { status: number; isTyped: boolean }[]).map(({ status, isTyped }, at) => {
    return [calls[at]?.operation, status, isTyped]
  })
  const wanted = calls.map(({ operation, status }) => [operation, status, status < 300 && status !== 204])
  assert.deepEqual(seen, wanted)
  assert.ok(calls.length > 50)
})

test('a client in Go, by ogen', { timeout: 600_000 }, async (t) => {
  const cwd = join(folder, 'go')
  mkdirSync(cwd)
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
  cpSync(resolve(import.meta.dirname, 'calls.go'), join(cwd, 'main.go'))
  const calls = await callsOf()
  const results = await run(t, cwd, 'go', ['run', '.'], JSON.stringify({ url, key, calls }))
  assert.ok(results !== null, 'the calls failed')
  const faults = (JSON.parse(results.stdout) as { type: string; error: string }[]).flatMap(({ type, error }, at) => {
    const { operation = '', status = 0 } = calls[at] ?? {}
    // A refusal has a type with the words of its status.
    const isRefused = /(?:NotFound|Conflict|BadRequest|Forbidden|Unauthorized|Unavailable|Error)$/.test(type)
    return error === '' && isRefused === status >= 400 ? [] : [`${operation}: ${type} ${error}`]
  })
  assert.deepEqual(faults, [])
  assert.ok(calls.length > 50)
})
