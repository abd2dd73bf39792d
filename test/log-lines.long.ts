// The log lines about the life of a node: its start, an update of the schema, the end of an erasure, its stop.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { until } from './support/api-rig.ts'
import { withoutErasures } from './support/old-schema.ts'
import { createOperatorClient } from './support/operator-client.ts'
import { runFolder, serve, type ServeRun } from './support/serve-run.ts'

const operatorKey = 'an-operator-key-that-is-long-enough'

function linesOf({ stdout }: ServeRun): readonly Readonly<Record<string, unknown>>[] {
  const lines = stdout().trim().split('\n')
  return lines.map((text) => JSON.parse(text) as Record<string, unknown>)
}

/** The only line with this message. */
function line(run: ServeRun, msg: string): Readonly<Record<string, unknown>> {
  const [found, ...more] = linesOf(run).filter((one) => one['msg'] === msg)
  assert.ok(found !== undefined && more.length === 0, `${msg}: ${run.stdout()}`)
  return found
}

async function stop(run: ServeRun): Promise<void> {
  run.child.kill('SIGTERM')
  assert.equal(await run.exited(), 0, run.stderr())
}

test('a node logs its start, the end of an erasure, its stop, and nothing about an event', async (t) => {
  const folder = await runFolder(t)
  const settings = { POSTHORN_PORT: '0', POSTHORN_OPERATOR_KEY: operatorKey }
  const node = serve(t, folder, settings)
  const url = await node.serving()
  const client = createOperatorClient(url, operatorKey)
  await client.createTenant({ id: 'acme', dialect: 'standard' })
  for (const id of ['one', 'two']) await client.postEvent({ tenant: 'acme', type: 'a', data: {}, id })
  const erasure = (await client.call('DELETE', '/v1/events/one/data')).body as { readonly id: string }
  await until(() => node.stdout().includes('an erasure has ended'), 'the erasure ends', 15_000)
  assert.equal(line(node, 'an erasure has ended')['erasure'], erasure.id)
  await client.close()
  await stop(node)
  const { role, version } = line(node, 'posthorn is serving')
  assert.deepEqual([role, typeof version], ['all', 'string'])
  const { accepted, attempts, stopMs } = line(node, 'posthorn has stopped')
  const noAttempts = { delivered: 0, rejected: 0, timedOut: 0, unreachable: 0, blocked: 0 }
  assert.deepEqual([accepted, attempts, typeof stopMs], [2, noAttempts, 'number'])
  assert.equal(linesOf(node).length, 4)
})

test('a start logs that it updated the schema, and the next one does not', async (t) => {
  const folder = await runFolder(t)
  const settings = { POSTHORN_PORT: '0', POSTHORN_DATABASE: 'sqlite:data/posthorn.db' }
  const first = serve(t, folder, settings)
  await first.serving()
  await stop(first)
  const db = new DatabaseSync(join(folder, 'data/posthorn.db'))
  const known = Number(db.prepare('PRAGMA user_version').get()?.['user_version'])
  db.exec(`${withoutErasures}; PRAGMA user_version = 7`)
  db.close()
  const updated = 'the schema of the database was updated'
  const second = serve(t, folder, settings)
  await second.serving()
  await stop(second)
  const { before, since } = line(second, updated)
  assert.deepEqual([before, since], [7, known])
  const third = serve(t, folder, settings)
  await third.serving()
  await stop(third)
  for (const run of [first, third]) assert.ok(!run.stdout().includes(updated))
})
