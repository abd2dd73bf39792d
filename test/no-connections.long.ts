// PostgreSQL has no connection left for the service. Events are refused, the health paths say why, and the metrics of the
// node itself are still there. Afterwards the service works again without a restart.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { until } from './support/api-rig.ts'
import { startNodes } from './support/nodes.ts'
import { queryOnce } from './support/postgres-server.ts'
import { sharedServer } from './support/test-database.ts'

test('a role without connections: 503 and a red /readyz, then 202 again', async (t) => {
  const serverUrl = await sharedServer()
  const role = `t_${randomBytes(8).toString('hex')}`
  await queryOnce(serverUrl, `CREATE ROLE ${role} LOGIN PASSWORD '${role}'`)
  await queryOnce(serverUrl, `CREATE SCHEMA ${role} AUTHORIZATION ${role}`)
  t.after(() => queryOnce(serverUrl, `DROP SCHEMA ${role} CASCADE; DROP ROLE ${role}`))
  const url = Object.assign(new URL(serverUrl), { username: role, password: role, search: `schema=${role}` })
  const nodes = await startNodes(1, url.href)
  t.after(() => nodes.close())
  const { client, server } = nodes.at(0)
  await client.createTenant({ id: 'acme', dialect: 'standard' })
  const post = () => client.postEvent({ tenant: 'acme', type: 'a', data: {} })
  const statusOf = async (path: string): Promise<number> => (await fetch(server.url + path)).status
  const metrics = async (): Promise<string> => (await fetch(`${server.url}/metrics`)).text()
  assert.equal((await post()).status, 202)
  assert.match(await metrics(), /^posthorn_deliveries_waiting 0$/m)

  await queryOnce(serverUrl, `ALTER ROLE ${role} CONNECTION LIMIT 0`)
  await queryOnce(serverUrl, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '${role}'`)
  await until(async () => (await statusOf('/readyz')) === 503, 'the node is not ready')
  assert.equal((await post()).status, 503)
  assert.equal(await statusOf('/healthz'), 200)
  const withoutDatabase = await metrics()
  assert.match(withoutDatabase, /^posthorn_events_accepted_total 1$/m)
  assert.doesNotMatch(withoutDatabase, /^posthorn_deliveries_waiting \d/m)

  await queryOnce(serverUrl, `ALTER ROLE ${role} CONNECTION LIMIT -1`)
  await until(async () => (await statusOf('/readyz')) === 200, 'the node is ready again')
  assert.equal((await post()).status, 202)
  assert.match(await metrics(), /^posthorn_deliveries_waiting 0$/m)
})
