// Translation between the vendor's fields and the domain's.

import type { FastifyRequest } from 'fastify'
import { type Endpoint, type EndpointStatus, secretsInForce, type SigningSecret } from '../../domain/endpoint.ts'
import { renderOnce } from '../../http/render.ts'
import type { Context } from '../../operations/context.ts'
import type { EndpointInput } from '../../operations/endpoint-rules.ts'
import type { EndpointWithStatus } from '../../operations/endpoints.ts'
import { readHealth } from './health.ts'
import { type Cursor, writeCursor } from './paging.ts'
import { isoTime } from './time.ts'

interface WebhookInput {
  readonly agentId?: string | null
  readonly url?: string
  readonly secrets?: readonly string[]
  readonly events?: readonly string[]
}

export function inputOf({ agentId, url, secrets, events }: WebhookInput): EndpointInput {
  return {
    ...(url !== undefined && { url }),
    ...(events !== undefined && { eventTypes: events }),
    ...(agentId !== undefined && { filters: agentId === null ? {} : { agentId } }),
    ...(secrets !== undefined && { secrets }),
  }
}

export function webhook(context: Context, { endpoint, status }: EndpointWithStatus): unknown {
  return shape(endpoint, status, secretsInForce(endpoint.secrets, context.clock.now()))
}

/** The same as JSON text. The text is cached while all secrets of the endpoint are in force. */
export function webhookText(context: Context, { endpoint, status }: EndpointWithStatus): string {
  const secrets = secretsInForce(endpoint.secrets, context.clock.now())
  return secrets.length === endpoint.secrets.length
    ? withAllSecrets(endpoint, status)
    : JSON.stringify(shape(endpoint, status, secrets))
}

const withAllSecrets = renderOnce((endpoint, status: EndpointStatus) => shape(endpoint, status, endpoint.secrets))

/** Every field of the vendor's page, in the order of the page. */
function shape(endpoint: Endpoint, { health }: EndpointStatus, secrets: readonly SigningSecret[]): unknown {
  const { status, changedAt, failures } = readHealth(health)
  return {
    webhookId: endpoint.id,
    agentId: endpoint.filters['agentId'] ?? null,
    created: isoTime(endpoint.createdAt),
    url: endpoint.url,
    secrets: secrets.map(({ value }) => value),
    events: endpoint.eventTypes,
    status,
    lastStatusChange: changedAt === null ? null : isoTime(changedAt),
    recentFailures: failures.map(({ at, text }) => ({ timestamp: isoTime(at), failure: text })),
  }
}

/** The URL of the request with another cursor; null: there is no such page. */
export function linkTo(request: FastifyRequest, cursor: Cursor | null): string | null {
  if (cursor === null) return null
  const [path = '', query] = request.url.split('?')
  const parameters = new URLSearchParams(query)
  parameters.set('cursor', writeCursor(cursor))
  parameters.sort()
  return `${request.publicUrl}${path}?${parameters.toString()}`
}
