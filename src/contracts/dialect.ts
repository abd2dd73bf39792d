// What a dialect declares: its deliveries (delivery-dialect.ts), and what the APIs need: ids, keys, event catalogue, rules
// of endpoints, quotas. How customers see it (paths, authentication, shapes, errors) is its front (front/dialect-front.ts).

import type { Endpoint } from '../domain/endpoint.ts'
import type { EndpointKey, RandomBytes } from '../domain/ids.ts'
import type { RetrySchedule } from '../domain/retry.ts'
import type { DeliveryDialect } from './delivery-dialect.ts'

export interface EventType {
  readonly name: string
  readonly description: string
}

/** Health as the operator API shows it, in words. */
export interface HealthReport {
  readonly status: 'healthy' | 'failing'
  readonly reason: string | null
  readonly since: number | null
}

export interface EndpointRules {
  /** Schemes of endpoint URLs; POSTHORN_ALLOW_HTTP adds http: to all. */
  readonly schemes: readonly ('https:' | 'http:')[]
  readonly urlCharsMax: number
  readonly descriptionCharsMax: number
  /** Patterns besides exact event types: none, `*` alone, or prefixes such as `invoice.*` too. */
  readonly wildcards: 'none' | 'all' | 'prefix'
  /** Attributes that endpoints may filter by; `any`: whichever the operator posts. */
  readonly filters: readonly string[] | 'any'
  /** Keep event types as they were written: none at all, or one twice. Default: at least one, and each once. */
  readonly eventTypesAsWritten?: true
  /** How many event types one endpoint may name; default: `limits.eventTypesPerEndpointMax`. */
  readonly eventTypesMax?: number
  /** Whether customers may add headers of their own. */
  readonly customHeaders: boolean
  /** What is wrong with the name of such a header, besides what is refused for all dialects; null: nothing. */
  headerNameFault?(name: string): string | null
  /** A new signing secret; null: the dialect signs without a secret of the endpoint. */
  newSecret: ((random: RandomBytes) => string) | null
  /** Of a tenant's endpoints that have such a key, no two have the same; null: as many as it likes. */
  uniqueKey?(endpoint: Pick<Endpoint, 'url' | 'eventTypes'>): string | null
  /** What is wrong with a secret that was chosen by the customer; null: nothing. */
  secretFault(secret: string): string | null
}

/** A request quota. Where several hold for a request, it must pass all of them; the first one is shown in headers. */
export interface Quota {
  /** Whose requests are counted together. */
  readonly per: 'key' | 'tenant'
  /** Which requests are counted. */
  readonly counts: 'reads' | 'writes' | 'all'
  readonly requests: number
  readonly windowSeconds: number
  /** Requests that may come at once on top, where the vendor describes a bucket that refills; default 0. */
  readonly burst?: number
}

export interface Dialect extends DeliveryDialect {
  readonly title: string

  /** The form of tenant ids, for ids that the operator chooses and for generated ones. */
  readonly tenantIdPattern: RegExp
  newTenantId(random: RandomBytes): string

  newApiKey(random: RandomBytes): string
  /** How many tenants one key may speak for. */
  readonly tenantsPerKeyMax: number
  readonly scopes: readonly string[]
  /** Empty: keys have no role. The first one is the default. */
  readonly roles: readonly string[]
  readonly quotas: readonly Quota[]
  /** What the operator may choose for one tenant, by name; of each the first choice is the default. */
  readonly tenantSettings: Readonly<Record<string, readonly string[]>>

  newEndpointId(key: EndpointKey, random: RandomBytes): string
  newEventId(nowMs: number, random: RandomBytes): string

  readonly eventTypes: readonly EventType[]
  /** Whether events of other types are accepted too. */
  readonly openCatalogue: boolean
  /** What a test of the endpoint sends. `data` is JSON text. */
  testEvent(endpoint: Endpoint): { readonly type: string; readonly data: string }

  readonly endpointRules: EndpointRules

  readonly retries: RetrySchedule
  healthReport(health: string | null): HealthReport
}
