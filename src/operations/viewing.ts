// Endpoints as their customers see them, for callers who may not see secrets. Changes are rehearsed: they are checked and
// answered, and nothing is written.

import type { Endpoint, SigningSecret } from '../domain/endpoint.ts'
import type { EndpointKey } from '../domain/ids.ts'
import type { CachedTenant } from '../engine/tenant-cache.ts'
import type { Context } from './context.ts'
import type { Writer } from './writer.ts'

export interface Viewing {
  /** False: secrets and header values are `hidden`. */
  readonly seesSecrets: boolean
  /** The answer to a change shows the endpoint as it is stored, because the change is made already. */
  readonly isDone: boolean
}

/**
 * The context in which an endpoint is shown as its customer sees it. It records nothing: the caller of the view is not the
 * customer. It writes nothing either.
 */
export function viewing(context: Context, { seesSecrets, isDone }: Viewing): Context {
  const { tenantCache, auditTrail } = context
  const show = <Found extends CachedTenant | null | undefined>(tenant: Found): Found | CachedTenant =>
    seesSecrets || !tenant ? tenant : withoutSecrets(tenant)
  return {
    ...context,
    writer: writesNothing as Writer,
    // The secrets that a rehearsal makes are those of no endpoint.
    rehearsal: {
      shown: (changed) => (isDone && stored(changed, show(tenantCache.peek(changed.tenant)))) || hidden(changed),
    },
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

const written = () => Promise.resolve('written' as const)

/** Routes that change endpoints call no other method. */
const writesNothing: Pick<Writer, 'nextEndpointKey' | 'createEndpoints' | 'updateEndpoint' | 'deleteEndpoint'> = {
  nextEndpointKey: () => Promise.resolve(0 as EndpointKey),
  createEndpoints: written,
  updateEndpoint: written,
  deleteEndpoint: written,
}

/** The endpoint that was changed so, or for a new one the newest with its URL. */
function stored({ id, url }: Endpoint, tenant: CachedTenant | null | undefined): Endpoint | undefined {
  return (tenant?.byId.get(id) ?? tenant?.endpoints.find(({ endpoint }) => endpoint.url === url))?.endpoint
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
