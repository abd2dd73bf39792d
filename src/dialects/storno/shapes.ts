// Endpoints in the form of Storno.ro's API. Sources: README.md in this folder.

import { Type } from 'typebox'
import type { Endpoint, EndpointStatus } from '../../domain/endpoint.ts'
import { isoSeconds } from '../../domain/time.ts'

export const Nullable = <Schema extends Parameters<typeof Type.Array>[0]>(schema: Schema) =>
  Type.Union([schema, Type.Null()])
export const Uuid = Type.String({ format: 'uuid' })
export const Time = Type.String({ format: 'date-time' })

const webhookFields = {
  uuid: Uuid,
  url: Type.String({ format: 'uri' }),
  description: Nullable(Type.String()),
  events: Type.Array(Type.String()),
  isActive: Type.Boolean(),
  secret: Type.String({ description: 'In full on create and regenerate-secret, else masked.' }),
  createdAt: Time,
  updatedAt: Time,
}

export const Webhook = Type.Object(webhookFields)
export const WebhookDetail = Type.Object({
  ...webhookFields,
  deliveriesCount: Type.Integer({ description: 'Attempts made so far.' }),
  lastDeliveryAt: Nullable(Time),
  lastDeliveryStatus: Nullable(Type.Enum(['success', 'failed', 'pending'])),
})

const mask = `whsec_${'•'.repeat(24)}`

export function webhook(endpoint: Endpoint, withSecret: boolean): object {
  return webhookWith(endpoint, withSecret, {})
}

export function webhookDetail(endpoint: Endpoint, status: EndpointStatus, newestPending: boolean): object {
  const { attempts, lastAttemptAt, lastAttemptSucceeded } = status
  const last = lastAttemptSucceeded === null ? null : statusText(lastAttemptSucceeded)
  return webhookWith(endpoint, false, {
    deliveriesCount: attempts,
    lastDeliveryAt: lastAttemptAt === null ? null : isoSeconds(lastAttemptAt),
    lastDeliveryStatus: newestPending ? 'pending' : last,
  })
}

/** The fields are in the order of the reference page. */
function webhookWith(endpoint: Endpoint, withSecret: boolean, counters: object): object {
  return {
    uuid: endpoint.id,
    url: endpoint.url,
    description: endpoint.description,
    events: endpoint.eventTypes,
    isActive: endpoint.enabled,
    secret: (withSecret ? endpoint.secrets[0]?.value : undefined) ?? mask,
    ...counters,
    createdAt: isoSeconds(endpoint.createdAt),
    updatedAt: isoSeconds(endpoint.updatedAt),
  }
}

/** The vendor's word for the outcome of an attempt. */
export function statusText(succeeded: boolean): 'success' | 'failed' {
  return succeeded ? 'success' : 'failed'
}
