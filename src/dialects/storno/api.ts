// The parts that the routes of Storno.ro's API share.

import { Type } from 'typebox'
import type { EndpointId } from '../../domain/ids.ts'

export const path = '/api/v1/webhooks'

export const StornoError = Type.Object({
  error: Type.Optional(Type.String()),
  message: Type.Optional(Type.String()),
  code: Type.Optional(Type.Union([Type.Integer(), Type.String()])),
  errors: Type.Optional(Type.Record(Type.String(), Type.String(), { description: 'The fault of each field.' })),
})

export const WebhookPath = Type.Object({ uuid: Type.String({ description: 'The webhook endpoint.' }) })

/** The id in a path, in its stored form: a UUID in capitals is the same UUID. */
export function idOf(text: string): EndpointId {
  return text.toLowerCase() as EndpointId
}
