// Retention without partitions: rows are removed in the order of their insertion, so vacuum frees whole pages for new
// rows.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { queryOnce } from './support/postgres-server.ts'
import { ownDatabase } from './support/test-database.ts'
import { acme, newEvent, sampleAttempt, sampleEvent, sampleMove } from './conformance/store/samples.ts'
import { commit, nodeAndEndpoint, pruneAll } from './conformance/store/steps.ts'
import { openPostgresStore } from '../src/store/postgres/postgres-store.ts'

const eventsPerDay = 4000
const days = 12
const daysKept = 3
const dayMs = 1000

test('retention keeps the tables at the size of the rows that they hold', { timeout: 120_000 }, async (t) => {
  const { url, drop } = await ownDatabase()
  const store = await openPostgresStore(url)
  t.after(async () => {
    await store.close()
    await drop()
  })
  const schema = new URL(url).searchParams.get('schema') ?? ''
  const { node, key } = await nodeAndEndpoint(store)
  const sizes: number[] = []
  for (let day = 0; day < days; day++) {
    for (let batch = 0; batch < eventsPerDay; batch += 500) {
      const at = day * dayMs + batch / 10
      const data = JSON.stringify({ text: 'x'.repeat(300) })
      const events = Array.from({ length: 500 }, () => newEvent(sampleEvent(acme, at, { data }), [key], true))
      await commit(store, node, at, { events })
      const moves = events.flatMap(({ deliveries }) =>
        deliveries.map(({ id }) => sampleMove(id, key, { to: 'delivered' }, at, sampleAttempt(1, at))),
      )
      await commit(store, node, at, { moves })
    }
    await pruneAll(store, (day - daysKept) * dayMs, day * dayMs, 1000)
    for (const table of ['events', 'deliveries', 'attempts']) await queryOnce(url, `VACUUM ${schema}.${table}`)
    const [row] = await queryOnce(
      url,
      `SELECT sum(pg_total_relation_size(('${schema}.' || name)::regclass)) AS size
       FROM unnest(ARRAY['events', 'deliveries', 'attempts']) AS name`,
    )
    sizes.push(Number(row?.['size']))
  }
  const [settled, last] = [sizes[daysKept + 2] ?? 0, sizes.at(-1) ?? 0]
  t.diagnostic(`MiB by day: ${sizes.map((size) => (size / 2 ** 20).toFixed(1)).join(' ')}`)
  // If the space of removed rows were never used again, the tables would be twice as large by then. The ratio depends
  // on when vacuum finds empty pages (1.16 to 1.34).
  assert.ok(last < settled * 1.6, `${last} bytes after ${days} days, ${settled} bytes when the retention began`)
})
