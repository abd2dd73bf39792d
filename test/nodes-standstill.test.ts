// A change acts on a node too that stands still when it is made. For as long as that node may trust what it knows, the
// change is not answered; after that, it trusts nothing when it goes on, and sends nothing of what it holds.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { limits } from '../src/domain/limits.ts'
import { type Answered, change } from './support/changing-load.ts'
import { type Nodes, startNodes } from './support/nodes.ts'
import { createOperatorClient, type OperatorClient } from './support/operator-client.ts'
import { type Receiver, startReceiver } from './support/receiver.ts'
import { testDatabase } from './support/test-database.ts'

const answerDelayMs = 200
const burst = 300
/** In which the node opens its connections and sends the first. */
const burstMs = 300
const underWayMs = 50
/** A process may be stopped between its last look at what it knows and the first byte that it sends. */
const lateMax = 2

let database: Awaited<ReturnType<typeof testDatabase>>
let receiver: Receiver
let nodes: Nodes
/** Waits longer than the nodes wait for each other. */
let client: OperatorClient

before(async () => {
  database = await testDatabase()
  receiver = await startReceiver({ behave: () => ({ delayMs: answerDelayMs }) })
  nodes = await startNodes(2, database.url)
  client = createOperatorClient(nodes.at(0).server.url, nodes.installation.operatorKey)
})

after(async () => {
  await client?.close()
  await nodes?.close()
  await receiver?.close()
  await database?.drop()
})

/** Has the second node hold more than it can send at once, and disables the endpoint through the first. */
async function disableWhile(tenant: string, untilGoneOn: (disabled: Promise<Answered>) => Promise<unknown>) {
  const { pid } = nodes.at(1).server
  await client.createTenant({ id: tenant, dialect: 'standard' })
  const { id } = await client.createEndpoint(tenant, { url: `${receiver.url}/${tenant}`, eventTypes: ['*'] })
  const events = Array.from({ length: burst }, () => ({ tenant, type: 'a', data: {} }))
  assert.equal((await nodes.at(1).client.postBatch(events)).status, 202)
  await sleep(burstMs)
  process.kill(pid, 'SIGSTOP')
  const startedAt = Date.now()
  const disabled = change({ client }, 'PATCH', `/v1/tenants/${tenant}/endpoints/${id}`, { enabled: false })
  await untilGoneOn(disabled)
  process.kill(pid, 'SIGCONT')
  const goneOnAt = Date.now()
  const { at } = await disabled
  await sleep(1_500)
  const arrivals = receiver.requests.filter(({ path }) => path === `/${tenant}`)
  assert.ok(arrivals.length > 0 && arrivals.length < burst, `${arrivals.length} of ${burst} came`)
  const late = arrivals.filter(({ receivedAt }) => receivedAt > at + underWayMs).length
  return { startedAt, goneOnAt, answeredAt: at, late }
}

test('a node that stands still for a moment is waited for', { timeout: 60_000 }, async () => {
  const { goneOnAt, answeredAt, late } = await disableWhile('moment', () => sleep(1_000))
  assert.ok(answeredAt >= goneOnAt, `answered ${goneOnAt - answeredAt} ms before every node had heard of it`)
  assert.equal(late, 0)
})

test('one that stands still for longer trusts nothing when it goes on', { timeout: 60_000 }, async (t) => {
  const { startedAt, answeredAt, late } = await disableWhile('longer', (disabled) => disabled)
  const answeredMs = answeredAt - startedAt
  t.diagnostic(`answered after ${answeredMs} ms, ${late} came later`)
  assert.ok(answeredMs < limits.trustMs + 2_000, `answered after ${answeredMs} ms`)
  assert.ok(late <= lateMax, `${late} came after the change was answered`)
})
