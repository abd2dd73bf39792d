// `posthorn listen` and `posthorn verify`: receivers on this machine, with deliveries of a real server.

import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, suite, test, type TestContext } from 'node:test'
import { registry } from '../../src/dialects/registry.ts'
import { eventType, fresh, startApiRig, type TestTenant, until } from '../support/api-rig.ts'
import { command, type RunningCommand, startCommand } from '../support/command.ts'
import { type Behaviour, type ReceivedRequest, startReceiver } from '../support/receiver.ts'

const rig = await startApiRig({ POSTHORN_RETRY_SCALE: '0.01' })
const folder = await mkdtemp(join(tmpdir(), 'posthorn-listen-'))
after(async () => {
  await rig.close()
  await rm(folder, { recursive: true })
})
const env = { POSTHORN_URL: rig.server.url, POSTHORN_KEY: rig.installation.operatorKey }

/** Starts `posthorn listen` for a tenant, until it has its endpoint. It is killed when the test ends. */
async function listen(t: TestContext, tenant: TestTenant, ...args: string[]): Promise<RunningCommand> {
  const running = startCommand(['listen', '--tenant', tenant.id, '--port', '0', ...args], { env, folder })
  t.after(() => running.signal('SIGKILL'))
  await until(() => running.stderr().includes('Listening'), 'it listens')
  return running
}

const rows = (running: RunningCommand): Record<string, unknown>[] =>
  running
    .stdout()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>)

async function deliveries(tenant: TestTenant): Promise<{ id: string; status: string; attempts: number }[]> {
  const { data } = await rig.want(200, { path: `/v1/deliveries?tenant=${tenant.id}` })
  return data as unknown as { id: string; status: string; attempts: number }[]
}

async function endpointsOf(tenant: TestTenant): Promise<unknown[]> {
  return (await rig.want(200, { path: `/v1/tenants/${tenant.id}/endpoints` })).data as unknown as unknown[]
}

suite('listen', { concurrency: 2 }, () => {
  for (const dialect of registry.map((one) => one.dialect.name)) {
    test(`verifies the deliveries of ${dialect}, and its endpoint is deleted at the end`, async (t) => {
      const { id } = await rig.want(201, { method: 'POST', path: '/v1/tenants', body: { dialect } })
      const tenant = { id, dialect, key: '', keyId: '' }
      const { data } = await rig.want(200, { path: '/v1/dialects' })
      const known = (data as unknown as { name: string; eventTypes: { name: string }[] }[]).find(
        ({ name }) => name === dialect,
      )
      const type = known?.eventTypes[0]?.name ?? eventType
      const running = await listen(t, tenant, '--json', '--event', type)
      await rig.event(tenant, { type, data: { call: fresh('call') } })
      await until(() => rows(running).length === 1, `a delivery: ${running.stderr()}`)
      const [row] = rows(running)
      assert.deepEqual([row?.['isValid'], row?.['answered'], row?.['isRepeated']], [true, 200, false])
      running.signal('SIGINT')
      assert.equal((await running.ended()).code, 0)
      assert.deepEqual(await endpointsOf(tenant), [])
    })
  }

  test('answers with failures and closed connections on demand, and a delivery that comes again is repeated', async (t) => {
    const tenant = await rig.tenant('standard')
    const running = await listen(t, tenant, '--json', '--fail-every', '2', '--drop-every', '3', '--delay', '20ms')
    for (let index = 0; index < 3; index++) await rig.event(tenant)
    await until(async () => {
      const all = await deliveries(tenant)
      return all.length === 3 && all.every(({ status }) => status === 'delivered')
    }, 'all are delivered')
    const answers = rows(running).map((row) => row['answered'])
    assert.deepEqual(answers.slice(0, 3), [200, 500, null])
    assert.ok(rows(running).filter((row) => row['isRepeated']).length >= 2)
  })

  test('waits before its answer as long as it was told', async (t) => {
    const tenant = await rig.tenant('standard')
    for (const [delay, ms] of [
      ['300ms', 300],
      ['1s', 1000],
    ] as const) {
      const running = await listen(t, tenant, '--delay', delay)
      const [, url = ''] = /Listening on (\S+) for/.exec(running.stderr()) ?? []
      const startedAt = performance.now()
      assert.equal((await fetch(url, { method: 'POST', body: '{}' })).status, 200)
      const tookMs = performance.now() - startedAt
      // A timer may end 1 ms early.
      assert.ok(tookMs >= ms - 1 && tookMs < ms + 10_000, `${delay}: ${tookMs} ms`)
    }
  })

  test('prints for people, and a stranger is not verified and cannot command the terminal', async (t) => {
    const tenant = await rig.tenant('standard')
    const running = await listen(t, tenant)
    await rig.event(tenant, { data: { seconds: 42 } })
    await until(() => running.stdout().includes('verified'), 'a delivery')
    assert.match(running.stdout(), /^[\d:.]+ {2}POST \/ {2}msg_\w+ {2}verified {2}answered 200\n {2}\{.*"seconds":42/)
    const [, url = ''] = /Listening on (\S+) for ep_\w+, which is deleted/.exec(running.stderr()) ?? []
    await fetch(url, { method: 'POST', body: '\u001b]0;owned\u0007{}' })
    await until(() => running.stdout().includes('owned'), 'the stranger')
    assert.match(
      running.stdout(),
      /not verified: Headers are missing: .*answered 200\n {2}\\u\{1b\}\]0;owned\\u\{7\}\{\}\n/,
    )
    const large = await fetch(url, { method: 'POST', body: Buffer.alloc(9_000_000) }).catch(() => ({ status: 413 }))
    assert.equal(large.status, 413)
  })

  test('passes deliveries on to an app, twice if that is wanted, and its answers back', async (t) => {
    const tenant = await rig.tenant('standard')
    const app = await startReceiver({ behave: () => ({ status: 503, body: 'the app is busy' }) })
    t.after(() => app.close())
    const running = await listen(t, tenant, '--json', '--forward-to', `${app.url}/hooks`, '--twice')
    await rig.event(tenant)
    const requests = await app.untilReceived(2)
    const [first, second] = requests as [ReceivedRequest, ReceivedRequest]
    assert.equal(first.path, '/hooks')
    assert.deepEqual(first.body, second.body)
    for (const name of ['webhook-id', 'webhook-signature', 'user-agent']) {
      assert.ok(first.headers[name], name)
      assert.equal(first.headers[name], second.headers[name])
    }
    await until(() => rows(running).length > 0, 'the answer')
    assert.equal(rows(running)[0]?.['answered'], 503)
    const [delivery] = await deliveries(tenant)
    await until(async () => ((await deliveries(tenant))[0]?.attempts ?? 0) > 0, 'the attempt')
    const { history } = await rig.want(200, { path: `/v1/deliveries/${delivery?.id}` })
    assert.match(JSON.stringify(history), /the app is busy/)
  })

  test('fetches the deliveries for an app, so that the server need not reach this machine', async (t) => {
    const tenant = await rig.tenant('standard')
    let isWell = false
    const app = await startReceiver({ behave: () => (isWell ? { status: 204 } : { status: 422, body: 'not now' }) })
    t.after(() => app.close())
    const running = await listen(t, tenant, '--json', '--forward-to', `${app.url}/hooks`)
    assert.match(
      running.stderr(),
      /^Listening by polling for ep_\w+, which is deleted at the end\. Ctrl-C ends it\.\n$/,
    )
    const [endpoint] = (await endpointsOf(tenant)) as [{ kind: string; url: string | null }]
    assert.equal(endpoint.kind, 'polling')
    await rig.event(tenant)
    await app.untilReceived(1)
    await until(async () => ((await deliveries(tenant))[0]?.attempts ?? 0) > 0, 'it is refused')
    isWell = true
    await until(async () => (await deliveries(tenant))[0]?.status === 'delivered', 'it is acknowledged')
    const [first, ...more] = rows(running)
    assert.deepEqual([first?.['isValid'], first?.['answered'], first?.['isRepeated']], [true, 422, false])
    const last = more.at(-1)
    assert.deepEqual([last?.['isValid'], last?.['answered'], last?.['isRepeated']], [true, 204, true])
    const [delivery] = await deliveries(tenant)
    const { history } = await rig.want(200, { path: `/v1/deliveries/${delivery?.id}` })
    assert.match(JSON.stringify(history), /422.*not now/)
    running.signal('SIGINT')
    assert.equal((await running.ended()).code, 0)
    assert.deepEqual(await endpointsOf(tenant), [])
  })

  test('goes on after odd answers of an app, and beside one that never comes', async (t) => {
    const tenant = await rig.tenant('standard')
    const answers: Readonly<Record<string, Behaviour>> = {
      nul: { status: 500, body: 'a\0b' },
      odd: { status: 600 },
      hangs: { hang: true },
    }
    const app = await startReceiver({
      behave: ({ body }) => answers[(JSON.parse(body.toString()) as { data: { is: string } }).data.is] ?? {},
    })
    t.after(() => app.close())
    const running = await listen(t, tenant, '--json', '--forward-to', app.url)
    for (const is of ['hangs', 'nul', 'odd']) await rig.event(tenant, { data: { is } })
    await app.untilReceived(3)
    await rig.event(tenant, { data: { is: 'well' } })
    await until(async () => (await deliveries(tenant)).some(({ status }) => status === 'delivered'), 'it is delivered')
    assert.deepEqual(new Set(rows(running).map((row) => row['answered'])), new Set([200, 500, 600]))
    running.signal('SIGINT')
    assert.equal((await running.ended()).code, 0)
    assert.deepEqual(await endpointsOf(tenant), [])
  })

  test('deletes what killed runs have left, and not the endpoint of a run under way', async (t) => {
    const tenant = await rig.tenant('standard')
    const own = await rig.endpoint(tenant, { description: 'posthorn listen' })
    const killed = await listen(t, tenant)
    killed.signal('SIGKILL')
    await killed.ended()
    assert.equal((await endpointsOf(tenant)).length, 2)
    const first = await listen(t, tenant, '--forward-to', 'http://127.0.0.1:9/')
    assert.match(first.stderr(), /^Deleted ep_\w+, which a run of listen that was killed had left\.\nListening/)
    const second = await listen(t, tenant, '--forward-to', 'http://127.0.0.1:9/')
    assert.match(second.stderr(), /^Listening/)
    assert.equal((await endpointsOf(tenant)).length, 3)
    for (const running of [first, second]) {
      running.signal('SIGINT')
      assert.equal((await running.ended()).code, 0)
    }
    assert.deepEqual(
      ((await endpointsOf(tenant)) as { id: string }[]).map(({ id }) => id),
      [own.id],
    )
  })

  test('says that 410 disables the endpoint, and what to do', async (t) => {
    const tenant = await rig.tenant('standard')
    const app = await startReceiver({ behave: () => ({ status: 410 }) })
    t.after(() => app.close())
    const running = await listen(t, tenant, '--forward-to', app.url)
    await rig.event(tenant)
    const { code, stderr } = await running.ended()
    assert.equal(code, 1)
    assert.match(
      stderr,
      /Answered 410, which says that the receiver is gone: the server disables the endpoint, and listen ends\. Start listen again once the app answers otherwise\.\nposthorn: The endpoint is disabled/i,
    )
    assert.deepEqual(await endpointsOf(tenant), [])
  })

  test('says why it has no answer of an app', async (t) => {
    const tenant = await rig.tenant('standard')
    const running = await listen(t, tenant, '--forward-to', 'http://127.0.0.1:9/')
    await rig.event(tenant)
    await until(() => running.stdout().includes('answered 502: http://127.0.0.1:9/: '), 'the reason')
  })

  test('says that the server must reach this machine, if its dialect cannot be polled', async (t) => {
    const { id } = await rig.want(201, { method: 'POST', path: '/v1/tenants', body: { dialect: 'allo' } })
    const app = await startReceiver()
    t.after(() => app.close())
    const tenant = { id, dialect: 'allo', key: '', keyId: '' }
    const running = await listen(t, tenant, '--forward-to', app.url)
    assert.match(running.stderr(), /^Only tenants of standard can be polled: .*\nListening on http:/)
    running.signal('SIGINT')
    assert.equal((await running.ended()).code, 0)
  })

  test('a wrong use, a port in use and an unknown tenant get one line', async () => {
    const port = String(rig.server.port)
    const withoutKey = join(folder, 'without-key')
    writeFileSync(withoutKey, 'whsec_\n')
    for (const [args, code, says] of [
      [['--twice'], 2, /--twice needs --forward-to/],
      [['--endpoint', 'ep_1'], 2, /--endpoint needs --tenant/],
      [['--forward-to', 'app'], 2, /--forward-to must be a URL/],
      [['--port', 'x'], 2, /must be a whole number from 0 to 65535/],
      [['--port', '0'], 2, /there is no secret: set POSTHORN_SECRET/],
      [
        ['--port', port],
        1,
        /cannot listen on --host 127\.0\.0\.1, --port \d+: the port is in use; choose another with --port\n/,
      ],
      [
        ['--port', '0', '--secret-file', withoutKey],
        2,
        /The secret is empty after whsec_\. Give it .*: whsec_<base64>\n/,
      ],
      [['--port', '0', '--secret-file', withoutKey, '--dialect', 'storno'], 2, /The secret is empty after whsec_/],
      [['--port', '0', '--secret-file', withoutKey, '--dialect', 'partoo'], 2, /give its public key in PEM\n/],
      [['--port', '0', '--secret-file', 'nowhere'], 2, /--secret-file nowhere does not exist\n/],
      [['--port', '0', '--tenant', 'nowhere'], 1, /There is no tenant nowhere/],
    ] as const) {
      const ended = await command(['listen', ...args], { env, folder })
      assert.deepEqual([ended.code, ended.stdout], [code, ''], ended.stderr)
      assert.match(ended.stderr, says)
      assert.match(ended.stderr, /^[^\n]+\n$/)
    }
  })
})

suite('verify', { concurrency: 2 }, () => {
  /** A real delivery, saved as a file, and its secret. */
  async function saved(change: (text: string) => string = (text) => text) {
    const tenant = await rig.tenant('standard')
    const endpoint = await rig.endpoint(tenant)
    await rig.event(tenant, { data: { sum: 5 } })
    const [request] = await rig.received(endpoint.path, 1)
    assert.ok(request)
    const head = Object.entries(request.headers).map(([name, value]) => `${name}: ${String(value)}\r\n`)
    const file = join(folder, fresh('request'))
    writeFileSync(file, change(`POST /hooks HTTP/1.1\r\n${head.join('')}\r\n${request.body.toString()}`))
    const { secrets } = endpoint as unknown as { secrets: { value: string }[] }
    const secretFile = join(folder, fresh('secret'))
    writeFileSync(secretFile, `${secrets[0]?.value}\n`)
    return { file, secretFile, tenant, endpoint, request, secret: secrets[0]?.value ?? '' }
  }

  test('a saved request is valid, with a secret from a file, the environment or the server', async () => {
    const { file, secretFile, secret, tenant, endpoint } = await saved()
    for (const [args, more] of [
      [[file, '--secret-file', secretFile], {}],
      [[file], { POSTHORN_SECRET: secret }],
      [[file, '--tenant', tenant.id, '--endpoint', endpoint.id], env],
    ] as const) {
      const { code, stdout, stderr } = await command(['verify', ...args], { env: more, folder })
      assert.equal(code, 0, stdout + stderr)
      assert.match(stdout, /✓ the signature is right\nvalid\n$/)
      assert.ok(!stdout.includes(secret))
    }
  })

  test('the step that fails is named, and the usual mistakes', async () => {
    const good = await saved()
    const reformatted = await saved((text) => text.replace('"sum":5', '"sum": 5'))
    const late = ['--at', new Date(Date.now() + 3_600_000).toISOString()]
    const spaced = join(folder, 'spaced')
    writeFileSync(spaced, 'whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA')
    for (const [args, says] of [
      [[good.file, '--secret-file', spaced], /✗ signature: The signature differs\.\n/],
      [
        [reformatted.file, '--secret-file', reformatted.secretFile],
        /The body was changed on its way: the JSON was read and written again/,
      ],
      [[good.file, '--secret-file', good.secretFile, ...late], /✗ time: The delivery is 60 minutes old/],
      [[good.file, '--secret-file', good.secretFile, '--dialect', 'ultravox'], /✗ present: /],
    ] as const) {
      const { code, stdout } = await command(['verify', ...args], { folder })
      assert.equal(code, 1)
      assert.match(stdout, says)
      assert.match(stdout, /not valid\n$/)
    }
    const { stdout } = await command(['verify', good.file, '--secret-file', spaced, '--json'], { folder })
    const { isValid, signatures } = JSON.parse(stdout) as {
      isValid: boolean
      signatures: { checks: { step: string }[] }[]
    }
    assert.deepEqual([isValid, signatures[0]?.checks.at(-1)?.step], [false, 'signature'])
  })

  test('headers and body may come apart, and a dialect from a file', async () => {
    const { request, secretFile } = await saved()
    const headers = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].flatMap((name) => [
      '--header',
      `${name}: ${String(request.headers[name])}`,
    ])
    const args = ['verify', ...headers, '--body-file', '-', '--secret-file', secretFile]
    const { code, stdout } = await command(args, { folder, stdin: request.body.toString() })
    assert.equal(code, 0, stdout)
    const own = join(import.meta.dirname, '../tutorial/acme.ts')
    const { code: other, stdout: text } = await command([...args, '--dialect', own], { folder })
    assert.equal(other, 1)
    assert.match(text, /✗ present: /)
  })

  test('a wrong use names the right one', async () => {
    const { file, secretFile } = await saved()
    const empty = join(folder, 'empty')
    writeFileSync(empty, '\n')
    const withoutKey = join(folder, 'without-key')
    writeFileSync(withoutKey, 'whsec_\n')
    for (const [args, says] of [
      [['nowhere.txt', '--secret-file', secretFile], /nowhere\.txt does not exist\n/],
      [[file], /there is no secret/],
      [[file, '--secret-file', empty], /--secret-file \S+ holds no secret: write the secret of the endpoint/],
      [[file, '--secret-file', folder], /--secret-file \S+ is a folder: give a file\n/],
      [[file, '--secret-file', join(file, 'x')], /--secret-file \S+ does not exist: a part of its path is a file/],
      [
        ['--header', 'a: b', '--body-file', 'nowhere', '--secret-file', secretFile],
        /--body-file nowhere does not exist\n/,
      ],
      [[file, '--secret-file', secretFile, '--dialect', 'partoo'], /give its public key in PEM\n/],
      [[file, '--secret-file', withoutKey], /The secret is empty after whsec_\. Give it .*: whsec_<base64>\n/],
      [[file, '--secret-file', file], /The secret is not base64 after whsec_\. Give it /],
      [[file, '--secret-file', secretFile, '--dialect', 'nothing'], /there is no dialect nothing: give standard, allo/],
      [['--secret-file', secretFile], /give a file with the whole request/],
      [[secretFile, '--secret-file', secretFile], /no empty line between headers and body/],
      [[file, '--tenant', 'acme'], /--tenant and --endpoint belong together/],
    ] as const) {
      const ended = await command(['verify', ...args], { folder })
      assert.deepEqual([ended.code, ended.stdout], [2, ''], ended.stderr)
      assert.match(ended.stderr, says)
    }
  })
})
