import type { Clock } from '../domain/clock.ts'
import type { Endpoint } from '../domain/endpoint.ts'
import type { RandomBytes, TenantId } from '../domain/ids.ts'
import { andThen, type MaybePromise } from '../domain/maybe-promise.ts'
import { systemTenant } from '../domain/operational-events.ts'
import type { Principal } from '../domain/principal.ts'
import { failure, type Result, success } from '../domain/problem.ts'
import type { Tenant } from '../domain/tenant.ts'
import type { AccountReads } from '../contracts/account-store.ts'
import type { AuditReads } from '../contracts/audit-store.ts'
import type { Dialect } from '../contracts/dialect.ts'
import type { EraseReads } from '../contracts/erase-store.ts'
import type { EngineObserver } from '../contracts/observer.ts'
import type { OutboxReads } from '../contracts/outbox-store.ts'
import type { PortalReads } from '../contracts/portal-store.ts'
import type { StatsReads } from '../contracts/stats-store.ts'
import type { HistoryReads } from '../contracts/history-store.ts'
import type { ReplayReads } from '../contracts/replay-store.ts'
import type { Store } from '../contracts/store.ts'
import type { EncodeRequest } from '../contracts/transport.ts'
import type { Engine } from '../engine/engine.ts'
import type { CachedTenant, TenantCache } from '../engine/tenant-cache.ts'
import type { InstallationKeys } from '../vault/installation-keys.ts'
import type { RowSeals } from '../vault/row-seals.ts'
import { AuditTrail } from './audit-trail.ts'
import { KeyCache } from './key-cache.ts'
import { Replays } from './replays.ts'
import { systemDialectOf } from './system-dialect.ts'
import { Writer } from './writer.ts'

/**
 * Checks endpoint URLs before they are stored. `refusesUrl` gives the reason why no delivery to a URL can be sent;
 * null: no such reason is known. It looks up no host name.
 */
export interface EgressPolicy {
  refusesUrl(url: URL): string | null
}

export interface ContextOptions {
  readonly engine: Engine
  readonly seals: RowSeals
  /** By name: the dialects that this node serves. */
  readonly dialects: ReadonlyMap<string, Dialect>
  /** By name: all dialects of the program. */
  readonly allDialects: ReadonlyMap<string, Dialect>
  /** For dialects that sign with a key of the installation. */
  readonly installationKeys: InstallationKeys
  readonly egress: EgressPolicy
  /** Encodes requests as the sender of deliveries does. */
  readonly encodeRequest: EncodeRequest
  readonly observer: Pick<EngineObserver, 'unproved' | 'failed' | 'replayEnded'>
  readonly clock: Clock
  readonly randomBytes: RandomBytes
  /** POSTHORN_ALLOW_HTTP: endpoints of every dialect may use http://. */
  readonly allowHttp: boolean
}

/** The parts of the program that operations use. */
export interface Context extends ContextOptions {
  /** The reads of the store. `writer` owns the writes. */
  readonly store: AccountReads &
    HistoryReads &
    EraseReads &
    AuditReads &
    PortalReads &
    StatsReads &
    Pick<ReplayReads, 'findReplay' | 'listReplays'> & { readonly outbox: OutboxReads | null }
  readonly writer: Writer
  /** Records what belongs to no change. Its owner stops it. */
  readonly auditTrail: Pick<AuditTrail, 'recordOf' | 'assertRoom' | 'secretRead' | 'refused'>
  readonly tenantCache: Pick<TenantCache, 'peek' | 'load'>
  readonly keyCache: KeyCache
  readonly replays: Replays
  /** Present: changes are only rehearsed. `shown` gives the endpoint that the answer to a change shows. */
  readonly rehearsal?: { readonly shown: (changed: Endpoint) => Endpoint }
}

export function createContext(
  options: ContextOptions & { readonly store: Store },
): Context & { readonly auditTrail: AuditTrail } {
  const { store, engine, seals, clock, randomBytes, observer } = options
  const keyCache = new KeyCache({ store, seals, clock, trust: engine.membership, observer })
  const writer = new Writer({ store, engine, keyCache, seals, clock })
  const failed = (what: string, error: unknown): void => observer.failed(what, error)
  const auditTrail = new AuditTrail({ store, clock, randomBytes, failed })
  return { ...options, writer, auditTrail, keyCache, tenantCache: engine.tenantCache, replays: new Replays() }
}

/**
 * The tenant, if the principal may access it. Otherwise the result is the same as for a tenant that does not exist. A
 * token may name any tenant, so for a customer a tenant of another dialect does not exist either.
 */
export function tenantFor(context: Context, principal: Principal, id: TenantId): MaybePromise<Result<CachedTenant>> {
  const allowed = principal.kind === 'operator' || principal.key.tenants.includes(id)
  const tenant = allowed ? (context.tenantCache.peek(id) ?? context.tenantCache.load(id)) : null
  return andThen(tenant, (found) => {
    const isForeign = principal.kind === 'customer' && found?.dialect.name !== principal.key.dialect
    return found === null || isForeign ? failure({ kind: 'notFound', what: 'tenant', id }) : success(found)
  })
}

/** The dialect that a tenant speaks, with its settings. A tenant in the cache has a dialect of this program. */
export function dialectOf(context: Context, tenant: Tenant): Dialect {
  const dialect = context.allDialects.get(tenant.dialect) as Dialect
  if (tenant.id === systemTenant) return systemDialectOf(dialect)
  return dialect.ofTenant === undefined ? dialect : dialect.ofTenant(tenant)
}
