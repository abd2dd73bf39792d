// What the routes of Storno.ro's API share.

import { Type } from 'typebox'
import type { EndpointId } from '../../domain/ids.ts'
import { uuidOf } from './access.ts'

export const path = '/api/v1/webhooks'

export const StornoError = Type.Object({
  error: Type.Optional(Type.String()),
  message: Type.Optional(Type.String()),
  code: Type.Optional(Type.Union([Type.Integer(), Type.String()])),
  errors: Type.Optional(Type.Record(Type.String(), Type.String(), { description: 'What is wrong, by field.' })),
})

/** How any request may be refused. */
export const refusals = { 401: StornoError, 403: StornoError, 429: StornoError }

export const WebhookPath = Type.Object({ uuid: Type.String({ description: 'The webhook endpoint.' }) })

/** The id in a path as it is stored; what is no UUID is nobody's id. */
export function idOf(text: string): EndpointId {
  return (uuidOf(text) ?? text) as EndpointId
}
