// Two installations on SQLite: one with every kind of row, as an unclean stop leaves it, and one with many plain rows.

import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import type { ApiKeyId, DeliveryId, EndpointId, EventId, TenantId } from '../../src/domain/ids.ts'
import {
  acme,
  newEvent,
  other,
  sampleAnswer,
  sampleAttempt,
  sampleAudit,
  sampleErasure,
  sampleEvent,
  sampleKey,
  sampleMove,
  sampleOperatorKey,
  start,
} from '../conformance/store/samples.ts'
import { accept, addEndpoint, addTenants, commit, sweepAll } from '../conformance/store/steps.ts'
import { sampleReplay } from '../conformance/store/replays.ts'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import type { Store } from '../../src/contracts/store.ts'

export const keyHashes = ['hash of both', 'hash of one', 'hash of a revoked one']
export const answer = sampleAnswer('again-é', 10, { apiKey: 'key_of_both' as ApiKeyId, sealedBody: 'sealed 漢' })
const text = `multi\nline 'quoted' "twice" \\ {a,b} NULL 漢😀`

export async function fillInstallation(path: string): Promise<void> {
  const store = await openSqliteStore(path)
  try {
    await store.writeOnce('master key proof', 'sealed proof')
    await fillTenants(store)
    await fillDeliveries(store)
  } finally {
    // Closing releases no leased delivery.
    await store.close()
  }
}

async function fillTenants(store: Store): Promise<void> {
  const gone = 'gone' as TenantId
  await addTenants(store, acme, gone, other)
  await store.replaceTenantSecrets(acme, null, text)
  await store.updateTenant(acme, { name: text, settings: { 'a b': 'é"\\' } })
  await store.createKey(sampleKey([acme, other], 'hash of both', { id: 'key_of_both' as ApiKeyId, name: text }))
  await store.createKey(sampleKey([other], 'hash of one', { role: null, name: null, scopes: [] }))
  await store.createKey(sampleKey([gone], 'hash of one that went with its tenant'))
  const revoked = sampleKey([acme], 'hash of a revoked one')
  await store.createKey(revoked)
  await store.revokeKey(revoked.id, start + 5)
  await store.createOperatorKey(sampleOperatorKey('hash of an operator key', { name: text, expiresAt: start + 1 }))
  await addEndpoint(store, gone)
  await store.deleteTenant(gone, sampleErasure(6))
  const change = { before: { url: text }, after: null }
  const actor = { kind: 'customer', id: 'key_of_both', name: text, role: null } as const
  await store.recordAudit([sampleAudit(7, { tenant: acme, change, actor }), sampleAudit(8, { refused: 'forbidden' })])
}

type Four = [DeliveryId, DeliveryId, DeliveryId, DeliveryId]

async function fillDeliveries(store: Store): Promise<void> {
  const node = await store.join(start)
  const failing = await addEndpoint(store, acme, {
    description: text,
    filters: { '': '', é: '漢' },
    sealedSecrets: `sealed ${text}`,
    uniqueKey: 'https://example.com/é',
  })
  const off = await addEndpoint(store, acme)
  const deleted = await addEndpoint(store, other, { id: 'ep_é' as EndpointId, uniqueKey: 'same' })
  const idle = await addEndpoint(store, other, { description: null, uniqueKey: null })

  const [good, bad, dropped, late] = (await accept(store, node, failing, 10, { leased: true, count: 8 })) as Four
  const response = `PK\0\0${text}`
  const attempt = sampleAttempt(1, 11, { response })
  const exchange = { url: 'https://example.com/é', requestHeaders: { a: text }, responseHeaders: null }
  await commit(store, node, 12, {
    moves: [
      sampleMove(good, failing.key, { to: 'delivered' }, 12, {
        ...attempt,
        outcome: { kind: 'delivered', status: 204 },
      }),
      sampleMove(bad, failing.key, { to: 'failed', reason: 'retries exhausted' }, 12, attempt),
      sampleMove(dropped, failing.key, { to: 'cancelled', reason: 'endpoint gone' }, 12),
      sampleMove(late, failing.key, { to: 'waiting', dueAt: start + 90_000 }, 12, {
        ...attempt,
        outcome: { kind: 'timedOut', phase: 'headers' },
        exchange,
        requestCrc: -2,
        phases: { nameMs: 1, connectMs: 2, tlsMs: 3, waitMs: 30_000, bodyMs: null },
      }),
    ],
    summaries: [
      {
        endpoint: failing.key,
        attempts: 3,
        lastAttemptAt: start + 11,
        lastAttemptSucceeded: false,
        health: '{"failures":3}',
      },
    ],
  })
  // Some counts are in the rollups, some are gathered, and some are in commits.
  await store.gatherStats(100)
  while (await store.foldStats(100));
  // Some deliveries are leased and some wait, of an endpoint that is then disabled and of one that is then deleted.
  for (const endpoint of [off, deleted]) {
    await accept(store, node, endpoint, 20, { leased: true, count: 2 })
    await accept(store, node, endpoint, 21, { leased: false, count: 2 })
  }
  const disabled = { ...off, enabled: false, disabledReason: 'requested', updatedAt: start + 30 } as const
  assert.equal(await store.updateEndpoint(disabled, off.updatedAt, { answer: answer }), 'written')
  await sweepAll(store, 31)
  assert.equal(await store.deleteEndpoint(other, deleted.key, start + 32), 'written')

  await store.gatherStats(100)
  await accept(store, node, idle, 40, { event: { attributes: { '': '', 'a b': '漢😀', long: 'x'.repeat(256) } } })
  const odd = sampleEvent(other, 41, {
    id: 'evt-é' as EventId,
    data: `{"b":1,"a":[1e400,"\\u0000"],"b":${JSON.stringify(text)}}`,
  })
  await commit(store, node, 41, { events: [newEvent(odd, [], false)] })
  for (const missing of [false, true]) {
    const replay = sampleReplay(50, { tenant: other, missing })
    await store.createReplay({ replay, asked: text + String(missing) })
  }
  assert.equal(await store.nextEndpointKey(), idle.key + 1)
}

/** Writes `count` events, deliveries and attempts with a few SQL statements. */
export async function fillWithMany(path: string, count: number): Promise<void> {
  const store = await openSqliteStore(path)
  await store.writeOnce('master key proof', 'sealed proof')
  const { key } = await addEndpoint(store)
  await store.close()
  const id = `printf('%08x-%04x-7000-8000-%012x', (${start} + i) >> 16, (${start} + i) & 65535, i)`
  const rows = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})`
  const db = new DatabaseSync(path)
  db.exec(`BEGIN;
    ${rows} INSERT INTO events SELECT i, 'acme', 'evt_' || i, 'invoice.paid', '{"n":' || i || '}', NULL,
      ${start} + i, ${start} + i, 1, NULL, NULL, 0 FROM n;
    ${rows} INSERT INTO deliveries SELECT ${id}, i, ${key}, 1, 1, 0, NULL, NULL, NULL, ${start} + i, NULL FROM n;
    ${rows} INSERT INTO attempts SELECT ${id}, 1, ${start} + i, 12, 'delivered', 200, NULL, 'ok ' || i, NULL, NULL, NULL, NULL, NULL FROM n;
    COMMIT`)
  db.close()
}
