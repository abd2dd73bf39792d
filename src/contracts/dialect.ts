// The declaration of a dialect: its deliveries (delivery-dialect.ts), and the part that the APIs need: ids, keys, event
// catalogue, endpoint rules, quotas. Its front (front/dialect-front.ts) has the part that customers see: paths,
// authentication, shapes, errors.

import type { Endpoint } from '../domain/endpoint.ts'
import type { EndpointKey, RandomBytes } from '../domain/ids.ts'
import type { Tenant } from '../domain/tenant.ts'
import type { FieldError } from '../domain/problem.ts'
import type { RetrySchedule } from '../domain/retry.ts'
import type { DeliveryDialect } from './delivery-dialect.ts'
import type { CustomerFields, EndpointForm, EndpointOperations } from './endpoint-form.ts'
import type { Receiving } from './recipe.ts'

/** An entry of a dialect's event catalogue. */
export interface EventType {
  readonly name: string
  readonly description: string
}

/** The rule of a detail: a field of endpoints that only this product knows. */
export interface DetailRule {
  /** The faults of a value. Their fields are dotted paths inside the value; empty: the value itself. */
  faults(value: unknown): readonly FieldError[]
  /** A new endpoint must have it. */
  readonly required: boolean
  /** It keeps the value that it has in a new endpoint. */
  readonly constant: boolean
  /** The value in a new endpoint for which none is given; absent: none. */
  readonly default?: unknown
}

/** The rules of a dialect for its endpoints. */
export interface EndpointRules {
  /** Schemes of endpoint URLs; POSTHORN_ALLOW_HTTP adds `http:` in every dialect. */
  readonly schemes: readonly ('https:' | 'http:')[]
  readonly urlCharsMax: number
  readonly descriptionCharsMax: number
  /** Patterns in addition to exact event types: none, only `*`, or also prefixes such as `invoice.*`. */
  readonly wildcards: 'none' | 'all' | 'prefix'
  /** Attributes by which endpoints may filter; `any`: all attributes that the operator posts. */
  readonly filters: readonly string[] | 'any'
  /** The attributes whose filters may have several values; default: all. */
  readonly listFilters?: readonly string[]
  /** Returns the form in which the value of a filter is stored; default: as given. */
  readonly storedFilter?: (value: string, attribute: string) => string
  /** The fields that only this product knows, by name; default: none. */
  readonly details?: Readonly<Record<string, DetailRule>>
  /** Event types are kept as written: the list may be empty, and may repeat one. Default: at least one, each once. */
  readonly eventTypesAsWritten?: true
  /** Deleting an endpoint also erases its deliveries. Default: they stay until retention removes them. */
  readonly deletesHistory?: true
  /** How many endpoints a tenant may have; default: `limits.endpointsPerTenantMax`. */
  readonly endpointsMax?: number
  /** How many event types one endpoint may name; default: `limits.eventTypesPerEndpointMax`. */
  readonly eventTypesMax?: number
  /** Whether customers may add their own headers. */
  readonly customHeaders: boolean
  /** Whether customers may hide the values of their headers from every API; default: no. */
  readonly writeOnlyHeaders?: true
  /** Whether endpoints may be polled; default: no. Not for dialects that send a secret itself, as a token does. */
  readonly polling?: true
  /** The fault of the name of such a header; null: it has none. Default: `reservedHeaderFault`. */
  readonly headerNameFault?: (name: string) => string | null
  /** The fault of the value of such a header; null: it has none. Default: `visibleAsciiFault`. */
  readonly headerValueFault?: (value: string) => string | null
  /** Returns a new signing secret; null: the dialect signs without a secret of the endpoint. */
  newSecret: ((random: RandomBytes) => string) | null
  /** Returns the key that no two endpoints of a tenant may share; null: the endpoint may have duplicates. */
  uniqueKey?(endpoint: Pick<Endpoint, 'url' | 'eventTypes' | 'filters' | 'details'>): string | null
  /** The fault of a secret that the customer chose; null: it has none. */
  secretFault(secret: string): string | null
}

/** A request quota. A request must pass every quota that applies to it; response headers report the first one. */
export interface Quota {
  /** The requests of one API key, or of one tenant, are counted together. */
  readonly per: 'key' | 'tenant'
  /** The requests that are counted. `writes` and `all` include `tests`, the requests that send test events. */
  readonly counts: 'reads' | 'writes' | 'tests' | 'all'
  readonly requests: number
  readonly windowSeconds: number
  /**
   * Present if the vendor describes a bucket that refills: requests that may arrive at once in addition to `requests`.
   * Absent: fixed windows.
   */
  readonly burst?: number
}

/** An action of customers, besides looking at their endpoints. */
export type CustomerAction =
  | 'create'
  | 'change'
  | 'delete'
  | 'rotate'
  | 'test'
  | 'seeDeliveries'
  | 'retry'
  | 'seeSecrets'

/** One product's webhooks: deliveries, ids, API keys, event catalogue, endpoint rules and quotas. */
export interface Dialect extends DeliveryDialect {
  readonly title: string

  /** The form of tenant ids, both of chosen and of generated ids. */
  readonly tenantIdPattern: RegExp
  /** The same form in words, after “must be”. */
  readonly tenantIdWords: string
  newTenantId(random: RandomBytes): string

  newApiKey(random: RandomBytes): string
  /** How many tenants one API key may grant. */
  readonly tenantsPerKeyMax: number
  /** The product's scopes that are known; empty: keys have no scopes. A key may have others too, unless they are all. */
  readonly scopes: readonly string[]
  readonly scopesAreAll?: true
  /** The scopes of a new key for which none are named; default: all that are known. */
  readonly defaultScopes?: readonly string[]
  /** Empty: keys have no role. The first role is the default. */
  readonly roles: readonly string[]
  /** The quotas that the vendor documents. The start adds those that the settings give (`dialectsBySettings`). */
  readonly quotas: readonly Quota[]
  /** The settings that the operator may choose for one tenant, by name; the first choice is the default. */
  readonly tenantSettings: Readonly<Record<string, readonly string[]>>

  newEndpointId(key: EndpointKey, random: RandomBytes): string
  newEventId(nowMs: number, random: RandomBytes): string

  readonly eventTypes: readonly EventType[]
  /** Whether events of other types are accepted too. */
  readonly openCatalogue: boolean
  /** Returns the dialect as one tenant's settings make it, with another catalogue for example; default: the same. */
  ofTenant?(tenant: Pick<Tenant, 'settings'>): Dialect
  /** Returns the event that a test of the endpoint sends. `data` is JSON text. */
  testEvent(endpoint: Endpoint): { readonly type: string; readonly data: string }
  /**
   * Returns an example of the data of events, JSON text; null: none is known.
   *
   * @param endpoint the endpoint that the data should fit; default: any
   */
  readonly exampleOf: (type: string, endpoint?: Endpoint) => string | null

  readonly endpointRules: EndpointRules
  /** How customers make an endpoint; null: through the operator API, or not from JSON. */
  readonly endpointForm: EndpointForm | null
  readonly endpointOperations: EndpointOperations
  /** The fields of endpoints that the dialect's API takes from customers and shows to them; default: all. */
  readonly customerFields?: CustomerFields
  /** The actions that the dialect's API lets customers do; default: all. */
  readonly customerActions?: ReadonlySet<CustomerAction>

  readonly retries: RetrySchedule
  /** How receivers verify deliveries. */
  readonly receiving: Receiving
}
