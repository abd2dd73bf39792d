// Endpoints as their customers see them, for callers who may not see secrets.

import type { Endpoint, SigningSecret } from '../domain/endpoint.ts'
import type { CachedTenant } from '../engine/tenant-cache.ts'
import type { Context } from './context.ts'

/**
 * The context in which an endpoint is shown as its customer sees it. It records nothing: the caller of the view is not the
 * customer.
 *
 * @param seesSecrets false: secrets and header values are `hidden`
 */
export function viewing(context: Context, seesSecrets: boolean): Context {
  const { tenantCache, auditTrail } = context
  const show = <Found extends CachedTenant | null | undefined>(tenant: Found): Found | CachedTenant =>
    seesSecrets || !tenant ? tenant : withoutSecrets(tenant)
  return {
    ...context,
    auditTrail: {
      recordOf: (...audited) => auditTrail.recordOf(...audited),
      assertRoom: () => {},
      secretRead: () => {},
      refused: () => {},
    },
    tenantCache: {
      peek: (id) => show(tenantCache.peek(id)),
      load: async (id) => show(await tenantCache.load(id)),
    },
  }
}

function withoutSecrets(tenant: CachedTenant): CachedTenant {
  const endpoints = tenant.endpoints.map((cached) => ({ ...cached, endpoint: hidden(cached.endpoint) }))
  return {
    ...tenant,
    secrets: tenant.secrets === 'unreadable' ? 'unreadable' : tenant.secrets.map(hiddenSecret),
    endpoints,
    byId: new Map(endpoints.map((cached) => [cached.endpoint.id, cached])),
    byKey: new Map(endpoints.map((cached) => [cached.endpoint.key, cached])),
  }
}

function hidden(endpoint: Endpoint): Endpoint {
  const headers = Object.fromEntries(Object.keys(endpoint.headers).map((name) => [name, 'hidden']))
  return { ...endpoint, headers, secrets: endpoint.secrets.map(hiddenSecret) }
}

function hiddenSecret(secret: SigningSecret): SigningSecret {
  return { ...secret, value: 'hidden' }
}
