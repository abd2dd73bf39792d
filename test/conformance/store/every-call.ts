// Calls every method of a store with every shape of arguments, so that a test can look at the statements that the store
// sends to its database.

import assert from 'node:assert/strict'
import type { ApiKeyId, EndpointKey, EventId, Incarnation, OutboxKey, TenantId } from '../../../src/domain/ids.ts'
import type { CommitBatch } from '../../../src/contracts/commit-store.ts'
import { everyDelivery } from '../../../src/contracts/history-store.ts'
import type { WantedDelivery } from '../../../src/contracts/replay-store.ts'
import type { Store } from '../../../src/contracts/store.ts'
import { fetchId } from './polls.ts'
import { sampleLink } from './portal-links.ts'
import { sampleReplay } from './replays.ts'
import {
  acme,
  deliveryId,
  newEvent,
  sampleAnswer,
  sampleAttempt,
  sampleAudit,
  sampleEndpoint,
  sampleErasure,
  sampleEvent,
  sampleKey,
  sampleMove,
  sampleOperatorKey,
  sampleTenant,
  start,
} from './samples.ts'
import { tellEverything } from './tellings.ts'

export async function callEverything(store: Omit<Store, 'close'>): Promise<void> {
  const page = { limit: 5, after: null }
  const node = await store.join(start)
  await store.heartbeat(node, start)
  await store.createTenant(sampleTenant(acme))
  await store.createKey(sampleKey([acme], 'hash'))
  const key = await store.nextEndpointKey()
  const endpoint = sampleEndpoint(key, acme)
  await store.createEndpoints([endpoint], { answer: sampleAnswer('k', 0) })
  const deliver = newEvent(sampleEvent(acme, 0), [key, key, key], false)
  const version = (await store.loadTenant(acme))?.version ?? 0
  const matched = { ...deliver, version }
  const commit = { node, now: start, events: [matched, matched], moves: [], summaries: [] }
  await store.commit(commit)
  await store.dueEndpoints(start, 5)
  const { deliveries } = await store.claim(node, start, [{ endpoint: key, room: 2 }])
  const attempt = sampleAttempt(1, 0)
  const moves = deliveries.map(({ id }, index) =>
    sampleMove(id, key, index === 0 ? { to: 'delivered' } : { to: 'waiting', dueAt: start }, 0, attempt),
  )
  const summary = {
    endpoint: key,
    attempts: 1,
    lastAttemptAt: start,
    lastAttemptSucceeded: true,
    lastOutcome: { kind: 'unreachable', error: 'connection refused' } as const,
    expectedHealth: null,
    health: '{}',
  }
  await store.commit({ ...commit, events: [], moves, summaries: [{ ...summary, disable: 'gone' }] })
  await store.claim(node, start, [{ endpoint: key, room: 2 }])
  await store.nextDueAt()
  await store.countWaiting()
  await callOutbox(store, commit)
  await store.listNodes()
  await store.storedBytes()
  const link = sampleLink(acme, 'a')
  await store.createPortalLink(link)
  await store.findPortalLink(link.id)
  await store.listPortalLinks(acme, start)
  await store.openPortalLink(link.hash, start)
  await store.deletePortalLink(acme, link.id)
  await store.sweep(start, 5)
  await tellEverything(store, node, key)
  for (const tenant of [null, acme]) {
    await store.listKeys(page, tenant)
    await store.listEvents({ tenant, type: null, from: start, to: start + 1 }, page)
    await store.listEvents({ tenant, type: 'a', from: null, to: null }, page)
    for (const filter of [
      { endpoint: null, eventType: null },
      { endpoint: key, eventType: 'a' },
    ]) {
      for (const status of [null, 'pending', 'delivered', 'failed', 'cancelled'] as const) {
        await store.listDeliveries({ ...everyDelivery, tenant, ...filter, statuses: status && [status] }, page)
      }
      const attempted = { outcomes: ['rejected'], httpStatus: 500, from: start, to: start + 1 } as const
      const found = { ...everyDelivery, tenant, ...filter, failing: true, dialect: 'standard', attempted }
      await store.listDeliveries(found, page)
      await store.listDeliveries({ ...everyDelivery, tenant, ...filter, statuses: ['failed', 'cancelled'] }, page)
    }
  }
  const attempts = { endpoint: key, succeeded: true, eventType: 'a', from: 0, to: start }
  await store.listAttempts(attempts, { page: 1, limit: 5 })
  await store.newestFailures(key, { deliveriesMax: 5, attemptsMax: 5, charsMax: 5 })
  await store.findEvents('x' as EventId, null)
  await store.deliveriesOfEvent(deliver.event)
  await store.findDelivery(deliver.deliveries[0]?.id ?? deliveryId(start))
  await store.rearmDelivery(deliver.deliveries[0]?.id ?? deliveryId(start), start)
  await store.repeatDelivery(deliver.deliveries[0]?.id ?? deliveryId(start), deliveryId(start), start)
  const rearm = { endpoint: key, since: 0, until: start + 1, statuses: ['delivered', 'cancelled'] as const }
  await store.rearmDeliveries({ ...rearm, now: start, rowsMax: 5, after: null })
  await callPolls(store, key, node)
  await callReplays(store, key)
  await store.endpointStatus(key)
  await store.loadTenant(acme)
  await store.findAnswer('a' as ApiKeyId, 'k', start)
  await store.findKeyByHash('hash')
  await store.findKey('x' as ApiKeyId)
  for (const dialect of [null, 'standard']) {
    for (const text of [null, 'a']) {
      await store.listTenants(page, dialect, text)
      for (const tenant of [null, acme]) {
        for (const health of [null, 'failing', 'disabled', 'paused'] as const) {
          await store.listEndpoints({ tenant, dialect, text, health, now: start }, page)
        }
      }
    }
  }
  const [stored] = (await store.loadTenant(acme))?.endpoints ?? []
  assert.ok(stored !== undefined)
  await store.updateEndpoint({ ...endpoint, updatedAt: start + 9 }, stored.updatedAt)
  await store.updateEndpoint({ ...endpoint, enabled: false, updatedAt: start + 10 }, start + 9)
  for (const sealed of await store.sealedEndpoints(0 as EndpointKey, 5))
    await store.resealEndpoints([{ before: sealed, after: { ...sealed, sealedHeaders: 'others' } }])
  for (const sealed of await store.sealedKeys('' as ApiKeyId, 5))
    await store.resealKeys([{ before: sealed, after: { ...sealed, seal: 'another' } }])
  for (const secrets of ['secrets', 'others']) await store.replaceTenantSecrets(acme, null, secrets)
  for (const sealed of await store.sealedTenants('' as TenantId, 5))
    await store.resealTenants([{ before: sealed, after: { ...sealed, sealedSecrets: 'resealed' } }])
  await store.hasSealedRows('v2.')
  await store.livingNodes()
  const operatorKey = sampleOperatorKey('hash')
  await store.createOperatorKey(operatorKey)
  await store.updateOperatorKey(operatorKey, operatorKey.seal)
  await store.listOperatorKeys()
  await store.findOperatorKeyByHash('hash')
  await store.deleteOperatorKey(operatorKey.id)
  await store.deleteEndpoint(acme, key, start)
  await store.revokeKey('x' as ApiKeyId, start)
  await store.eraseResponse(deliver.deliveries[0]?.id ?? deliveryId(start), 1, sampleErasure(0))
  await store.erasePayload(acme, deliver.event.id, sampleErasure(0))
  const expiring = newEvent(sampleEvent(acme, 0, { eraseAt: start }), [], false)
  const { version: now = 0 } = (await store.loadTenant(acme)) ?? {}
  await store.commit({ ...commit, events: [{ ...expiring, version: now }] })
  await store.eraseExpired(start, 5)
  await store.updateTenant(acme, { name: null, settings: {}, retainSeconds: 1 })
  await store.prune(start - 9000, start + 9000, 5)
  const change = { before: null, after: {} }
  await store.recordAudit([sampleAudit(0, { tenant: acme, change }), sampleAudit(0, { endpoint: key, change })])
  const ids = { tenant: acme, actor: 'a', action: 'secret.read', object: 'o' } as const
  const anyAudit = { tenant: null, actor: null, action: null, object: null, from: null, to: null }
  for (const name of ['tenant', 'actor', 'action', 'object'] as const) {
    await store.listAudit({ ...anyAudit, [name]: ids[name] }, page)
  }
  await store.listAudit(anyAudit, page)
  await store.listAudit({ ...ids, from: start, to: start + 1 }, { limit: 5, after: deliveryId(start) })
  await store.pruneAudit(start, 5)
  await moveAndReadStats(store, key)
  const erasure = sampleErasure(0)
  await store.deleteTenant(acme, erasure)
  while ((await store.eraseStep(start, 5)) !== 'done');
  await store.findErasure(erasure.id)
  while (await store.sweep(start, 5));
  while ((await store.prune(start + 10, start + 10, 5)).visited > 0);
  await store.writeOnce('a', 'b')
  await store.installationValues()
  await store.replaceInstallationValue('a', 'b', 'c')
  await store.hasOtherAnswers('mark')
  await store.leave(node)
  await store.ping()
}

async function callPolls(store: Omit<Store, 'close'>, endpoint: EndpointKey, node: Incarnation): Promise<void> {
  await store.fetchDeliveries({ endpoint, fetch: fetchId(0), node, until: start, rowsMax: 1 })
  await store.withDueDeliveries([endpoint], start)
  await store.leaseFetched(node, endpoint, { ids: [deliveryId(start)] })
  await store.leaseFetched(node, endpoint, { fetch: fetchId(0), dueAt: start })
  await store.createEndpoints([sampleEndpoint(await store.nextEndpointKey(), acme, { url: '' })])
  await store.failUnfetched(start, 1, 1, 5)
}

async function callReplays(store: Omit<Store, 'close'>, key: EndpointKey): Promise<void> {
  const { version = 0 } = (await store.loadTenant(acme)) ?? {}
  for (const missing of [false, true]) {
    const replay = sampleReplay(1, { state: 'preview', missing })
    await store.createReplay({ replay, asked: replay.id })
    await store.startReplay(replay.id, start)
    for (let [underWay] = await store.replaysUnderWay(5); underWay !== undefined;) {
      const { events, last } = await store.eventsToReplay(underWay, 0, 5)
      const wanted = events.map(({ seq, event: { acceptedAt } }) => {
        return { id: deliveryId(acceptedAt), seq, acceptedAt, endpoint: key + 1, endpointId: 'ep' } as WantedDelivery
      })
      const step = { replay: replay.id, step: underWay.step, now: start, rowsMax: 25 }
      await store.replayStep({ ...step, missing: missing ? { version, wanted, last } : null })
      underWay = (await store.replaysUnderWay(5))[0]
    }
    await store.cancelReplay(replay.id, start)
    await store.failReplay(replay.id, start, 'why')
    await store.findReplay(replay.id)
  }
  const cancelled = sampleReplay(1)
  await store.createReplay({ replay: cancelled, asked: '' })
  await store.cancelReplay(cancelled.id, start)
  for (const tenant of [null, acme]) await store.listReplays(tenant, { limit: 5, after: null })
}

async function moveAndReadStats(store: Omit<Store, 'close'>, key: EndpointKey): Promise<void> {
  const any = { from: 0, to: start + 1, step: 'hour', by: null, dialect: null, tenant: null, endpoint: null } as const
  for (const by of [null, 'dialect', 'tenant', 'endpoint', 'type'] as const) {
    await store.readStats({ ...any, by }, 5)
    await store.readStats({ ...any, by, dialect: 'standard' }, 5)
    await store.readStats({ ...any, by, tenant: acme }, 5)
    await store.readStats({ ...any, by, tenant: acme, endpoint: key }, 5)
    while (await store.gatherStats(5));
    await store.claimFold(start, 1000)
    while (await store.foldStats(5));
  }
  const ages = { minutes: start, hours: start, days: start, dialectMinutes: start }
  while ((await store.pruneStats(ages, 5)) > 0);
}

async function callOutbox({ outbox, ...store }: Omit<Store, 'close'>, batch: CommitBatch): Promise<void> {
  if (outbox === null) return
  const { node, events } = batch
  for (const after of ['', acme]) await outbox.claimOutbox(node, after)
  await outbox.watchOutbox(1)
  const key = 1 as OutboxKey
  await store.commit({ ...batch, events: events.map((event) => ({ ...event, outbox: key })) })
  await outbox.setAside(node, [{ key, problem: 'none', erase: false }])
  for (const after of [null, '5.1']) await outbox.listSetAside({ limit: 3, after })
  await outbox.findSetAside(key)
  await outbox.putBack(key)
  await outbox.removeSetAside(key)
  await outbox.removeFromOutbox(node, [key])
  for (const which of ['waiting', 'set aside'] as const) await outbox.countOutbox(which)
}
