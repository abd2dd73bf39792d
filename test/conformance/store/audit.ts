// Audit records: they are stored with their changes, listed, erased with the history of their objects, and removed.

import assert from 'node:assert/strict'
import type { EndpointKey, TenantId } from '../../../src/domain/ids.ts'
import type { AuditedChange, NewAuditRecord } from '../../../src/domain/audit.ts'
import type { AuditFilter } from '../../../src/contracts/audit-store.ts'
import type { Store } from '../../../src/contracts/store.ts'
import {
  acme,
  deliveryId,
  newEvent,
  other,
  sampleAnswer,
  sampleAudit,
  sampleErasure,
  sampleEvent,
  sampleKey,
  sampleMove,
  sampleOperatorKey,
  sampleTenant,
  sampleAttempt,
  start,
} from './samples.ts'
import { accept, addEndpoint, addTenants, allPages, type Case, commit, eraseAll, nodeAndEndpoint } from './steps.ts'

const everything: AuditFilter = { tenant: null, actor: null, action: null, object: null, from: null, to: null }

function all(store: Store, filter: Partial<AuditFilter> = {}) {
  return allPages(2, (page) => store.listAudit({ ...everything, ...filter }, page))
}

/** A record as it is read again. */
function kept({ endpoint: _endpoint, ...record }: NewAuditRecord): Omit<NewAuditRecord, 'endpoint'> {
  return record
}

export function auditCases(promise: Case): void {
  promise('an audit record is stored in the transaction of every change, and only with it', async (store, harness) => {
    const records: NewAuditRecord[] = []
    const audited = (): { audit: NewAuditRecord[] } => {
      const audit = sampleAudit(records.length + 1, { tenant: acme })
      records.push(audit)
      return { audit: [audit] }
    }
    const refused = (): { audit: NewAuditRecord[] } => ({ audit: [sampleAudit(99)] })
    await store.createTenant(sampleTenant(acme), audited())
    assert.equal(await store.createTenant(sampleTenant(acme), refused()), 'duplicate')
    await store.updateTenant(acme, { name: 'x', settings: {} }, audited())
    assert.equal(await store.updateTenant(other, { name: 'x', settings: {} }, refused()), 'absent')
    const key = sampleKey([acme], 'hash')
    await store.createKey(key, audited())
    await store.revokeKey(key.id, start, audited())
    assert.equal(await store.revokeKey(key.id, start, refused()), 'absent')
    const operatorKey = sampleOperatorKey('hash')
    await store.createOperatorKey(operatorKey, audited())
    await store.updateOperatorKey(operatorKey, operatorKey.seal, audited())
    assert.equal(await store.updateOperatorKey(operatorKey, 'another', refused()), 'stale')
    await store.deleteOperatorKey(operatorKey.id, audited())
    const { node, endpoint } = await nodeAndEndpoint(store)
    const changed = { ...endpoint, updatedAt: start + 1 }
    await store.updateEndpoint(changed, start, { answer: sampleAnswer('k', 0), ...audited() })
    assert.equal(await store.updateEndpoint(changed, start, refused()), 'stale')
    const event = sampleEvent(acme, 0)
    const posted = newEvent(event, [endpoint.key], true)
    const [{ id } = assert.fail()] = posted.deliveries
    await commit(store, node, 0, { events: [posted] })
    await commit(store, node, 1, {
      moves: [sampleMove(id, endpoint.key, { to: 'delivered' }, 1, sampleAttempt(1, 1))],
    })
    assert.equal(await store.rearmDelivery(id, start, audited().audit), true)
    assert.equal(await store.repeatDelivery(id, deliveryId(start), start, audited().audit), true)
    assert.equal(await store.repeatDelivery(deliveryId(1), deliveryId(1), 1, refused().audit), false)
    const again = { endpoint: endpoint.key, since: 0, until: start + 1, statuses: ['pending'] as const, now: start }
    await store.rearmDeliveries({ ...again, rowsMax: 5, after: null, ...audited() })
    assert.equal(await store.eraseResponse(id, 1, sampleErasure(1), audited().audit), true)
    assert.equal(await store.eraseResponse(id, 2, sampleErasure(1), refused().audit), false)
    assert.notEqual(await store.erasePayload(acme, event.id, sampleErasure(1), audited().audit), null)
    assert.equal(await store.erasePayload(other, event.id, sampleErasure(1), refused().audit), null)
    await store.deleteEndpoint(acme, endpoint.key, start, audited())
    await store.deleteTenant(acme, sampleErasure(2), audited())
    const after = await harness.reopen()
    assert.deepEqual(await all(after), records.toReversed().map(kept))
  })

  promise('audit records are found by each of their facts, newest first', async (store) => {
    const odd = { id: `key_é'%_`, name: '漢😀"\\', role: null, kind: 'customer' } as const
    const records = [
      sampleAudit(1),
      sampleAudit(2, { tenant: acme, object: 'acme', action: 'tenant.change', count: 7 }),
      sampleAudit(3, { tenant: other, actor: odd, address: '2001:db8::1' }),
      sampleAudit(4, { tenant: acme, actor: odd, action: 'secret.read', object: null, refused: 'forbidden' }),
      sampleAudit(5, { actor: { kind: 'unknown', id: null, name: null, role: null }, refused: 'unauthenticated' }),
    ]
    await store.recordAudit(records)
    const found = async (filter: Partial<AuditFilter>) => {
      const rows = await all(store, filter)
      return rows.map((row) => records.findIndex(({ id }) => id === row.id) + 1)
    }
    assert.deepEqual(await all(store), records.toReversed())
    assert.deepEqual(await found({ tenant: acme }), [4, 2])
    assert.deepEqual(await found({ actor: odd.id }), [4, 3])
    assert.deepEqual(await found({ action: 'tenant.change' }), [2])
    assert.deepEqual(await found({ object: 'acme' }), [2])
    assert.deepEqual(await found({ object: 'ACME' }), [])
    assert.deepEqual(await found({ tenant: acme, actor: odd.id, action: 'secret.read' }), [4])
    assert.deepEqual(await found({ tenant: other, action: 'secret.read' }), [])
    assert.deepEqual(await found({ from: start + 2, to: start + 4 }), [3, 2])
    assert.deepEqual(await found({ tenant: acme, from: start + 3 }), [4])
    assert.deepEqual(await found({ from: 8.64e15, to: 8.64e15 }), [])
    assert.deepEqual((await store.listAudit(everything, { limit: 9, after: 'no cursor' })).rows, [])
  })

  promise('a record of an odd request is stored with the others', async (store) => {
    await store.recordAudit([sampleAudit(1), sampleAudit(2, { object: 'a\0b', tenant: '\0' as TenantId })])
    assert.deepEqual(
      (await all(store)).map(({ object }) => object?.replace('\ufffd', '\0')),
      ['a\0b', 'ep_1'],
    )
  })

  promise('a record with a damaged change is listed without it, and hides no other record', async (store, harness) => {
    const change: AuditedChange = { before: null, after: { name: 'x' } }
    const [damaged, whole] = [sampleAudit(1, { change }), sampleAudit(2, { change })]
    await store.recordAudit([damaged, whole])
    await harness.damage(`UPDATE audit SET change = '{"before' WHERE id = '${damaged.id}'`)
    assert.deepEqual(await all(store), [whole, { ...damaged, change: null }])
  })

  promise('a record that is stored already gets another count', async (store) => {
    const record = sampleAudit(1)
    await store.recordAudit([record])
    await store.recordAudit([{ ...record, count: 9 }, sampleAudit(2)])
    assert.deepEqual(
      (await all(store)).map(({ count }) => count),
      [1, 9],
    )
  })

  promise('the changes that audit records show are erased with the tenant, and the records stay', async (store) => {
    await addTenants(store, acme, other)
    const change: AuditedChange = { before: { url: 'https://example.com/one' }, after: null }
    const ofAcme = Array.from({ length: 25 }, (_, index) => sampleAudit(index + 1, { tenant: acme, change }))
    const rest = [sampleAudit(50, { tenant: other, change }), sampleAudit(51, { change }), sampleAudit(52)]
    await store.recordAudit([...ofAcme, ...rest])
    assert.deepEqual(await all(store, { tenant: acme }), ofAcme.toReversed())
    await store.deleteTenant(acme, sampleErasure(60))
    assert.equal(await store.createTenant(sampleTenant(acme)), 'written')
    const again = sampleAudit(70, { tenant: acme, change })
    await store.recordAudit([again])
    await eraseAll(store, 80, 10)
    const erased = ofAcme.map((record) => ({ ...record, change: null, erasedAt: start + 80 }))
    assert.deepEqual(await all(store), [...erased, ...rest, again].toReversed())
  })

  promise("an endpoint's changes are erased with its history, where that goes with the endpoint", async (store) => {
    const { endpoint } = await nodeAndEndpoint(store)
    const stays = await addEndpoint(store)
    const change: AuditedChange = { before: null, after: { url: 'https://example.com/one' } }
    const of = (key: EndpointKey, at: number): NewAuditRecord =>
      sampleAudit(at, { tenant: acme, endpoint: key, change })
    const records = [of(endpoint.key, 1), of(stays.key, 2), of(endpoint.key, 3)]
    await store.recordAudit(records)
    const deletion = of(endpoint.key, 4)
    await store.deleteEndpoint(acme, endpoint.key, start, { audit: [deletion] }, sampleErasure(5))
    await eraseAll(store, 6, 1)
    assert.deepEqual(
      (await all(store)).map((record) => [record.change, record.erasedAt]),
      [
        [null, start + 6],
        [null, start + 6],
        [change, undefined],
        [null, start + 6],
      ],
    )
  })

  promise('audit records have a retention of their own, in bounded steps', async (store) => {
    const { node, endpoint } = await nodeAndEndpoint(store)
    await accept(store, node, endpoint, 0)
    await store.recordAudit(Array.from({ length: 25 }, (_, index) => sampleAudit(index)))
    while ((await store.prune(start + 99, start + 99, 100)).visited > 0);
    assert.equal((await all(store)).length, 25)
    const removed: number[] = []
    for (let count = -1; count !== 0;) removed.push((count = await store.pruneAudit(start + 15, 10)))
    assert.deepEqual(removed, [10, 5, 0])
    assert.equal((await all(store)).length, 10)
  })
}
