// Replays as jobs (domain/replay.ts): previews, and sending the deliveries of a tenant again at a rate.

import type { Outcome } from '../domain/attempt.ts'
import type { DeliveryStatus } from '../domain/delivery.ts'
import { type EndpointId, type ReplayId, type TenantId, timeOrderedText } from '../domain/ids.ts'
import { limits } from '../domain/limits.ts'
import type { Principal } from '../domain/principal.ts'
import { failure, invalidField, type Result, success } from '../domain/problem.ts'
import type { Replay, ReplayFilter } from '../domain/replay.ts'
import type { Page, PageRequest } from '../contracts/page.ts'
import type { NewReplay, ReplayResult } from '../contracts/replay-store.ts'
import type { CachedTenant } from '../engine/tenant-cache.ts'
import { type Context, tenantFor } from './context.ts'
import { endpointOf } from './endpoints.ts'

export interface ReplayInput {
  readonly tenant: TenantId
  /** Default: all endpoints of the tenant. */
  readonly endpoint?: EndpointId
  /** Default: failed and cancelled. */
  readonly statuses?: readonly DeliveryStatus[]
  readonly eventType?: string
  /** The outcome of the last attempt. */
  readonly outcome?: Outcome['kind']
  /** Events accepted in [from, to), in milliseconds since 1970; `to` null: until now. */
  readonly from: number
  readonly to: number | null
  /** Adds deliveries of events to endpoints that want them now and have none of them. */
  readonly missing: boolean
  /** The replay is only counted, until it is started. */
  readonly dryRun: boolean
  /** Deliveries in a second; default: `limits.replayRateDefault`. */
  readonly rate?: number
}

export async function createReplay(
  context: Context,
  principal: Principal,
  input: ReplayInput,
): Promise<Result<Replay>> {
  const tenant = await tenantFor(context, principal, input.tenant)
  if (!tenant.ok) return invalidField('filter.tenant', 'choice', `is not known: ${input.tenant}`)
  const made = newReplay(context, tenant.value, input)
  if (!made.ok) return made
  const { replay } = made.value
  const { id, filter, missing, state, rate } = replay
  const from = new Date(filter.from).toISOString()
  const to = new Date(filter.to).toISOString()
  const change = {
    before: null,
    after: { ...filter, endpoint: filter.endpoint?.id ?? null, from, to, missing, rate, state },
  }
  const audited = { action: 'replay.create', object: id, tenant: replay.tenant, change } as const
  const audit = context.auditTrail.recordOf(principal, audited)
  return resultOf(await context.writer.createReplay(made.value, audit), id)
}

export async function startReplay(context: Context, principal: Principal, id: ReplayId): Promise<Result<Replay>> {
  const found = await findReplay(context, id)
  if (!found.ok) return found
  const audited = { action: 'replay.start', object: id, tenant: found.value.tenant } as const
  return resultOf(await context.writer.startReplay(id, context.auditTrail.recordOf(principal, audited)), id)
}

/** No delivery is sent any more. Those that were sent stay. */
export async function cancelReplay(context: Context, principal: Principal, id: ReplayId): Promise<Result<Replay>> {
  const found = await findReplay(context, id)
  if (!found.ok) return found
  const audited = { action: 'replay.cancel', object: id, tenant: found.value.tenant } as const
  const result = await context.writer.cancelReplay(id, context.auditTrail.recordOf(principal, audited))
  if (result.kind === 'written') context.observer.replayEnded(result.replay)
  return resultOf(result, id)
}

export async function findReplay(context: Context, id: ReplayId): Promise<Result<Replay>> {
  const found = await context.store.findReplay(id)
  return found === null ? failure({ kind: 'notFound', what: 'replay', id }) : success(found)
}

/** @param tenant null: the replays of all tenants */
export function listReplays(context: Context, tenant: TenantId | null, page: PageRequest): Promise<Page<Replay>> {
  return context.store.listReplays(tenant, page)
}

function newReplay(context: Context, tenant: CachedTenant, input: ReplayInput): Result<NewReplay> {
  const now = context.clock.now()
  const filter = filterOf(tenant, input, now)
  if (!filter.ok) return filter
  const { dryRun, missing, rate = limits.replayRateDefault } = input
  // Without the end of the range, if it is the time of creation: a request that is sent twice asks for the same.
  const asked = JSON.stringify([missing, { ...filter.value, to: filter.value.to < now ? filter.value.to : null }])
  const replay: Replay = {
    id: `rpl_${timeOrderedText(now, context.randomBytes, 20)}` as ReplayId,
    tenant: tenant.tenant.id,
    filter: filter.value,
    missing,
    state: dryRun ? 'preview' : 'running',
    count: { total: 0, isExact: false, done: 0, skipped: 0 },
    endpoints: [],
    rate,
    createdAt: now,
    startedAt: dryRun ? null : now,
    endedAt: null,
    expiresAt: dryRun ? now + limits.replayPreviewMs : null,
    error: null,
  }
  return success({ replay, asked })
}

function filterOf(tenant: CachedTenant, input: ReplayInput, now: number): Result<ReplayFilter> {
  const { from, missing, outcome = null, eventType = null } = input
  const to = Math.min(input.to ?? now, now)
  if (from >= now) return invalidField('filter.from', 'range', 'must be earlier than now')
  if (from >= to) return invalidField('filter.to', 'range', 'must be later than from')
  for (const [field, value] of Object.entries({ status: input.statuses, outcome: input.outcome })) {
    if (missing && value !== undefined) {
      return invalidField(`filter.${field}`, 'unknown', 'must be absent with missing: such deliveries do not exist yet')
    }
  }
  const statuses: DeliveryStatus[] = missing
    ? []
    : [...new Set(input.statuses ?? (['failed', 'cancelled'] as const))].toSorted()
  const frozen = { statuses, eventType, outcome, from, to }
  if (input.endpoint === undefined) return success({ endpoint: null, ...frozen })
  const endpoint = endpointOf(tenant, input.endpoint)
  if (!endpoint.ok) {
    return invalidField('filter.endpoint', 'choice', `is not one of the tenant: ${input.endpoint}`)
  }
  const { key, id } = endpoint.value
  return success({ endpoint: { key, id }, ...frozen })
}

function resultOf(result: ReplayResult, id: ReplayId): Result<Replay> {
  switch (result.kind) {
    case 'written':
      return success(result.replay)
    case 'absent':
      return failure({ kind: 'notFound', what: 'replay', id })
    case 'same': {
      const detail = `the replay ${result.id} is running with the same filter`
      return failure({ kind: 'conflict', code: 'replay_running', detail })
    }
    case 'full': {
      const detail = `a tenant has at most ${limits.replaysPerTenantMax} running replays and ${limits.replayPreviewsPerTenantMax} previews`
      return failure({ kind: 'conflict', code: 'too_many_replays', detail })
    }
    case 'unfit':
      return failure({ kind: 'conflict', code: 'replay_state', detail: `the state of the replay is ${result.state}` })
    case 'expired':
      return failure({
        kind: 'conflict',
        code: 'replay_expired',
        detail: 'the preview has expired; create another one',
      })
  }
}
