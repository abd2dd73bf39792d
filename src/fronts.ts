// The fronts of the service: the operator API, and the API of each dialect that is served.

import type { Dialect } from './contracts/dialect.ts'
import type { Store } from './contracts/store.ts'
import { attemptRequestRoutes } from './api/attempt-requests.ts'
import { asDialectRoutes } from './api/as-dialect.ts'
import { auditRoutes } from './api/audit.ts'
import { deliveryRoutes } from './api/deliveries.ts'
import { dialectRoutes } from './api/dialects.ts'
import { endpointRoutes } from './api/endpoints.ts'
import { erasureRoutes } from './api/erasures.ts'
import { eventRoutes } from './api/events.ts'
import { findRoutes } from './api/find.ts'
import { failureRoutes } from './api/failures.ts'
import { keyRoutes } from './api/keys.ts'
import { createOperatorFront, type OperatorFrontOptions } from './api/operator-front.ts'
import { operatorKeyRoutes } from './api/operator-keys.ts'
import { pollRoutes } from './api/polls.ts'
import { portalLinkRoutes } from './api/portal-links.ts'
import { previewRoutes } from './api/preview.ts'
import { receivingRoutes } from './api/receiving.ts'
import { replayRoutes } from './api/replays.ts'
import { setAsideRoutes } from './api/set-aside.ts'
import { signingKeyRoutes } from './api/signing-keys.ts'
import { statisticsRoutes } from './api/statistics.ts'
import { statusRoute } from './api/status.ts'
import { streamRoute } from './api/stream.ts'
import { tenantSecretRoutes } from './api/tenant-secrets.ts'
import { tenantRoutes } from './api/tenants.ts'
import type { Settings } from './config/settings.ts'
import { ownDialect, type Registration, recordedExamples } from './dialects/registry.ts'
import { CountedQuotas } from './front/counted-quotas.ts'
import { CustomerViews, type CustomerViewsOptions } from './front/customer-views.ts'
import { frontOfDialect } from './front/dialect-front.ts'
import type { TokenVerifier } from './front/tokens.ts'
import type { Front } from './http/front.ts'
import type { AnyRoute } from './http/route.ts'
import type { Context } from './operations/context.ts'
import type { Live } from './operations/live.ts'

export interface FrontsOptions {
  readonly settings: Settings
  readonly registrations: readonly Registration[]
  readonly version: string
  readonly context: Context
  readonly store: Store
  readonly live: Live
  /** Verifies customers' tokens; null: they are not accepted. */
  readonly tokens: TokenVerifier | null
  /** How callers of the operator API are admitted. */
  readonly admission: Pick<OperatorFrontOptions, 'operators' | 'sessions' | 'wrongKeys'>
}

const resources: readonly ((context: Context) => AnyRoute[])[] = [
  tenantRoutes,
  keyRoutes,
  operatorKeyRoutes,
  eventRoutes,
  setAsideRoutes,
  endpointRoutes,
  findRoutes,
  pollRoutes,
  failureRoutes,
  deliveryRoutes,
  attemptRequestRoutes,
  replayRoutes,
  erasureRoutes,
  auditRoutes,
  statisticsRoutes,
  dialectRoutes,
  receivingRoutes,
  previewRoutes,
  signingKeyRoutes,
  tenantSecretRoutes,
]

/** @param server the options of servers that show the answers of dialects */
export function frontsOf(
  options: FrontsOptions,
  server: Omit<CustomerViewsOptions, 'context' | 'frontFor'>,
): { readonly operator: Front; readonly vendors: readonly Front[] } {
  const { context, registrations, settings, store, live, version } = options
  const routesFor = (of: Context) => resources.flatMap((routesOf) => routesOf(of))
  const views = new CustomerViews({
    ...server,
    context,
    frontFor(of, dialect) {
      if (dialect === ownDialect) {
        const routes = routesFor(of).filter(({ audience }) => audience === 'customers')
        return operatorFront(options, of, routes)
      }
      const spoken = registrations.filter(({ dialect: { name } }) => name === dialect)
      return vendorFronts({ ...options, registrations: spoken }, of)[0] as Front
    },
  })
  const paths = new Map(registrations.map(({ dialect: { name }, webhookPath }) => [name, webhookPath]))
  const status = statusRoute({
    store,
    engine: context.engine,
    facts: { version, role: settings.role },
    database: settings.database.kind,
    retention: { historyDays: settings.retentionDays, auditDays: settings.auditDays },
  })
  const operator = operatorFront(options, context, [
    ...routesFor(context),
    ...portalLinkRoutes(context, settings.portalOrigin),
    streamRoute(context, live),
    status,
    ...asDialectRoutes({ context, views, pathOf: (dialect, endpoint) => paths.get(dialect)?.(endpoint) ?? null }),
  ])
  return { operator, vendors: vendorFronts(options, context) }
}

function operatorFront(
  { settings, version, store, admission }: FrontsOptions,
  context: Context,
  routes: readonly AnyRoute[],
): Front {
  return createOperatorFront({
    ...admission,
    context,
    customerDialect: ownDialect,
    quotas: new CountedQuotas({
      dialect: context.allDialects.get(ownDialect) as Dialect,
      headersOf: undefined,
      rateLimits: settings.rateLimits,
      shared: store.quotas,
      clock: context.clock,
    }),
    version,
    routes,
    examples: recordedExamples['operator'],
  })
}

function vendorFronts(
  { settings: { rateLimits }, registrations, store: { quotas }, tokens }: FrontsOptions,
  context: Context,
): Front[] {
  return registrations.flatMap(({ dialect: { name }, front }) => {
    const dialect = context.dialects.get(name)
    if (front === null || dialect === undefined) return []
    const shown = { ...front(context), dialect, examples: recordedExamples[name] }
    return [frontOfDialect(shown, { context, tokens, rateLimits, quotas })]
  })
}
