// Kills of nodes that accept the events of callers' transactions.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { until } from './support/api-rig.ts'
import { count, startSite } from './support/outbox-site.ts'

void test('kills of nodes at any time lose no event and double none', { timeout: 280_000 }, async (t) => {
  const site = await startSite(t, 2)
  const { caller, nodes, schema } = site
  const rounds = 30
  let published = 0
  const kills = new AbortController()
  t.after(() => kills.abort())
  const publishing = (async () => {
    for (; !kills.signal.aborted; published++) {
      await site.publish('acme', published)
      await sleep(1)
    }
  })()
  // A failure of it ends the test where it is awaited.
  publishing.catch(() => {})
  for (let round = 0; round < rounds; round++) {
    await sleep(200 + Math.random() * 300)
    const victims = round % 2 === 0 ? [0] : [0, 1]
    await Promise.all(victims.map((place) => nodes.at(place).server.kill('SIGKILL')))
    for (const place of victims) await nodes.replace(place)
  }
  kills.abort()
  await publishing
  await until(async () => (await count(site, 'outbox')) === 0, 'the outbox is empty', 60_000)
  await until(() => new Set(site.arrived()).size === published, 'every event arrived', 60_000)
  const { rows } = await caller.query<{ number: number; events: number }>(
    `SELECT (data::json ->> 'number')::int AS number, count(*)::int AS events FROM ${schema}.events GROUP BY 1 ORDER BY 1`,
  )
  assert.deepEqual(
    rows,
    Array.from({ length: published }, (_, number) => ({ number, events: 1 })),
  )
  assert.equal(await count(site, 'deliveries'), published)
  // An arrival that is repeated after a kill has the id of the first one.
  const ids = new Set(site.receiver.requests.map(({ headers }) => headers['webhook-id']))
  assert.equal(ids.size, published)
  t.diagnostic(`${published} events, ${site.receiver.requests.length} arrivals, ${rounds} rounds of kills`)
})
