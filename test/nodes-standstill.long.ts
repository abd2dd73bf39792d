// A change also takes effect on a node that is paused (SIGSTOP) when the change is made. The change is not answered as
// long as that node may trust its caches. After that time the node trusts nothing when it resumes, and it sends none of
// the deliveries that it holds.

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
/** Time for the node to open its connections and to send the first requests. */
const burstMs = 300
/** Requests in flight when the change is answered may still arrive for so long. */
const inFlightMs = 50
/** Requests that may be late: a process may be paused after its last check of its caches and before its first byte. */
const lateMax = 2

let database: Awaited<ReturnType<typeof testDatabase>>
let receiver: Receiver
let nodes: Nodes
/** Its timeout is longer than the nodes wait for each other. */
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

/**
 * Gives the second node more deliveries than it can send at once, pauses it and disables the endpoint through the first
 * node. The second node resumes when the promise of `untilResumed` settles.
 */
async function disableWhilePaused(tenant: string, untilResumed: (disabled: Promise<Answered>) => Promise<unknown>) {
  const { pid } = nodes.at(1).server
  await client.createTenant({ id: tenant, dialect: 'standard' })
  const { id } = await client.createEndpoint(tenant, { url: `${receiver.url}/${tenant}`, eventTypes: ['*'] })
  const events = Array.from({ length: burst }, () => ({ tenant, type: 'a', data: {} }))
  assert.equal((await nodes.at(1).client.postBatch(events)).status, 202)
  await sleep(burstMs)
  process.kill(pid, 'SIGSTOP')
  const startedAt = Date.now()
  const disabled = change({ client }, 'PATCH', `/v1/tenants/${tenant}/endpoints/${id}`, { enabled: false })
  await untilResumed(disabled)
  process.kill(pid, 'SIGCONT')
  const resumedAt = Date.now()
  const { at } = await disabled
  await sleep(1_500)
  const arrivals = receiver.requests.filter(({ path }) => path === `/${tenant}`)
  assert.ok(arrivals.length > 0 && arrivals.length < burst, `${arrivals.length} of ${burst} requests arrived`)
  const late = arrivals.filter(({ receivedAt }) => receivedAt > at + inFlightMs).length
  return { startedAt, resumedAt, answeredAt: at, late }
}

test('a change waits for a node that is paused for a moment', { timeout: 60_000 }, async () => {
  const { resumedAt, answeredAt, late } = await disableWhilePaused('moment', () => sleep(1_000))
  assert.ok(answeredAt >= resumedAt, `answered ${resumedAt - answeredAt} ms before the paused node resumed`)
  assert.equal(late, 0)
})

test('a node that was paused for longer trusts nothing when it resumes', { timeout: 60_000 }, async (t) => {
  const { startedAt, answeredAt, late } = await disableWhilePaused('longer', (disabled) => disabled)
  const answeredMs = answeredAt - startedAt
  t.diagnostic(`answered after ${answeredMs} ms, ${late} requests arrived later`)
  assert.ok(answeredMs < limits.trustMs + 2_000, `answered after ${answeredMs} ms`)
  assert.ok(late <= lateMax, `${late} requests arrived after the change was answered`)
})
