// The examples in the help of every command run as they are written; ids, ports and addresses are those of this test.
// The page docs/command-line.md has the same help.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, suite, test } from 'node:test'
import { openSite } from '../../src/testing/site.ts'
import { defineDialect } from '../../src/dialect-kit/index.ts'
import { registry } from '../../src/dialects/registry.ts'
import { acme } from '../support/acme.ts'
import { eventType, fresh, startApiRig, until } from '../support/api-rig.ts'
import { bareEnv, endWithParent } from '../support/child-guard.ts'
import { command, programFolder } from '../support/command.ts'
import { commandPage, commandReference, examplesIn, leaves } from '../support/command-reference.ts'
import { withoutBash } from '../support/documented.ts'
import { freePort } from '../support/server-process.ts'
import { testDatabase } from '../support/test-database.ts'

const rig = await startApiRig()
const key = rig.installation.operatorKey
const folder = await mkdtemp(join(tmpdir(), 'posthorn-examples-'))
after(async () => {
  await rig.close()
  await rm(folder, { recursive: true })
})

const programs = programFolder(folder)

interface Line {
  readonly exitCode: () => number | null
  readonly stdout: () => string
  /** The text of stdout and stderr. */
  readonly output: () => string
  stop(): void
  ended(): Promise<void>
}

/** Runs a line in bash, in its own process group. */
function startLine(line: string, env: Readonly<Record<string, string>>, place: string): Line {
  mkdirSync(place, { recursive: true })
  const own = bareEnv()
  const child = spawn('bash', ['-c', line], {
    cwd: place,
    env: { ...own, PATH: `${programs}:${own['PATH']}`, XDG_CONFIG_HOME: join(place, 'config'), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  endWithParent(child)
  let [stdout, output] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
  }
  const closed = once(child, 'close')
  return {
    exitCode: () => child.exitCode,
    stdout: () => stdout,
    output: () => output,
    stop: () => process.kill(-Number(child.pid), 'SIGINT'),
    ended: async () => void (await closed),
  }
}

/** Runs a line that must succeed and print something; with `--json`, JSON. */
async function succeeds(line: string, env: Readonly<Record<string, string>>, place: string): Promise<void> {
  const run = startLine(line, env, place)
  await run.ended()
  assert.equal(run.exitCode(), 0, `${line}\n${run.output()}`)
  assert.match(run.output(), /\w[^]*\n$/, line)
  if (line.includes('--json')) assert.equal(typeof JSON.parse(run.stdout()), 'object', line)
}

const remote = { POSTHORN_URL: rig.server.url, POSTHORN_KEY: key }

/** A tenant with all objects that examples name, and the line with their names in place of those of the example. */
async function withObjects(line: string): Promise<{ readonly line: string; readonly tenant: string }> {
  const id = fresh('acme')
  const isNew = line.startsWith('posthorn tenant create acme')
  if (isNew) return { line: line.replace('acme', id), tenant: id }
  const tenant = await rig.tenant('standard')
  const endpoint = await rig.endpoint(tenant, { eventTypes: ['*'] })
  await rig.event(tenant)
  const [request] = await rig.received(endpoint.path, 1)
  const delivery = async () => (await rig.want(200, { path: `/v1/deliveries?tenant=${tenant.id}` })).data as unknown
  await until(async () => JSON.stringify(await delivery()).includes('"delivered"'), 'it is delivered')
  const [{ id: deliveryId }] = (await delivery()) as [{ id: string }]
  const filter = { tenant: tenant.id, from: '2026-01-01T00:00:00Z', status: ['delivered'] }
  const replay = await rig.want(201, { method: 'POST', path: '/v1/replays', body: { filter, dryRun: true } })
  const head = Object.entries(request?.headers ?? {}).map(([name, value]) => `${name}: ${String(value)}\n`)
  writeFileSync(join(folder, 'request.txt'), `${head.join('')}\n${String(request?.body)}`)
  const { secrets } = endpoint as unknown as { secrets: { value: string }[] }
  writeFileSync(join(folder, 'secret.txt'), secrets[0]?.value ?? '')
  const real = line
    .replaceAll(/\bacme\b/g, tenant.id)
    .replaceAll(/\bep_\w{20}\b/g, endpoint.id)
    .replaceAll(/\b019c1a52-[\w-]+/g, deliveryId)
    .replaceAll(/\brpl_\w+/g, replay.id)
    .replaceAll(/\bkey_\w+/g, tenant.keyId)
    .replaceAll('http://127.0.0.1:4080', rig.server.url)
    .replaceAll(/--at \S+/g, `--at ${new Date().toISOString()}`)
    .replaceAll(/127\.0\.0\.1:3000/g, rig.receiver.url.replace('http://', ''))
  return { line: real, tenant: tenant.id }
}

/** Posts the saved request to the address that `listen` has printed. */
async function postSaved(output: string): Promise<void> {
  const [head = '', body = ''] = readFileSync(join(folder, 'request.txt'), 'utf8').split('\n\n')
  const headers = Array.from(
    head.matchAll(/^(webhook-.*?): (.*)$/gm),
    ([, name = '', value = '']): [string, string] => [name, value],
  )
  const [, url = ''] = /Listening on (http:\S+)/.exec(output) ?? []
  assert.equal((await fetch(url, { method: 'POST', headers, body })).status, 200)
}

/** Commands that run until they are stopped: they must print something after an event. */
async function watches(line: string, tenant: string): Promise<void> {
  const run = startLine(line.replace(/^(posthorn listen .*?)( --port 0)?$/, '$1 --port 0'), remote, folder)
  const before = line.includes('listen') ? /Listening/ : /^/
  await until(() => before.test(run.output()) || run.exitCode() !== null, line)
  if (line.includes('--failures')) {
    const path = `/${fresh('bad')}`
    rig.behaviours.set(path, () => ({ status: 500 }))
    const body = { url: `${rig.receiver.url}${path}`, eventTypes: ['*'] }
    await rig.want(201, { method: 'POST', path: `/v1/tenants/${tenant}/endpoints`, body })
  }
  const hasServer = !line.includes('--secret-file')
  if (!hasServer) await postSaved(run.output())
  const body = { tenant, type: eventType, data: {} }
  await until(async () => {
    if (hasServer) await rig.want(202, { method: 'POST', path: '/v1/events', body })
    return new RegExp(`${eventType}| verified {2}`).test(run.output())
  }, `${line}\n${run.output()}`)
  run.stop()
  await run.ended()
  assert.equal(run.exitCode(), 0, `${line}\n${run.output()}`)
}

async function logs(line: string): Promise<void> {
  const env = { POSTHORN_URL: rig.server.url }
  // The profile must be there.
  if (line.includes('logout')) await succeeds(`${line.replace('logout', 'login')} < data/operator-key`, env, folder)
  await succeeds(line, env, folder)
}

/** The folder of the commands that need no server. */
const local = join(folder, 'local')

async function runsLocally(line: string): Promise<void> {
  if (line.startsWith('posthorn serve')) {
    const run = startLine(line.replace(/--port \d+/, '--port 0'), { POSTHORN_PORT: '0' }, local)
    await until(() => run.output().includes('posthorn is serving'), line, 30_000)
    run.stop()
    await run.ended()
    assert.equal(run.exitCode(), 0, run.output())
    return
  }
  if (line.startsWith('posthorn dialect')) return runsDialect(line)
  if (line.startsWith('posthorn migrate')) {
    const place = await testDatabase()
    await succeeds(line.replace(/postgres:\S+/, `'${place.url}'`), {}, local)
    return place.drop()
  }
  const loose = { POSTHORN_ALLOW_HTTP: 'on', POSTHORN_ALLOW_NETWORKS: '127.0.0.0/8' }
  const own = { ...loose, POSTHORN_PORT: String(await freePort()) }
  await succeeds(line.replace('https://hooks.example.com', rig.receiver.url), line.includes('doctor') ? own : {}, local)
}

async function runsDialect(line: string): Promise<void> {
  if (!existsSync(join(local, 'openapi.yaml'))) {
    const site = await openSite([...registry, defineDialect(acme('acme'))])
    writeFileSync(join(local, 'openapi.yaml'), await (await fetch(`${site.url}/openapi/acme.json`)).text())
    await site.close()
  }
  rmSync(join(local, 'acme.ts'), { force: true })
  if (!line.includes(' new ')) await succeeds('posthorn dialect new acme --from openapi.yaml', {}, local)
  await succeeds(line, {}, local)
}

const all = leaves().map(({ words, help }) => ({ words, examples: examplesIn(help) }))

test('every command has an example', () => {
  assert.deepEqual(
    all.filter(({ examples }) => examples.length === 0),
    [],
  )
})

suite('the examples of', { skip: withoutBash }, () => {
  mkdirSync(join(folder, 'data'))
  writeFileSync(join(folder, 'data', 'operator-key'), key, { mode: 0o600 })

  for (const { words, examples } of all) {
    test(words, async () => {
      for (const example of examples) {
        if (/^posthorn (?:serve|migrate|backup|restore|dialect|doctor|completion)/.test(example)) {
          await runsLocally(example)
          continue
        }
        const { line, tenant } = await withObjects(example)
        if (/^posthorn (?:tail|listen)/.test(line)) await watches(line, tenant)
        else if (/^posthorn log(?:in|out)/.test(line)) await logs(line)
        else await succeeds(line, remote, folder)
      }
    })
  }
})

test('docs/command-line.md has the help of every command', () => {
  const text = 'node test/support/command-reference.ts writes it'
  assert.equal(readFileSync(commandPage, 'utf8'), commandReference(), text)
})

suite('the command line', () => {
  test('shows the help of a command with several words', async () => {
    for (const more of [[], ['--json'], ['123']]) {
      const { code, stdout } = await command(['help', 'delivery', 'list', ...more], { folder })
      assert.equal(code, 0)
      assert.match(stdout, /^Usage: posthorn delivery list \[options\]\n/)
    }
  })

  test('shows its help without the modules of the service', async () => {
    const trace = join(folder, 'modules.mjs')
    writeFileSync(
      trace,
      `import { registerHooks } from 'node:module'
       const urls = []
       registerHooks({ load: (url, context, next) => (urls.push(url), next(url, context)) })
       process.on('exit', () => process.stderr.write(urls.join('\\n')))`,
    )
    const { code, stdout, stderr } = await command(['--help'], { folder, env: { NODE_OPTIONS: `--import=${trace}` } })
    assert.equal(code, 0)
    assert.match(stdout, /^Usage: posthorn \[options\] \[command\]\n/)
    const loaded = stderr.split('\n').filter((url) => url.startsWith('file:'))
    assert.ok(loaded.some((url) => url.endsWith('src/main.ts')))
    const heavy =
      /\/(?:app|api|engine|net|store|dialects|dialect-kit)\/|src\/app|node_modules\/(?!commander|fast-string)/
    assert.deepEqual(
      loaded.filter((url) => heavy.test(url)),
      [],
    )
  })
})
