// The examples of nginx and Caddy in `deploy`, in front of a real service. Only ports and certificates are replaced.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { limits } from '../../src/domain/limits.ts'
import { until } from '../support/api-rig.ts'
import { makeCertificate } from '../support/certificate.ts'
import { repository } from '../support/documented.ts'
import { freePort, createInstallation, startServer } from '../support/server-process.ts'
import { run, runFolder } from '../support/serve-run.ts'

/** The address of the proxy and that of the caller, which are both this machine. */
const [proxyAddress, callerAddress] = ['127.0.0.1', '127.0.0.2']
const certificate = makeCertificate()

interface Ports {
  readonly https: number
  readonly customers: number
  readonly operators: number
}

/** Writes the configuration into a folder, and returns the command that runs the proxy. */
type Proxy = (folder: string, ports: Ports) => readonly string[]

/** The example with the ports of a test. */
function example(name: string, { customers, operators }: Ports): string {
  const text = readFileSync(join(repository, 'deploy', name), 'utf8')
  return text.replaceAll(':4080', `:${customers}`).replaceAll(':4081', `:${operators}`)
}

const nginx: Proxy = (folder, ports) => {
  const site = example('nginx.conf', ports)
    .replaceAll('listen 443', `listen ${proxyAddress}:${ports.https}`)
    .replace(/^server \{\n  listen 80;[^]*?^\}\n/m, '')
    .replaceAll('/etc/ssl/posthorn', join(folder, 'posthorn'))
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  )
  const user = process.getuid?.() === 0 ? 'user root;' : ''
  const main = `daemon off; pid ${folder}/pid; error_log stderr; ${user} events {}
    http { access_log off; ${paths.join(' ')}\n${site} }`
  writeFileSync(join(folder, 'nginx.conf'), main)
  return ['nginx', '-e', 'stderr', '-c', join(folder, 'nginx.conf')]
}

const caddy: Proxy = (folder, ports) => {
  const tls = `tls ${folder}/posthorn.pem ${folder}/posthorn.key`
  const sites = example('Caddyfile', ports).replaceAll(/^(\w+\.example\.com) \{$/gm, `$1:${ports.https} {\n\t${tls}`)
  writeFileSync(join(folder, 'Caddyfile'), `{\n\tadmin off\n\tauto_https off\n}\n${sites}`)
  return ['caddy', 'run', '--adapter', 'caddyfile', '--config', join(folder, 'Caddyfile')]
}

interface Rig {
  readonly operatorKey: string
  /** Sends a request to a name through the proxy, and returns the head of the answer. */
  ask(host: string, path: string, headers?: Record<string, string>, body?: string): Promise<IncomingMessage>
  json(host: string, path: string, headers?: Record<string, string>, body?: unknown): Promise<Answer>
}

interface Answer {
  readonly status: number
  // oxlint-disable-next-line typescript/no-explicit-any -- the shapes of many answers
  readonly body: any
}

async function start(t: TestContext, proxy: Proxy): Promise<Rig> {
  const installation = await createInstallation()
  const ports = { https: await freePort(), operators: await freePort() }
  const server = await startServer(installation, {
    POSTHORN_ADMIN_PORT: String(ports.operators),
    POSTHORN_TRUSTED_PROXIES: `${proxyAddress}/32`,
    POSTHORN_PORTAL_ORIGIN: 'https://hooks.example.com',
    POSTHORN_PORTAL_PARENTS: 'https://app.example.com',
  })
  t.after(async () => {
    await server.stop()
    await installation.remove()
  })
  const folder = await runFolder(t)
  writeFileSync(join(folder, 'posthorn.pem'), certificate?.cert ?? '')
  writeFileSync(join(folder, 'posthorn.key'), certificate?.key ?? '')
  const running = run(t, folder, { HOME: folder }, proxy(folder, { ...ports, customers: server.port }))
  const ask: Rig['ask'] = async (host, path, headers = {}, body) => {
    const asked = request({
      host: proxyAddress,
      port: ports.https,
      localAddress: callerAddress,
      servername: host,
      rejectUnauthorized: false,
      agent: false,
      method: body === undefined ? 'GET' : 'POST',
      path,
      headers: { host, ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    })
    asked.end(body)
    const [answer] = (await once(asked, 'response')) as [IncomingMessage]
    t.after(() => answer.destroy())
    return answer
  }
  const healthy = async (): Promise<boolean> =>
    ask('hooks.example.com', '/healthz').then(
      ({ statusCode }) => statusCode === 200,
      () => running.child.exitCode !== null,
    )
  await until(healthy, 'the proxy answers', 15_000)
  assert.equal(running.child.exitCode, null, running.stderr())
  return {
    operatorKey: installation.operatorKey,
    ask,
    async json(host, path, headers, body) {
      const answer = await ask(host, path, headers, body === undefined ? undefined : JSON.stringify(body))
      return { status: answer.statusCode ?? 0, body: JSON.parse((await answer.toArray()).join('')) }
    },
  }
}

for (const [name, proxy] of [
  ['nginx', nginx],
  ['caddy', caddy],
] as const) {
  test(`behind ${name}`, { skip: whyNot(name), timeout: 60_000 }, async (t) => {
    const rig = await start(t, proxy)
    const operator = { authorization: `Bearer ${rig.operatorKey}` }

    await t.test('callers have their own address, and no header of theirs makes a link', async () => {
      const forged = {
        forwarded: 'for=192.0.2.1;host=forged.test;proto=http',
        'x-forwarded-for': '192.0.2.1',
        'x-forwarded-host': 'forged.test',
        'x-forwarded-proto': 'http',
      }
      const made = await rig.json('ops.example.com', '/v1/tenants', { ...operator, ...forged }, { dialect: 'ultravox' })
      assert.equal(made.status, 201)
      const { data } = (await rig.json('ops.example.com', '/v1/audit?action=tenant.create', operator)).body
      assert.equal(data[0].address, callerAddress)

      const key = await rig.json('ops.example.com', '/v1/keys', operator, { tenants: [made.body.id] })
      const customer = { 'x-api-key': key.body.key, ...forged }
      for (const path of ['a', 'b']) {
        const webhook = { url: `http://127.0.0.1:9999/${path}`, events: ['call.started'] }
        assert.equal((await rig.json('hooks.example.com', '/api/webhooks', customer, webhook)).status, 201)
      }
      const list = await rig.json('hooks.example.com', '/api/webhooks?pageSize=1', customer)
      assert.match(list.body.next, /^https:\/\/hooks\.example\.com\/api\/webhooks\?/)
    })

    await t.test('customers do not reach the operator API, and operators do', async () => {
      for (const path of ['/v1/tenants', '/%76%31/tenants', '/metrics', '/dashboard']) {
        const { statusCode = 0 } = await rig.ask('hooks.example.com', path, operator)
        assert.ok([401, 403, 404].includes(statusCode), `${path}: ${statusCode}`)
        assert.equal((await rig.ask('ops.example.com', path, operator)).statusCode, 200, path)
      }
    })

    await t.test(
      'server-sent events arrive at once, and a body that is too large gets the answer of the API',
      async () => {
        await rig.json('ops.example.com', '/v1/tenants', operator, { id: 'acme', dialect: 'standard' })
        const stream = await rig.ask('ops.example.com', '/v1/stream', operator)
        let ticks = 0
        stream.on('data', (chunk: Buffer) => (ticks += chunk.toString().split('event: tick').length - 1))
        await until(() => ticks >= 2, 'two seconds of the stream have arrived', 5_000)

        const event = (bytes: number) => ({ tenant: 'acme', type: 'a', data: { text: 'x'.repeat(bytes) } })
        const post = (bytes: number) => rig.json('ops.example.com', '/v1/events', operator, event(bytes))
        assert.equal((await post(limits.requestBodyBytesMax - 1000)).status, 202)
        const refused = await post(limits.requestBodyBytesMax + 1000)
        assert.deepEqual([refused.status, refused.body.code], [413, 'body_too_large'])
      },
    )

    await t.test('the portal may be embedded by the pages of the settings', async () => {
      const { statusCode, headers } = await rig.ask('hooks.example.com', '/portal/allo')
      assert.equal(statusCode, 200)
      assert.match(String(headers['content-security-policy']), /frame-ancestors https:\/\/app\.example\.com(;|$)/)
      assert.equal(headers['x-frame-options'], undefined)
    })
  })
}

function whyNot(program: string): string | false {
  if (certificate === null) return 'needs openssl'
  if (process.platform !== 'linux') return 'needs Linux: every address of 127.0.0.0/8 is this machine'
  return spawnSync(program, [program === 'nginx' ? '-v' : 'version']).status === 0 ? false : `needs ${program}`
}
