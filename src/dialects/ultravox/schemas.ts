// Schemas of requests and answers, modelled on the vendor's OpenAPI document.

import { Type } from 'typebox'
import { limits } from '../../domain/limits.ts'
import { events, secretCharsMax, urlCharsMax } from './wire.ts'

const Uuid = Type.String({ format: 'uuid' })
const Time = Type.String({ format: 'date-time' })
const Link = Type.Union([Type.String({ format: 'uri' }), Type.Null()])
const EventName = Type.String({ enum: events.map(({ name }) => name) })
const agentIdNote = 'If set, only events of this agent are sent.'

/** The fields that customers write. */
export const fields = {
  agentId: Type.Optional(Type.Union([Uuid, Type.Null()], { description: agentIdNote })),
  url: Type.String({ format: 'uri', maxLength: urlCharsMax }),
  secrets: Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: secretCharsMax }), {
      maxItems: limits.secretsPerEndpointMax,
      description: 'Each signs; none given: one is generated; an empty list: deliveries are not signed.',
    }),
  ),
  events: Type.Array(EventName, { maxItems: limits.eventTypesPerEndpointMax }),
}

export const Webhook = Type.Object({
  webhookId: Uuid,
  agentId: Type.Union([Type.String(), Type.Null()], { description: agentIdNote }),
  created: Time,
  url: Type.String({ format: 'uri' }),
  secrets: Type.Array(Type.String()),
  events: Type.Array(EventName),
  status: Type.Enum(['normal', 'unhealthy']),
  lastStatusChange: Type.Union([Time, Type.Null()]),
  recentFailures: Type.Array(Type.Object({ timestamp: Time, failure: Type.String() }), {
    description: 'The newest failures, newest first.',
  }),
})

export const WebhookList = Type.Object({
  next: Link,
  previous: Link,
  results: Type.Array(Webhook),
  total: Type.Integer(),
})

export const ListQuery = Type.Object({
  agentId: Type.Optional(
    Type.Union([Uuid, Type.Literal('')], { description: 'Only the webhooks of exactly this agent.' }),
  ),
  cursor: Type.Optional(Type.String({ description: 'From a page before.' })),
  // Any value is accepted: a value that is not a positive integer counts as not given.
  pageSize: Type.Optional(
    Type.Union([Type.Integer({ minimum: 1 }), Type.Unknown()], { description: 'Default 100, at most 1000.' }),
  ),
})

export const WebhookPath = Type.Object({ webhook_id: Uuid })

export const Detail = Type.Object({ detail: Type.String() })

/** Messages by field; within a list, by index. The answer to a body that cannot be read has a `detail` instead. */
export const Messages = Type.Record(Type.String(), Type.Unknown())
