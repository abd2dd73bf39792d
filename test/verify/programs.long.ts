// The handlers as docs/receiving.md has them, in programs of Next and of the runtimes that call a function with a
// `Request`, with the package as it is published. All come from npm: what cannot be had is skipped aloud.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { globSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { after, suite, test, type TestContext } from 'node:test'
import { Webhook } from 'standardwebhooks'
import { eventType, startApiRig, until } from '../support/api-rig.ts'
import { repository, snippets } from '../support/documented.ts'
import { npmProject } from '../support/npm-project.ts'
import { pack } from '../support/packed.ts'
import { run, type ServeRun } from '../support/serve-run.ts'
import { writeWorker } from '../support/worker-config.ts'

const rig = await startApiRig()
after(() => rig.close())
const folder = mkdtempSync(join(tmpdir(), 'posthorn-programs-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const packed = await pack(join(repository, 'packages/verify'), join(folder, 'built'), folder)

/** The part that the reader of the document writes. */
const store = `async function store(id: string | undefined, event: StandardEvent) {
  console.log('stored', id, JSON.stringify(event.data))
}
`
const [options = '', handlers = '', worker = ''] = snippets('docs/receiving.md')

/** The documented program that gives `handle` to a framework. */
function programOf(framework: string): string {
  const [, line] = new RegExp(`^// ${framework}\\b.*\n(.*)$`, 'm').exec(handlers) ?? []
  assert.ok(line !== undefined, framework)
  return `${options}${line}\n${store}`
}

interface Program {
  /** Besides the package of the handlers. */
  readonly packages: Readonly<Record<string, string>>
  /** Writes and builds it. */
  readonly prepare: (place: string) => void
  /** The command below `node_modules/.bin` that serves it, and its settings. */
  readonly serve: (port: number) => readonly [command: readonly string[], settings?: Readonly<Record<string, string>>]
}

const programs: Readonly<Record<string, Program>> = {
  Next: {
    packages: { next: '16', react: '19', 'react-dom': '19', typescript: '5', '@types/node': '*', '@types/react': '19' },
    prepare(place) {
      mkdirSync(join(place, 'app/webhooks'), { recursive: true })
      writeFileSync(join(place, 'app/webhooks/route.ts'), programOf('Next'))
      const { status, stdout, stderr } = spawnSync('node_modules/.bin/next', ['build'], {
        cwd: place,
        encoding: 'utf8',
        env: { ...process.env, NEXT_TELEMETRY_DISABLED: '1' },
      })
      assert.equal(status, 0, stdout + stderr)
    },
    serve: (port) => [['next', 'start', '-H', '127.0.0.1', '-p', String(port)], { NEXT_TELEMETRY_DISABLED: '1' }],
  },
  Workers: {
    packages: { workerd: '1' },
    prepare(place) {
      writeFileSync(join(place, 'worker.ts'), `${worker}${store}`)
      const source = join(place, 'node_modules/@posthorn/verify/src')
      const modules = globSync('*.js', { cwd: source }).map(
        (name) => [name === 'index.js' ? '@posthorn/verify' : `@posthorn/${name}`, join(source, name)] as const,
      )
      writeWorker(place, new Map([['worker.ts', join(place, 'worker.ts')], ...modules]), ['WEBHOOK_SECRET'])
    },
    serve: (port) => [['workerd', 'serve', 'config.capnp', '--socket-addr', `http=127.0.0.1:${port}`]],
  },
  Deno: {
    packages: { deno: '2' },
    prepare: (place) => writeFileSync(join(place, 'main.ts'), programOf('Deno')),
    serve: (port) => [
      ['deno', 'run', '--allow-net', '--allow-env', 'main.ts'],
      { DENO_SERVE_ADDRESS: `tcp:127.0.0.1:${port}` },
    ],
  },
  Bun: {
    packages: { bun: '1' },
    prepare: (place) => writeFileSync(join(place, 'main.ts'), programOf('Bun')),
    serve: (port) => [['bun', 'run', 'main.ts'], { PORT: String(port) }],
  },
}

/** Starts a program, and makes an endpoint of its URL. */
async function start(t: TestContext, place: string, { serve }: Program) {
  const url = `http://127.0.0.1:${await freePort()}/webhooks`
  const tenant = await rig.tenant('standard')
  const body = { url, eventTypes: [eventType] }
  const { secrets } = await rig.want(201, { method: 'POST', path: `/v1/tenants/${tenant.id}/endpoints`, body })
  const secret = secrets[0]?.value ?? ''
  const [[command = '', ...words], settings] = serve(Number(new URL(url).port))
  const served = run(t, place, { ...settings, WEBHOOK_SECRET: secret }, [
    join(place, 'node_modules/.bin', command),
    ...words,
  ])
  await until(
    () =>
      fetch(url).then(
        () => true,
        () => false,
      ),
    `${command} answers`,
  )
  return { url, tenant, secret, served }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

const storedLines = ({ stdout }: ServeRun): string[] =>
  stdout()
    .split('\n')
    .filter((line) => line.startsWith('stored'))

suite('the documented program receives deliveries in', () => {
  for (const [name, program] of Object.entries(programs)) {
    test(name, { timeout: 500_000 }, async (t) => {
      const place = join(folder, name)
      const missing = npmProject(place, { ...program.packages, '@posthorn/verify': `file:${relative(place, packed)}` })
      if (missing !== null) return t.skip(missing)
      program.prepare(place)
      const { url, tenant, secret, served } = await start(t, place, program)

      const data = { text: 'größe "€"' }
      const id = await rig.event(tenant, { data })
      await until(async () => {
        const { deliveries } = await rig.want(200, { path: `/v1/events/${id}` })
        return (deliveries as readonly { readonly status: string }[])[0]?.status === 'delivered'
      }, 'the delivery is answered 2xx')
      const stored = [`stored ${id} ${JSON.stringify(data)}`]
      await until(() => storedLines(served).length > 0, 'the event is stored')
      assert.deepEqual(storedLines(served), stored)

      const body = JSON.stringify({ type: eventType, timestamp: new Date().toISOString(), data: { n: 1 } })
      const headers = {
        'webhook-id': 'evt_1',
        'webhook-timestamp': String(Math.floor(Date.now() / 1000)),
        'webhook-signature': new Webhook(secret).sign('evt_1', new Date(), body),
      }
      const answer = async (request: RequestInit): Promise<number> =>
        (await fetch(url, { method: 'POST', headers, ...request })).status
      assert.equal(await answer({ body: body.replace('1}', '2}') }), 401)
      assert.equal(await answer({ body, headers: {} }), 401)
      assert.equal(await answer({ body: 'x'.repeat(6 * 1024 * 1024) }), 413)
      assert.deepEqual(storedLines(served), stored)
      assert.equal(await answer({ body }), 204)
    })
  }
})
