// The additional functions of a database that several nodes share: it records heartbeats by its own clock, refuses
// nodes that were declared dead, and notifies nodes of changes that other nodes made.

import type { EndpointKey, Incarnation, TenantId } from '../../src/domain/ids.ts'
import { type LostNode, nodeLost } from '../../src/domain/operational-events.ts'
import { tenantIdOf } from '../../src/store/rows.ts'
import type { Database } from '../../src/store/sqlite/database.ts'
import { tellings as tellingsOf } from '../../src/store/sqlite/tellings.ts'
import { IncarnationLost } from '../../src/contracts/store.ts'
import type { Change, Claim, ClaimRequest, Heartbeat } from '../../src/contracts/lease-store.ts'
import type { CommitBatch, CommitResult, AttemptSummary, RemoteHealth } from '../../src/contracts/commit-store.ts'
import type { Roles } from './roles.ts'

type Shared = Pick<
  Roles,
  | 'join'
  | 'leave'
  | 'heartbeat'
  | 'takeOver'
  | 'claim'
  | 'commit'
  | 'createTenant'
  | 'updateTenant'
  | 'replaceTenantSecrets'
  | 'deleteTenant'
  | 'createEndpoints'
  | 'updateEndpoint'
  | 'deleteEndpoint'
  | 'erasePayload'
  | 'eraseExpired'
  | 'revokeKey'
  | 'rearmDelivery'
  | 'rearmDeliveries'
  | 'replayStep'
  | 'repeatDelivery'
>

export function sharedRoles(db: Database, own: Roles, now: () => number, tell: (change: Change) => void): Shared {
  const operational = tellingsOf(db)
  return {
    join(startedAt: number): Incarnation {
      const insert = 'INSERT INTO nodes (started_at, heartbeat_at) VALUES (?, ?) RETURNING incarnation'
      return db.transaction(() => db.get<{ incarnation: Incarnation }>(insert, startedAt, now()))
        ?.incarnation as Incarnation
    },

    leave(node: Incarnation): void {
      const held = db.get('SELECT 1 FROM deliveries WHERE status = 0 AND node = ? LIMIT 1', node)
      own.leave(node)
      if (held !== undefined) tell({ kind: 'due' })
    },

    heartbeat(node: Incarnation): Heartbeat {
      const { alive } = own.heartbeat(node, now())
      const others = 'SELECT min(heartbeat_at) AS at FROM nodes WHERE incarnation <> ?'
      return { alive, silentMs: now() - (db.get<{ at: number | null }>(others, node)?.at ?? now()) }
    },

    takeOver(node: Incarnation, silentMs: number, at: number): LostNode[] {
      const silent = `SELECT incarnation, started_at AS startedAt, heartbeat_at AS heartbeatAt FROM nodes
        WHERE incarnation <> ? AND heartbeat_at < ?`
      const dead = db.all<Pick<LostNode, 'incarnation' | 'startedAt' | 'heartbeatAt'>>(silent, node, now() - silentMs)
      const lost = dead.map((row): LostNode => ({ ...row, version: null, role: null }))
      for (const { incarnation } of lost) this.leave(incarnation)
      const tellings = lost.map((one) => nodeLost(one, node, at))
      db.transaction(() => operational.tell(tellings, at))
      return lost
    },

    claim(node: Incarnation, at: number, requests: readonly ClaimRequest[]): Claim {
      refuseTheDead(node)
      return own.claim(node, at, requests)
    },

    commit(batch: CommitBatch): CommitResult {
      refuseTheDead(batch.node)
      db.run('UPDATE nodes SET heartbeat_at = ? WHERE incarnation = ?', now(), batch.node)
      const disabled = batch.summaries.flatMap((summary) => tenantToDisable(summary))
      const remoteHealth = batch.summaries.flatMap((summary) => remoteHealthOf(summary))
      const result = own.commit(batch)
      for (const tenant of disabled) tell({ kind: 'tenant', tenant })
      const waits = batch.events.some(
        ({ deliveries }, index) => result.events[index]?.kind === 'stored' && deliveries.some(({ leased }) => !leased),
      )
      if (waits) tell({ kind: 'due' })
      return { ...result, remoteHealth }
    },

    createTenant: (tenant, envelope) =>
      told(own.createTenant(tenant, envelope), 'written', { kind: 'tenant', tenant: tenant.id }),
    updateTenant: (id, change, envelope) =>
      told(own.updateTenant(id, change, envelope), 'written', { kind: 'tenant', tenant: id }),
    replaceTenantSecrets: (id, before, after, envelope) =>
      told(own.replaceTenantSecrets(id, before, after, envelope), 'written', { kind: 'tenant', tenant: id }),
    deleteTenant: (id, erasure, envelope) =>
      told(own.deleteTenant(id, erasure, envelope), 'written', { kind: 'tenant', tenant: id }, { kind: 'keys' }),
    createEndpoints: (endpoints, ...more) =>
      told(own.createEndpoints(endpoints, ...more), 'written', ...endpoints.map(changeOf)),
    updateEndpoint: (endpoint, version, envelope) =>
      told(own.updateEndpoint(endpoint, version, envelope), 'written', changeOf(endpoint)),
    deleteEndpoint: (tenant, key, at, envelope, erasure) =>
      told(own.deleteEndpoint(tenant, key, at, envelope, erasure), 'written', { kind: 'tenant', tenant }),
    erasePayload(tenant, id, erasure, audit) {
      const event = own.erasePayload(tenant, id, erasure, audit)
      if (event !== null) tell({ kind: 'erased', ...event })
      return event
    },
    eraseExpired(at, rowsMax) {
      const events = own.eraseExpired(at, rowsMax)
      for (const event of events) tell({ kind: 'erased', ...event })
      return events
    },
    revokeKey: (id, at, envelope) => told(own.revokeKey(id, at, envelope), 'written', { kind: 'keys' }),
    rearmDelivery: (id, at, audit) => told(own.rearmDelivery(id, at, audit), true, { kind: 'due' }),
    repeatDelivery: (first, id, at, audit) => told(own.repeatDelivery(first, id, at, audit), true, { kind: 'due' }),
    replayStep(asked) {
      const taken = own.replayStep(asked)
      if (taken !== null && taken.sent.length > 0) tell({ kind: 'due' })
      return taken
    },
    rearmDeliveries(request) {
      const step = own.rearmDeliveries(request)
      if (step.count > 0) tell({ kind: 'due' })
      return step
    },
  }

  function refuseTheDead(node: Incarnation): void {
    if (db.get('SELECT 1 FROM nodes WHERE incarnation = ?', node) !== undefined) return
    throw new IncarnationLost('this node was silent for so long that it was declared dead')
  }

  function told<Result>(result: Result, changed: Result, ...changes: Change[]): Result {
    if (result === changed) for (const change of changes) tell(change)
    return result
  }

  function tenantToDisable({ endpoint, disable }: AttemptSummary): TenantId[] {
    if (disable === undefined) return []
    const row = db.get<{ tenant: string }>('SELECT tenant FROM endpoints WHERE key = ? AND enabled = 1', endpoint)
    return row === undefined ? [] : [tenantIdOf(row.tenant)]
  }

  /** The health of an endpoint as other nodes recorded it, if the summary of this node does not change it. */
  function remoteHealthOf({ endpoint, expectedHealth, health }: AttemptSummary): RemoteHealth[] {
    if (health !== undefined) return []
    const row = db.get<{ tenant: string; health: string | null }>(
      'SELECT p.tenant, s.health FROM endpoints p JOIN endpoint_status s ON s.endpoint = p.key WHERE p.key = ?',
      endpoint,
    )
    return row === undefined || row.health === expectedHealth
      ? []
      : [{ tenant: tenantIdOf(row.tenant), endpoint, expectedHealth, health: row.health }]
  }
}

function changeOf({ tenant }: { readonly tenant: TenantId; readonly key: EndpointKey }): Change {
  return { kind: 'tenant', tenant }
}
