// Operational events of several nodes on one PostgreSQL, one of which is killed: each change is told once.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { limits } from '../src/domain/limits.ts'
import { second } from '../src/domain/time.ts'
import { until } from './support/api-rig.ts'
import { startNodes } from './support/nodes.ts'
import { listenToOperations } from './support/operations-listener.ts'
import { expectStatus } from './support/operator-client.ts'
import { startReceiver } from './support/receiver.ts'
import { testDatabase } from './support/test-database.ts'

const acme = 'acme'
const posts = 9

test('of three nodes, each change is told once, and so is the one that is killed', { timeout: 120_000 }, async (t) => {
  const database = await testDatabase()
  t.after(() => database.drop())
  const nodes = await startNodes(3, database.url, { POSTHORN_RETRY_SCALE: '0.00001' })
  t.after(() => nodes.close())
  let status = 503
  const receiver = await startReceiver({ behave: () => ({ status, delayMs: 50 }) })
  t.after(() => receiver.close())
  const { client } = nodes.at(0)
  const operations = await listenToOperations(client)
  t.after(() => operations.close())
  await client.createTenant({ id: acme, dialect: 'standard' })
  await client.createEndpoint(acme, { url: receiver.url, eventTypes: ['a'] })
  const postAtAll = async (): Promise<void> => {
    const post = async (index: number) =>
      expectStatus(await nodes.at(index % 3).client.postEvent({ tenant: acme, type: 'a', data: { index } }), 202)
    await Promise.all(Array.from({ length: posts }, (_, index) => post(index)))
  }
  await postAtAll()
  await until(() => operations.of('delivery.exhausted').length === posts, 'each failed delivery is told', 30 * second)
  const deliveries = operations.of('delivery.exhausted').map(({ data }) => data['delivery'])
  assert.equal(new Set(deliveries).size, posts)
  status = 200
  await postAtAll()
  await until(() => operations.of('endpoint.recovered').length === 1, 'the recovery is told')

  await nodes.at(2).server.kill('SIGKILL')
  const waitMs = 2 * limits.deadAfterMs + 10 * second
  await until(() => operations.of('node.lost').length === 1, 'the lost node is told', waitMs)
  await sleep(2 * limits.heartbeatIntervalMs)
  const types = operations.told().map(({ type }) => type)
  const told = (type: string): number => types.filter((one) => one === type).length
  const others = ['endpoint.failing', 'endpoint.recovered', 'node.lost']
  assert.deepEqual([...others.map(told), types.length], [1, 1, 1, posts + 3])
  const lines = nodes.all.flatMap(({ server }) => server.output().match(/a node was lost/g) ?? [])
  assert.equal(lines.length, 1, 'one node logs it')
})
