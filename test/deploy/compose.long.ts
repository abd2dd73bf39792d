// deploy/compose.yaml without a container engine: its nodes run as processes with the variables of the file, behind a real
// Caddy with the configuration of the file. The addresses of database and balancer are those of the test.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { readSettings } from '../../src/config/settings.ts'
import { addressOf } from '../../src/store/postgres/address.ts'
import { until } from '../support/api-rig.ts'
import { answers, repository } from '../support/documented.ts'
import { startNodes } from '../support/nodes.ts'
import { createOperatorClient } from '../support/operator-client.ts'
import { freePort } from '../support/server-process.ts'
import { run, runFolder } from '../support/serve-run.ts'
import { testDatabase } from '../support/test-database.ts'

interface Node {
  readonly environment: Readonly<Record<string, string>>
  readonly stop_grace_period: string
  readonly read_only: boolean
}

interface Image {
  readonly image: string
  readonly environment: Readonly<Record<string, string>>
  readonly volumes: readonly string[]
  readonly ports: readonly string[]
}

/** The variables that the first lines of the file export. */
const exported: Readonly<Record<string, string>> = {
  POSTHORN_OPERATOR_KEY: randomBytes(24).toString('hex'),
  POSTHORN_MASTER_KEY: randomBytes(32).toString('base64'),
  POSTGRES_PASSWORD: randomBytes(24).toString('hex'),
}
const substituted = readFileSync(join(repository, 'deploy/compose.yaml'), 'utf8').replaceAll(
  /\$\{(\w+):\?\}/g,
  (_, name: string) => exported[name] ?? `${name} is not exported`,
)
const { services, configs } = parse(substituted, { merge: true }) as {
  readonly services: Readonly<Record<'posthorn-1' | 'posthorn-2', Node> & Record<'database' | 'balancer', Image>>
  readonly configs: { readonly balancer: { readonly content: string } }
}
const { environment } = services['posthorn-1']

test('the nodes of compose.yaml are the same, and have settings that exist', () => {
  const made = substituted.matchAll(/\b(\w+)=\$\(openssl rand /g)
  assert.deepEqual(
    Array.from(made, ([, name]) => name),
    Object.keys(exported),
  )
  const [node, other] = [services['posthorn-1'], services['posthorn-2']]
  assert.deepEqual(node, other)
  assert.equal(node.read_only, true)
  assert.equal(node.stop_grace_period, '15s')
  const { operatorKey, masterKey, port } = readSettings(environment)
  assert.equal(operatorKey, exported['POSTHORN_OPERATOR_KEY'])
  assert.deepEqual(masterKey, [Buffer.from(exported['POSTHORN_MASTER_KEY'] ?? '', 'base64')])
  for (const name of ['posthorn-1', 'posthorn-2']) assert.ok(configs.balancer.content.includes(` ${name}:${port} `))
})

test('the nodes of compose.yaml use its PostgreSQL, whose data is in a volume', () => {
  const { image, environment: database, volumes } = services.database
  assert.equal(image, 'postgres:18')
  assert.deepEqual(volumes, ['database:/var/lib/postgresql'])
  assert.deepEqual(addressOf(environment['POSTHORN_DATABASE'] ?? '').login, {
    host: 'database',
    port: 5432,
    user: database['POSTGRES_USER'],
    password: exported['POSTGRES_PASSWORD'],
    database: database['POSTGRES_DB'],
    options: undefined,
  })
  assert.equal(database['POSTGRES_PASSWORD'], exported['POSTGRES_PASSWORD'])
})

test('only this machine reaches the balancer of compose.yaml', () => {
  const { image, ports } = services.balancer
  assert.equal(image, 'caddy:2')
  assert.deepEqual(ports, ['127.0.0.1:4080:80'])
  assert.match(configs.balancer.content, /^:80 \{$/m)
})

test(
  'the balancer of compose.yaml spreads requests, and leaves out a node that has stopped',
  { skip: spawnSync('caddy', ['version']).status === 0 ? false : 'needs caddy', timeout: 60_000 },
  async (t) => {
    const database = await testDatabase()
    t.after(() => database.drop())
    const nodes = await startNodes(2, database.url, {
      ...environment,
      POSTHORN_DATABASE: database.url,
      POSTHORN_TRUSTED_PROXIES: '127.0.0.0/8',
    })
    t.after(() => nodes.close())
    const folder = await runFolder(t)
    const port = await freePort()
    const balancer = nodes.all
      .reduce(
        (text, { server }, index) => text.replace(`posthorn-${index + 1}:4080`, `127.0.0.1:${server.port}`),
        configs.balancer.content,
      )
      .replace(/^:80 /, `http://127.0.0.1:${port} `)
    writeFileSync(join(folder, 'Caddyfile'), `{\n\tadmin off\n}\n${balancer}`)
    const config = join(folder, 'Caddyfile')
    const caddy = run(t, folder, { HOME: folder }, ['caddy', 'run', '--adapter', 'caddyfile', '--config', config])
    const url = `http://127.0.0.1:${port}`
    await until(() => answers(`${url}/healthz`), `the balancer answers: ${caddy.stderr()}`, 15_000)

    const client = createOperatorClient(url, exported['POSTHORN_OPERATOR_KEY'] ?? '')
    t.after(() => client.close())
    await client.createTenant({ id: 'acme', dialect: 'standard' })
    const acceptedBy = async (place: number): Promise<number> => {
      const metrics = await (await fetch(`${nodes.at(place).server.url}/metrics`)).text()
      return Number(/^posthorn_events_accepted_total (\d+)$/m.exec(metrics)?.[1])
    }
    const post = async (): Promise<number> => (await client.postEvent({ tenant: 'acme', type: 'a', data: {} })).status
    for (let posted = 0; posted < 40; posted++) assert.equal(await post(), 202)
    for (const place of [0, 1]) assert.ok((await acceptedBy(place)) > 0, `node ${place} accepts events`)

    const stopped = nodes.at(0).server.stop()
    // A request that meets the end of its node is refused, and Caddy does not send it to another one.
    for (let posted = 0; posted < 20; posted++) assert.ok([202, 502, 503].includes(await post()))
    await stopped
    await until(async () => (await post()) === 202, 'Caddy has noticed the end', 10_000)
    for (let posted = 0; posted < 40; posted++) assert.equal(await post(), 202)
  },
)
