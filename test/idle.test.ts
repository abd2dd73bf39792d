// Idle, a node leaves the database alone: it is woken for what falls due, and does not ask all the time.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { queryOnce, startPostgres } from './support/postgres-server.ts'
import { createInstallation, startServer } from './support/server-process.ts'

const seconds = 15

void test('an idle node makes fewer than one query a second', { timeout: 60_000 }, async (t) => {
  const postgres = await startPostgres()
  t.after(() => postgres.remove())
  const url = await postgres.createDatabase()
  const installation = await createInstallation()
  t.after(() => installation.remove())
  const server = await startServer(installation, { POSTHORN_DATABASE: url })
  t.after(() => server.kill('SIGKILL'))
  const database = new URL(url).pathname.slice(1)
  const count = async (): Promise<number> => {
    // What a backend has done is added to the statistics after a second or so of doing nothing.
    await sleep(2000)
    const [row] = await queryOnce(
      postgres.url,
      `SELECT xact_commit + xact_rollback AS count FROM pg_stat_database WHERE datname = '${database}'`,
    )
    return Number(row?.['count'])
  }
  const before = await count()
  await sleep(seconds * 1000)
  const made = (await count()) - before
  t.diagnostic(`${(made / (seconds + 2)).toFixed(2)} transactions a second`)
  assert.ok(made > 0, 'its heartbeats are counted')
  assert.ok(made < seconds, `${made} transactions in ${seconds + 2} s`)
})
