// Every statement goes by an index. The statements are those that the program really prepares: each method is called
// once, and what it asked for is explained.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import type { StatementSync } from 'node:sqlite'
import { test } from 'node:test'
import type { ApiKeyId, EventId } from '../../domain/ids.ts'
import { acme, deliveryId, newEvent, sampleAnswer, sampleAttempt, sampleEndpoint } from '../conformance/samples.ts'
import { sampleEvent, sampleKey, sampleMove, sampleTenant, start } from '../conformance/samples.ts'
import { temporaryFolder } from '../conformance/temporary-folder.ts'
import { attemptReads } from './attempts.ts'
import { commitRole } from './commit.ts'
import { Database } from './database.ts'
import { endpointReads, endpointRole } from './endpoints.ts'
import { historyReads, historyRole } from './history.ts'
import { leaseReads, leaseRole } from './leases.ts'
import { migrate } from './migrate.ts'
import { keyReads, keyRole } from './keys.ts'
import { tenantReads, tenantRole } from './tenants.ts'
import { upkeepRole } from './upkeep.ts'

/** A connection that remembers what was prepared on it. */
class Recording extends Database {
  readonly seen = new Set<string>()

  override prepare(sql: string): StatementSync {
    this.seen.add(sql)
    return super.prepare(sql)
  }
}

/** Scans and sorts that are meant, each with the reason. */
const meant: readonly { readonly plan: RegExp; readonly sql: RegExp; readonly why: string }[] = [
  { plan: /^SCAN CONSTANT ROW/, sql: /./, why: 'reads no table' },
  { plan: /^SCAN nodes/, sql: /^DELETE FROM nodes/, why: 'there is one row' },
  { plan: /^SCAN endpoint_status USING COVERING INDEX endpoint_status_sweep/, sql: /LIMIT 1$/, why: 'one row' },
  { plan: /^SCAN api_keys/, sql: /^DELETE FROM api_keys/, why: 'tenants are rarely deleted' },
  { plan: /^USE TEMP B-TREE FOR ORDER BY/, sql: /FROM endpoints /, why: 'the endpoints of one tenant' },
  { plan: /^USE TEMP B-TREE FOR LAST TERM OF ORDER BY/, sql: /attempts a/, why: 'the attempts of one delivery' },
  { plan: /^USE TEMP B-TREE FOR DISTINCT/, sql: /^UPDATE endpoint_status/, why: 'what dead nodes held, at the start' },
  {
    plan: /^(SCAN d USING INDEX deliveries_pending|USE TEMP B-TREE FOR ORDER BY)/,
    sql: /INDEXED BY deliveries_pending\s/,
    why: 'the list of all that is pending, which is short but for a backlog; a reader, so no delivery waits for it',
  },
]

void test('no statement reads through a table', async (t) => {
  const db = new Recording(join(await temporaryFolder(t), 'posthorn.db'), 'write')
  t.after(() => db.close())
  migrate(db)
  callEverything(db)
  const statements = [...db.seen].filter((sql) => /^\s*(SELECT|UPDATE|DELETE|INSERT)/i.test(sql))
  assert.ok(statements.length > 50, `only ${statements.length} statements were seen`)
  const used = new Set<object>()
  for (const sql of statements) {
    for (const { detail } of db.all<{ detail: string }>(`EXPLAIN QUERY PLAN ${sql}`)) {
      if (!/^SCAN|TEMP B-TREE/.test(detail)) continue
      const exception = meant.find(({ plan, sql: text }) => plan.test(detail) && text.test(sql.trim()))
      assert.ok(exception !== undefined, `${detail}: ${sql}`)
      used.add(exception)
    }
  }
  const unused = meant.filter((exception) => !used.has(exception))
  assert.deepEqual(unused, [], 'exceptions that nothing needs')
})

function callEverything(db: Database): void {
  const store = {
    ...commitRole(db),
    ...leaseRole(db),
    ...tenantRole(db),
    ...keyRole(db),
    ...endpointRole(db),
    ...historyRole(db),
    ...upkeepRole(db),
    ...leaseReads(db),
    ...tenantReads(db),
    ...keyReads(db),
    ...endpointReads(db),
    ...historyReads(db),
    ...attemptReads(db),
  }
  const page = { limit: 5, after: null }
  const node = store.join(start)
  store.heartbeat(node, start)
  store.createTenant(sampleTenant(acme))
  store.createKey(sampleKey([acme]), 'hash')
  const key = store.nextEndpointKey()
  const endpoint = sampleEndpoint(key, acme)
  store.createEndpoints([endpoint], sampleAnswer('k', 0))
  const deliver = newEvent(sampleEvent(acme, 0), [key, key, key], false)
  const commit = { node, now: start, events: [deliver, deliver], moves: [], facts: [] }
  store.commit(commit)
  store.dueEndpoints(start, 5)
  const { deliveries } = store.claim(node, start, [{ endpoint: key, room: 2 }])
  const attempt = sampleAttempt(1, 0)
  const moves = deliveries.map(({ id }, index) =>
    sampleMove(id, key, index === 0 ? { to: 'delivered' } : { to: 'waiting', dueAt: start }, 0, attempt),
  )
  const fact = { endpoint: key, attempts: 1, lastAttemptAt: start, lastAttemptSucceeded: true, health: '{}' }
  store.commit({ ...commit, events: [], moves, facts: [{ ...fact, disable: 'gone' }] })
  store.claim(node, start, [{ endpoint: key, room: 2 }])
  store.nextDueAt()
  store.countWaiting()
  store.sweep(start, 5)
  for (const tenant of [null, acme]) {
    store.listKeys(page, tenant)
    store.listEvents({ tenant, type: null, from: start, to: start + 1 }, page)
    store.listEvents({ tenant, type: 'a', from: null, to: null }, page)
    for (const [filterEndpoint, eventType] of [
      [null, null],
      [key, 'a'],
    ] as const) {
      for (const status of [null, 'pending', 'delivered', 'failed', 'cancelled'] as const) {
        store.listDeliveries({ tenant, endpoint: filterEndpoint, status, eventType, from: null, to: null }, page)
      }
    }
  }
  const attempts = { endpoint: key, succeeded: true, eventType: 'a', from: 0, to: start }
  store.listAttempts(attempts, { page: 1, limit: 5 })
  store.findEvents('x' as EventId, null)
  store.deliveriesOfEvent(deliver.event)
  store.findDelivery(deliver.deliveries[0]?.id ?? deliveryId(start))
  store.rearmDelivery(deliver.deliveries[0]?.id ?? deliveryId(start), start)
  const rearm = { endpoint: key, since: 0, until: start + 1, statuses: ['delivered', 'cancelled'] as const }
  store.rearmDeliveries({ ...rearm, now: start, rowsMax: 5, after: null })
  store.endpointStatus(key)
  store.loadTenant(acme)
  store.findAnswer('a' as ApiKeyId, 'k', start)
  store.findKeyByHash('hash')
  store.listTenants(page, null)
  const [stored] = store.loadTenant(acme)?.endpoints ?? []
  assert.ok(stored !== undefined)
  store.updateEndpoint({ ...endpoint, updatedAt: start + 9 }, stored.updatedAt, null)
  store.updateEndpoint({ ...endpoint, enabled: false, updatedAt: start + 10 }, start + 9, null)
  store.deleteEndpoint(acme, key, start, null)
  store.revokeKey('x' as ApiKeyId, start)
  store.updateTenant(acme, { name: null, settings: {} })
  store.deleteTenant(acme, start)
  while (store.sweep(start, 5));
  while (store.prune(start + 10, start + 10, 5) > 0);
  store.writeOnce('a', 'b')
  store.leave(node)
  store.ping()
}
