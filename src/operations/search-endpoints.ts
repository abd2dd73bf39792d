// Endpoints of all tenants, for the operator.

import type { Endpoint, EndpointStatus } from '../domain/endpoint.ts'
import type { EndpointFilter, StoredEndpoint } from '../contracts/account-store.ts'
import type { Dialect } from '../contracts/dialect.ts'
import type { PageRequest, SearchedPage } from '../contracts/page.ts'
import { never } from '../domain/time.ts'
import { VaultError } from '../vault/vault.ts'
import type { Context } from './context.ts'

export interface ListedEndpoint {
  readonly endpoint: Endpoint
  readonly dialect: Dialect
  readonly status: EndpointStatus
  /** The end of the pause that its receiver has asked for; null: it is not paused. */
  readonly pausedUntil: number | null
}

/**
 * Lists endpoints of all tenants, newest first. Those of a dialect that this node does not know are left out.
 *
 * @param query `text` is an id, or the beginning of a URL or of its host
 */
export async function searchEndpoints(
  context: Context,
  query: Omit<EndpointFilter, 'now'>,
  page: PageRequest,
): Promise<SearchedPage<ListedEndpoint>> {
  const now = context.clock.now()
  const text = query.text?.replace(/^https?:\/\//i, '') ?? null
  const found = await context.store.listEndpoints({ ...query, text, now }, page)
  const rows = found.rows.flatMap(({ endpoint, dialect: name, status, pausedUntil }): ListedEndpoint[] => {
    const dialect = context.allDialects.get(name)
    if (dialect === undefined) return []
    const isHealthy = dialect.healthReport(status.health).status === 'healthy'
    if (query.health === 'failing' && isHealthy) return []
    const isPaused = pausedUntil !== null && pausedUntil > now && pausedUntil !== never
    return [{ endpoint: opened(context, endpoint, name), dialect, status, pausedUntil: isPaused ? pausedUntil : null }]
  })
  return { ...found, rows }
}

/** The endpoint with its secrets and headers. One that cannot be opened is marked as unreadable, without them. */
function opened({ seals }: Context, stored: StoredEndpoint, dialect: string): Endpoint {
  const { sealedSecrets: _secrets, sealedHeaders: _headers, uniqueKey: _key, ...rest } = stored
  try {
    return { ...rest, ...seals.openEndpoint({ ...stored, dialect }) }
  } catch (error) {
    if (!(error instanceof VaultError)) throw error
    return { ...rest, secrets: [], headers: {}, writeOnlyHeaders: [], unreadable: true }
  }
}
