// The master key is rotated while events flow: one node is restarted, several nodes are restarted one by one. No event
// is lost, no signature is wrong, and in the end no value in the database needs the old key. Until then a start without
// the old key is refused.

import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { suite, test, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Webhook } from 'standardwebhooks'
import { limits } from '../src/domain/limits.ts'
import { until } from './support/api-rig.ts'
import { createOperatorClient, expectStatus, type OperatorClient } from './support/operator-client.ts'
import { type Place, postgresPlace, sqlitePlace } from './support/place.ts'
import { type Receiver, startReceiver } from './support/receiver.ts'
import { type ServerProcess, startServer } from './support/server-process.ts'

const rotated = 'everything is sealed with the first master key'
/** More endpoints than one step of the rotation seals. */
const endpointCount = limits.rotationStepRows + 20
/** Endpoints whose secrets change while the rotation seals the old ones again; they get events at the end. */
const changedMeanwhile = [0, 1, 2, 3, 4].map((index) => endpointCount - 1 - index)
const type = 'invoice.paid'

interface Running {
  readonly server: ServerProcess
  readonly client: OperatorClient
}

const [oldKey, newKey] = [randomBytes(32).toString('base64'), randomBytes(32).toString('base64')]
const keyIdOf = (key: string): string => {
  const hash = createHash('sha256').update('posthorn master key ').update(Buffer.from(key, 'base64'))
  return hash.digest('hex').slice(0, 8)
}

const statements = [
  'SELECT sealed_secrets AS sealed FROM endpoints',
  'SELECT sealed_headers AS sealed FROM endpoints',
  'SELECT seal AS sealed FROM api_keys',
  'SELECT seal AS sealed FROM api_key_tenants',
  'SELECT sealed_body AS sealed FROM idempotent_answers',
  // The marker of deliveries is no secret.
  "SELECT value AS sealed FROM installation WHERE name <> 'delivery marker'",
]

/** All sealed values of the database. */
async function sealedIn(place: Place): Promise<string[]> {
  const rows = await Promise.all(statements.map((statement) => place.query(statement)))
  return rows.flat().map(({ sealed }) => String(sealed))
}

/** Starts a node with these master keys. */
async function startWith(place: Place, keys: readonly string[]): Promise<Running> {
  const env = { ...place.env, POSTHORN_MASTER_KEY: keys.join(','), POSTHORN_LOG_LEVEL: 'info' }
  const server = await startServer(place.installation, env)
  return { server, client: createOperatorClient(server.url, place.installation.operatorKey) }
}

async function stop({ server, client }: Running): Promise<void> {
  await client.close()
  await server.stop()
}

/** Endpoints of one tenant. Each has its own path, event type and signing secret. */
class Endpoints {
  readonly #receiver: Receiver
  readonly #secrets = new Map<string, string>()
  readonly #ids: string[] = []
  readonly #accepted = new Set<string>()

  constructor(receiver: Receiver) {
    this.#receiver = receiver
  }

  async create({ client }: Running): Promise<void> {
    await client.createTenant({ id: 'acme', dialect: 'standard' })
    await client.createKey({ tenants: ['acme'] })
    for (let index = 0; index < endpointCount; index++) {
      const fields = {
        url: `${this.#receiver.url}/${index}`,
        eventTypes: [`${type}.${index}`],
        headers: { 'x-own': 'mine' },
      }
      const endpoint = await client.createEndpoint('acme', fields)
      this.#ids.push(endpoint.id)
      this.#learn(index, endpoint.secrets[0]?.value)
    }
  }

  #learn(index: number, secret: string | undefined): void {
    this.#secrets.set(`/${index}`, secret ?? '')
  }

  /** Posts an event to an endpoint. An event that is not accepted is not counted. */
  async post({ client }: Running, index: number): Promise<void> {
    const answer = await client.postEvent({ tenant: 'acme', type: `${type}.${index}`, data: {} }).catch(() => null)
    if (answer?.status === 202) this.#accepted.add((answer.body as { id: string }).id)
  }

  /** Rotates the secret of an endpoint without overlap. */
  async rotateSecret({ client }: Running, index: number): Promise<void> {
    const path = `/v1/tenants/acme/endpoints/${this.#ids[index]}/rotate-secret`
    const body = expectStatus(await client.call('POST', path, { overlapSeconds: 0 }), 200)
    this.#learn(index, (body as { secrets: { value: string }[] }).secrets[0]?.value)
  }

  /** Asserts that every accepted event has arrived, with the custom header and a valid signature of its endpoint. */
  async check(): Promise<void> {
    const arrived = (): Set<unknown> => new Set(this.#receiver.requests.map(({ headers }) => headers['webhook-id']))
    await until(() => this.#accepted.isSubsetOf(arrived()), 'every accepted event has arrived', 20_000)
    for (const { path, headers, body } of this.#receiver.requests) {
      assert.equal(headers['x-own'], 'mine')
      new Webhook(this.#secrets.get(path) ?? '').verify(body, headers as Record<string, string>)
    }
    assert.ok(this.#accepted.size > endpointCount, 'no event was accepted during the rotation')
  }
}

/** Posts to one endpoint after the other, through the nodes in turn, until `end` is called. */
function startPosting(endpoints: Endpoints, nodes: () => readonly Running[]): { end(): Promise<void> } {
  const ending = new AbortController()
  const run = (async () => {
    for (let count = 0; !ending.signal.aborted; count++) {
      const node = nodes()[count % nodes().length]
      if (node !== undefined) await endpoints.post(node, count % (endpointCount - changedMeanwhile.length))
      // A node that restarts refuses at once: without a pause this loop would spin.
      await sleep(1)
    }
  })()
  return {
    async end() {
      ending.abort()
      await run
    },
  }
}

interface Case {
  readonly database: string
  readonly place: (t: TestContext) => Promise<Place>
  readonly nodes: number
  /** The master keys of each rolling restart: all nodes are restarted with them, one after the other. */
  readonly steps: readonly (readonly string[])[]
}

const cases: readonly Case[] = [
  { database: 'SQLite', place: sqlitePlace, nodes: 1, steps: [[newKey, oldKey], [newKey]] },
  // A node must open values that another node sealed: first every node gets the new key, then the nodes seal with it.
  { database: 'PostgreSQL', place: postgresPlace, nodes: 2, steps: [[oldKey, newKey], [newKey, oldKey], [newKey]] },
]

suite('the master key is rotated under load:', () => {
  for (const { database, place: makePlace, nodes: nodeCount, steps } of cases) {
    test(`on ${database}`, { timeout: 240_000 }, async (t) => {
      const place = await makePlace(t)
      const receiver = await startReceiver()
      t.after(() => receiver.close())
      const nodes: Running[] = []
      t.after(() => Promise.all(nodes.map(({ server }) => server.kill('SIGKILL'))))
      for (let index = 0; index < nodeCount; index++) nodes.push(await startWith(place, [oldKey]))
      const endpoints = new Endpoints(receiver)
      await endpoints.create(nodes[0] as Running)
      await Promise.all(nodes.map(stop))
      await assert.rejects(startWith(place, [newKey]), /master key is not the one/)
      for (let index = 0; index < nodeCount; index++) nodes[index] = await startWith(place, [oldKey])

      const posting = startPosting(endpoints, () => nodes)
      t.after(() => posting.end())
      for (const keys of steps) {
        for (let index = 0; index < nodeCount; index++) {
          await stop(nodes[index] as Running)
          nodes[index] = await startWith(place, keys)
          for (const changed of changedMeanwhile) await endpoints.rotateSecret(nodes[index] as Running, changed)
        }
        if (keys[0] !== newKey || keys.length === 1) continue
        const finished = () => nodes.every(({ server }) => server.output().includes(rotated))
        await until(finished, 'every value is sealed with the new key', 20_000)
        const sealed = await sealedIn(place)
        assert.ok(sealed.length > 2 * endpointCount, `only ${sealed.length} sealed values were found`)
        assert.deepEqual(
          sealed.filter((value) => value.split('.')[1] !== keyIdOf(newKey)),
          [],
        )
      }
      await posting.end()
      for (let index = 0; index < endpointCount; index++) await endpoints.post(nodes[0] as Running, index)
      await endpoints.check()
      await Promise.all(nodes.map(stop))
    })
  }
})
