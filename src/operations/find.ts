// Finds an object of any kind by its id, or by the beginning of a name.

import { aboveDeliveryOf, attemptNumber } from '../domain/attempt-ids.ts'
import type { ApiKeyId, DeliveryId, EventId, ReplayId, TenantId } from '../domain/ids.ts'
import { limits } from '../domain/limits.ts'
import { isPolling } from '../domain/endpoint.ts'
import type { Tenant } from '../domain/tenant.ts'
import { everyDelivery } from '../contracts/history-store.ts'
import type { Context } from './context.ts'
import { searchEndpoints } from './search-endpoints.ts'

export interface Found {
  readonly kind: 'dialect' | 'tenant' | 'endpoint' | 'event' | 'delivery' | 'apiKey' | 'replay'
  readonly id: string
  readonly tenant: TenantId | null
  readonly dialect: string | null
  /** A name for people. */
  readonly label: string
}

/**
 * Finds objects with the id `text`, and then those that begin with it: dialects by their name or title, tenants by their
 * id or name, endpoints by the host of their URL. At most `limits.foundMax`; at most half of them are tenants.
 */
export async function find(context: Context, text: string): Promise<readonly Found[]> {
  const page = { limit: limits.foundMax, after: null }
  const [tenant, tenants, endpoints, events, delivery, key, replay] = await Promise.all([
    context.store.findTenant(text as TenantId),
    context.store.listTenants({ ...page, limit: limits.foundMax / 2 }, null, text),
    searchEndpoints(context, { tenant: null, dialect: null, text, health: null }, page),
    findEvents(context, text as EventId),
    findDelivery(context, text.toLowerCase()),
    findKey(context, text as ApiKeyId),
    findReplay(context, text as ReplayId),
  ])
  const others = tenants.rows.filter(({ id }) => id !== tenant?.id)
  const shown = endpoints.rows.map(({ endpoint, dialect }): Found => {
    const { id, tenant: owner, url } = endpoint
    return { kind: 'endpoint', id, tenant: owner, dialect: dialect.name, label: isPolling(endpoint) ? id : url }
  })
  const isExact = ({ id }: Found): boolean => id === text
  const exact = [...(tenant === null ? [] : [tenantFound(tenant)]), ...shown.filter(isExact)]
  const begun = [...findDialects(context, text), ...others.map(tenantFound), ...shown.filter((one) => !isExact(one))]
  return [...exact, ...events, ...delivery, ...key, ...replay, ...begun].slice(0, limits.foundMax)
}

function tenantFound({ id, name, dialect }: Tenant): Found {
  return { kind: 'tenant', id, tenant: id, dialect, label: name ?? id }
}

function findDialects({ allDialects }: Context, text: string): Found[] {
  const begins = (name: string): boolean => name.toLowerCase().startsWith(text.toLowerCase())
  return [...allDialects.values()]
    .filter(({ name, title }) => begins(name) || begins(title))
    .map(({ name, title }) => ({ kind: 'dialect', id: name, tenant: null, dialect: name, label: title }))
}

/** Several tenants may have an event with the same id. */
async function findEvents({ store }: Context, wanted: EventId): Promise<Found[]> {
  const events = (await store.findEvents(wanted, null)).slice(0, limits.foundMax)
  return Promise.all(
    events.map(async ({ id, tenant, type }): Promise<Found> => {
      const dialect = (await store.findTenant(tenant))?.dialect ?? null
      return { kind: 'event', id, tenant, dialect, label: type }
    }),
  )
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** Finds the delivery with this id, or with an attempt that some dialects show under it. */
async function findDelivery({ store }: Context, id: string): Promise<Found[]> {
  if (!uuid.test(id)) return []
  const exact = (await store.findDelivery(id as DeliveryId))?.delivery
  const { rows } = await store.listDeliveries(everyDelivery, { limit: 1, after: aboveDeliveryOf(id) })
  const row = exact ?? rows.find((one) => (attemptNumber(id, one.id) ?? Infinity) <= one.attempts)
  if (row === undefined) return []
  return [{ kind: 'delivery', id: row.id, tenant: row.tenant, dialect: row.dialect, label: row.eventType }]
}

async function findKey({ store }: Context, wanted: ApiKeyId): Promise<Found[]> {
  const key = await store.findKey(wanted)
  if (key === null) return []
  const { id, dialect, name, hint, grants } = key
  return [{ kind: 'apiKey', id, tenant: grants[0]?.tenant ?? null, dialect, label: name ?? `…${hint}` }]
}

async function findReplay({ store }: Context, wanted: ReplayId): Promise<Found[]> {
  const replay = await store.findReplay(wanted)
  if (replay === null) return []
  const { id, tenant, state } = replay
  const dialect = (await store.findTenant(tenant))?.dialect ?? null
  return [{ kind: 'replay', id, tenant, dialect, label: `replay: ${state}` }]
}
