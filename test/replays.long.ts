// Replays beside kills: the process that runs a replay is killed in the middle, and the next one, or another node,
// continues it. Every delivery is sent again once, and none is left out. An attempt in flight at the kill is repeated, as
// always, but it is not another attempt of the history.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { suite, test, type TestContext } from 'node:test'
import { promisify } from 'node:util'
import { until } from './support/api-rig.ts'
import { commandLines, withoutCurl } from './support/documented.ts'
import { startNodes } from './support/nodes.ts'
import { createOperatorClient, expectStatus, type OperatorClient } from './support/operator-client.ts'
import { type Receiver, startReceiver } from './support/receiver.ts'
import { createInstallation, startServer } from './support/server-process.ts'
import { testDatabase } from './support/test-database.ts'

const from = '2026-01-31T00:00:00Z'
const count = 60
/** Deliveries in a second: the kill comes in the middle. */
const rate = 30
const tenant = 'acme'
// A delivery fails at once, after ten attempts.
const env = { POSTHORN_RETRY_SCALE: '0', POSTHORN_RATE_LIMITS: 'off' }

interface Replay {
  readonly id: string
  readonly state: string
  readonly count: { readonly total: number; readonly isExact: boolean; readonly done: number }
  readonly error: string | null
}

interface Row {
  readonly id: string
  readonly event: string
  readonly attempts: number
  readonly status: string
}

interface Site {
  readonly receiver: Receiver
  /** How the receiver answers. */
  readonly answer: { status: number }
}

async function site(t: TestContext): Promise<Site> {
  const answer = { status: 500 }
  const receiver = await startReceiver({ behave: () => answer })
  t.after(() => receiver.close())
  return { receiver, answer }
}

async function rows(client: OperatorClient): Promise<readonly Row[]> {
  return (await client.listDeliveries({ tenant, limit: '250' })) as unknown as readonly Row[]
}

async function publish(client: OperatorClient): Promise<void> {
  const events = Array.from({ length: count }, (_, index) => ({ tenant, type: 'a', data: { index } }))
  expectStatus(await client.postBatch(events), 202)
}

/** Events whose deliveries have all failed. The receiver accepts them from now on. */
async function failures(client: OperatorClient, { receiver, answer }: Site): Promise<void> {
  await client.createTenant({ id: tenant, dialect: 'standard' })
  await client.createEndpoint(tenant, { url: receiver.url, eventTypes: ['a'] })
  await publish(client)
  const haveFailed = async () => (await rows(client)).every(({ status }) => status === 'failed')
  await until(haveFailed, 'all have failed', 30_000)
  answer.status = 200
}

/** Events that were posted when there was no endpoint. */
async function unseen(client: OperatorClient, { receiver, answer }: Site): Promise<void> {
  answer.status = 200
  await client.createTenant({ id: tenant, dialect: 'standard' })
  await publish(client)
  await client.createEndpoint(tenant, { url: receiver.url, eventTypes: ['a'] })
}

async function create(client: OperatorClient, missing: boolean): Promise<Replay> {
  return expectStatus(
    await client.call('POST', '/v1/replays', { filter: { tenant, from }, missing, rate }),
    201,
  ) as Replay
}

async function shown(client: OperatorClient, { id }: Replay): Promise<Replay> {
  return expectStatus(await client.call('GET', `/v1/replays/${id}`), 200) as Replay
}

async function untilDone(client: OperatorClient, replay: Replay): Promise<void> {
  await until(async () => (await shown(client, replay)).state === 'done', 'the replay is done', 30_000)
  assert.partialDeepStrictEqual(await shown(client, replay), { count: { total: count, done: count }, error: null })
  const haveEnded = async () => (await rows(client)).every(({ status }) => status === 'delivered')
  // A node that was killed holds some until it is declared dead.
  await until(haveEnded, 'all are delivered', 30_000)
}

/** @param attempts of each delivery */
async function assertEachOnce(client: OperatorClient, attempts: number): Promise<void> {
  const all = await rows(client)
  assert.equal(all.length, count)
  assert.equal(new Set(all.map(({ event }) => event)).size, count)
  assert.deepEqual([...new Set(all.map((row) => row.attempts))], [attempts])
}

/** How many different events have come since `before` requests. */
function arrived({ receiver }: Site, before: number): number {
  return new Set(receiver.requests.slice(before).map(({ headers }) => headers['webhook-id'])).size
}

suite('a replay whose process is killed in the middle', () => {
  for (const missing of [false, true]) {
    test(`is continued by the next one${missing ? ', also one of missing deliveries' : ''}`, async (t) => {
      const there = await site(t)
      const installation = await createInstallation()
      t.after(() => installation.remove())
      const server = await startServer(installation, env)
      const client = createOperatorClient(server.url, installation.operatorKey)
      await (missing ? unseen : failures)(client, there)
      const before = there.receiver.requests.length
      const replay = await create(client, missing)
      await until(() => arrived(there, before) >= count / 3, 'a third has come')
      await client.close()
      await server.kill('SIGKILL')
      assert.ok(arrived(there, before) < count, 'control: the kill has interrupted the replay')
      const next = await startServer(installation, env)
      t.after(() => next.kill('SIGKILL'))
      const again = createOperatorClient(next.url, installation.operatorKey)
      t.after(() => again.close())
      await untilDone(again, replay)
      assert.equal(arrived(there, before), count)
      await assertEachOnce(again, missing ? 1 : 11)
    })

    test(`is continued by another node${missing ? ', also one of missing deliveries' : ''}`, async (t) => {
      const there = await site(t)
      const database = await testDatabase()
      const nodes = await startNodes(3, database.url, env)
      t.after(async () => {
        await nodes.close()
        await database.drop()
      })
      const [first, second] = [nodes.at(0), nodes.at(1)]
      await (missing ? unseen : failures)(first.client, there)
      const before = there.receiver.requests.length
      const replay = await create(first.client, missing)
      await until(() => arrived(there, before) >= count / 3, 'a third has come')
      await first.server.kill('SIGKILL')
      const { state } = await shown(second.client, replay)
      assert.equal(state, 'running', 'control: the kill has interrupted the replay')
      await untilDone(second.client, replay)
      assert.equal(arrived(there, before), count)
      await assertEachOnce(second.client, missing ? 1 : 11)
    })
  }
})

test('several nodes together keep the rate of a replay, and none sends a delivery twice', async (t) => {
  const there = await site(t)
  const database = await testDatabase()
  const nodes = await startNodes(3, database.url, env)
  t.after(async () => {
    await nodes.close()
    await database.drop()
  })
  const { client } = nodes.at(0)
  await failures(client, there)
  const before = there.receiver.requests.length
  const replay = await create(client, false)
  await untilDone(nodes.at(2).client, replay)
  const times = there.receiver.requests.slice(before).map(({ receivedAt }) => receivedAt)
  assert.equal(times.length, count)
  const seconds = (Math.max(...times) - Math.min(...times)) / 1000
  assert.ok(seconds > (count / rate) * 0.7, `${count} deliveries took ${seconds} s`)
  await assertEachOnce(client, 11)
})

test('docs/operating.md says how to send failed deliveries again', { skip: withoutCurl }, async (t) => {
  const there = await site(t)
  const installation = await createInstallation()
  const server = await startServer(installation, env)
  const client = createOperatorClient(server.url, installation.operatorKey)
  t.after(async () => {
    await client.close()
    await server.kill('SIGKILL')
    await installation.remove()
  })
  await failures(client, there)
  const before = there.receiver.requests.length
  const lines = commandLines('docs/operating.md', 'Send failed deliveries again')
  const started = lines.findIndex((line) => line.includes('/start'))
  assert.ok(started > 0)
  // An operator looks at the preview before starting it.
  const script = [...lines.slice(0, started - 1), 'sleep 1', ...lines.slice(started - 1)].join('\n')
  const operator = `OPERATOR="Authorization: Bearer ${installation.operatorKey}"`
  const { stdout } = await promisify(execFile)(
    'bash',
    ['-c', `set -e\nexport POSTHORN_PORT=${server.port}\n${operator}\n${script}`],
    { cwd: installation.folder },
  )
  assert.match(stdout, new RegExp(`"state":"preview","count":\\{"total":${count},"isExact":true`))
  assert.match(stdout, /"state":"running"/)
  assert.match(stdout, /"missing":true/)
  assert.match(stdout, /"state":"cancelled"/)
  await until(() => there.receiver.requests.length >= before + 1, 'it sends')
})
