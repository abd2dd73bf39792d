import type { RandomBytes, TenantId } from '../domain/ids.ts'
import type { ApiKey } from '../domain/api-key.ts'
import type { Clock } from '../domain/clock.ts'
import { failure, type Result, success } from '../domain/problem.ts'
import { once, type Soon } from '../domain/maybe-promise.ts'
import type { Dialect } from '../contracts/dialect.ts'
import type { Directory, TenantView } from '../engine/tenant-cache.ts'
import type { Engine } from '../engine/engine.ts'
import type { Store } from '../contracts/store.ts'
import type { Vault } from '../vault/vault.ts'
import type { KeyRing } from './key-ring.ts'
import type { Replays } from './replays.ts'

/** Says early why a URL can never be delivered to; null: nothing is known against it. No name is looked up. */
export interface EgressPolicy {
  refusesUrl(url: URL): string | null
}

/** What operations work with; made once, in app.ts. */
export interface Context {
  readonly store: Store
  readonly engine: Engine
  readonly directory: Directory
  readonly keys: KeyRing
  readonly replays: Replays
  readonly vault: Vault
  readonly dialects: ReadonlyMap<string, Dialect>
  /** PEM by dialect, of those that sign with a key of the installation. */
  readonly publicKeys: ReadonlyMap<string, string>
  readonly egress: EgressPolicy
  readonly clock: Clock
  readonly randomBytes: RandomBytes
  /** POSTHORN_ALLOW_HTTP: endpoints may use http:// whatever their dialect says. */
  readonly allowHttp: boolean
}

/** Who asks: the operator, or a customer by an API key. */
export type Principal = { readonly kind: 'operator' } | { readonly kind: 'customer'; readonly key: ApiKey }

/**
 * The tenant, if the principal may know of it: one that it may not is answered exactly as an absent one. A token may
 * name any tenant, so that of another dialect is absent too.
 */
export function tenantFor(context: Context, principal: Principal, id: TenantId): Soon<Result<TenantView>> {
  const allowed = principal.kind === 'operator' || principal.key.tenants.includes(id)
  const view = allowed ? (context.directory.peek(id) ?? context.directory.load(id)) : null
  return once(view, (found) => {
    const isForeign = principal.kind === 'customer' && found?.dialect.name !== principal.key.dialect
    return found === null || isForeign ? failure({ kind: 'notFound', what: 'tenant', id }) : success(found)
  })
}
