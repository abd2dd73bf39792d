// The suite of the store, the plans and a load on Debian's PostgreSQL, as `apt-get install postgresql` brings it. Unlike
// the server of the npm package it has JIT.

import assert from 'node:assert/strict'
import { globSync } from 'node:fs'
import { dirname } from 'node:path'
import { after, test } from 'node:test'
import { startNodes } from './support/nodes.ts'
import { queryOnce, startPostgres } from './support/postgres-server.ts'
import { testDatabaseVariable } from './support/test-database.ts'

const eventsPosted = 1_000
const p99Max = 100

const programs = globSync('/usr/lib/postgresql/*/bin/postgres').map((path) => dirname(path))

if (programs.length === 0) {
  test("Debian's PostgreSQL", { skip: 'SKIPPED: apt-get install postgresql' }, () => {})
} else {
  const server = await startPostgres({ programs: programs.toSorted().at(-1) ?? '' })
  process.env[testDatabaseVariable] = server.url

  test('has JIT', async (t) => {
    const [row] = await queryOnce(server.url, `SELECT pg_jit_available() AS jit, version()`)
    t.diagnostic(String(row?.['version']))
    assert.equal(row?.['jit'], true)
  })

  test('two nodes accept events that are posted one by one, 99 % of them in time', { timeout: 120_000 }, async (t) => {
    const nodes = await startNodes(2, `${server.url}?schema=accepting`)
    t.after(() => nodes.close())
    await nodes.at(0).client.createTenant({ id: 'one', dialect: 'standard' })
    const times: number[] = []
    for (let number = 0; number < eventsPosted; number++) {
      const startedAt = performance.now()
      const { status } = await nodes.at(number % 2).client.postEvent({ tenant: 'one', type: 'a', data: { number } })
      times.push(performance.now() - startedAt)
      assert.equal(status, 202)
    }
    times.sort((a, b) => a - b)
    const [median = 0, p99 = Infinity] = [times[eventsPosted * 0.5], times[eventsPosted * 0.99]]
    t.diagnostic(`accepted in ${median.toFixed(1)} ms (median), ${p99.toFixed(1)} ms (p99)`)
    assert.ok(p99 < p99Max, `p99 ${p99} ms`)
  })

  await import('./conformance/store/postgres-store.long.ts')
  await import('./query-plans.long.ts')
  await import('../src/store/postgres/outbox.test.ts')
  await import('./outbox.long.ts')
  // Last, because hooks run in their order: those of the imported files need the server.
  after(() => server.remove())
}
