// The master key is replaced while events flow: on one node by a restart, on several by restarting them one by one. Not
// an event is lost, not a signature is wrong, and in the end nothing in the database needs the old key. Before that a
// start without the old key is refused.

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
/** More than one step of the rotation takes. */
const endpointCount = limits.rotationStepRows + 20
/** Endpoints that get other secrets while their old ones are sealed anew; events come to them in the end. */
const changedMeanwhile = [0, 1, 2, 3, 4].map((index) => endpointCount - 1 - index)
const type = 'invoice.paid'

interface Running {
  readonly server: ServerProcess
  readonly client: OperatorClient
}

const [oldKey, newKey] = [randomBytes(32).toString('base64'), randomBytes(32).toString('base64')]
const mark = (key: string): string => {
  const hash = createHash('sha256').update('posthorn master key ').update(Buffer.from(key, 'base64'))
  return `v1.${hash.digest('hex').slice(0, 8)}.`
}

const statements = [
  'SELECT sealed_secrets AS sealed FROM endpoints',
  'SELECT sealed_headers AS sealed FROM endpoints',
  'SELECT sealed_body AS sealed FROM idempotent_answers',
  'SELECT value AS sealed FROM installation',
]

/** All that is sealed, as it stands in the database. */
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

/** Endpoints of one tenant, each with a path, an event type and a signing secret of its own. */
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

  /** Posts an event to an endpoint; one that is not accepted counts for nothing. */
  async post({ client }: Running, index: number): Promise<void> {
    const answer = await client.postEvent({ tenant: 'acme', type: `${type}.${index}`, data: {} }).catch(() => null)
    if (answer?.status === 202) this.#accepted.add((answer.body as { id: string }).id)
  }

  /** Gives an endpoint another secret, which signs alone from then on. */
  async rotateSecret({ client }: Running, index: number): Promise<void> {
    const path = `/v1/tenants/acme/endpoints/${this.#ids[index]}/rotate-secret`
    const body = expectStatus(await client.call('POST', path, { overlapSeconds: 0 }), 200)
    this.#learn(index, (body as { secrets: { value: string }[] }).secrets[0]?.value)
  }

  /** Everything that was accepted has arrived, with its header and a signature of its endpoint. */
  async check(): Promise<void> {
    const arrived = (): Set<unknown> => new Set(this.#receiver.requests.map(({ headers }) => headers['webhook-id']))
    await until(() => this.#accepted.isSubsetOf(arrived()), 'all that was accepted has arrived', 20_000)
    for (const { path, headers, body } of this.#receiver.requests) {
      assert.equal(headers['x-own'], 'mine')
      new Webhook(this.#secrets.get(path) ?? '').verify(body, headers as Record<string, string>)
    }
    assert.ok(this.#accepted.size > endpointCount, 'none was accepted while the key was replaced')
  }
}

/** Posts to one endpoint after the other, through whatever nodes there are, until told to end. */
function startPosting(endpoints: Endpoints, nodes: () => readonly Running[]): { end(): Promise<void> } {
  const ending = new AbortController()
  const run = (async () => {
    for (let count = 0; !ending.signal.aborted; count++) {
      const node = nodes()[count % nodes().length]
      if (node !== undefined) await endpoints.post(node, count % (endpointCount - changedMeanwhile.length))
      // A node that is being replaced refuses at once.
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
  /** The keys that all nodes are restarted with, one node after the other. */
  readonly steps: readonly (readonly string[])[]
}

const cases: readonly Case[] = [
  { database: 'SQLite', place: sqlitePlace, nodes: 1, steps: [[newKey, oldKey], [newKey]] },
  // A node must open what another one seals: first all learn of the new key, then it is used.
  { database: 'PostgreSQL', place: postgresPlace, nodes: 2, steps: [[oldKey, newKey], [newKey, oldKey], [newKey]] },
]

suite('the master key is replaced while all goes on:', () => {
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
        await until(() => nodes.every(({ server }) => server.output().includes(rotated)), 'all is sealed anew', 20_000)
        const sealed = await sealedIn(place)
        assert.ok(sealed.length > 2 * endpointCount, 'something was looked at')
        assert.deepEqual(
          sealed.filter((value) => !value.startsWith(mark(newKey))),
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
