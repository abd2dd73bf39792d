// The requests of attempts.

import { isUtf8 } from 'node:buffer'
import { Type } from 'typebox'
import type { DeliveryId } from '../domain/ids.ts'
import { answerWith } from '../http/answer.ts'
import { type AnyRoute, route } from '../http/route.ts'
import { type AttemptRequest, showRequest } from '../operations/attempt-request.ts'
import type { Context } from '../operations/context.ts'
import { curlOf } from './curl.ts'
import { Nullable } from './shapes.ts'

export const RequestSchema = Type.Object({
  attempt: Type.Integer(),
  method: Nullable(Type.String()),
  url: Nullable(Type.String()),
  headers: Type.Array(Type.Object({ name: Type.String(), value: Nullable(Type.String()) }), {
    description: 'In their order on the wire. The value is null where it is not shown.',
  }),
  body: Nullable(Type.String()),
  bodyBase64: Nullable(Type.String({ description: 'The body, if it is no text.' })),
  isExact: Type.Boolean({ description: 'Whether this is proved to be the request that was sent, byte for byte.' }),
  recomputed: Type.Array(Type.String(), { description: 'Names of headers that may have had another value.' }),
  notes: Type.Array(Type.String(), {
    description: 'The parts that are gone or not shown, and why the request may differ.',
  }),
  curl: Nullable(Type.String({ description: 'A command for a POSIX shell, in which a hidden value is `<hidden>`.' })),
})

export function attemptRequestRoutes(context: Context): AnyRoute[] {
  return [
    route({
      tag: 'Deliveries',
      audience: 'customers',
      method: 'GET',
      path: '/v1/deliveries/:delivery/request',
      operationId: 'getAttemptRequest',
      audits: 'secret.read',
      summary: 'Get the request of an attempt, made again from its event and its endpoint',
      access: 'read',
      params: Type.Object({ delivery: Type.String() }),
      query: Type.Object(
        { attempt: Type.Optional(Type.Integer({ minimum: 1, description: 'Default: the newest attempt.' })) },
        { additionalProperties: false },
      ),
      answers: { 200: RequestSchema },
      handle: ({ principal, params, query }) =>
        answerWith(showRequest(context, principal, params.delivery as DeliveryId, query.attempt), (request) => ({
          status: 200,
          body: shape(request),
        })),
    }),
  ]
}

function shape({ method, url, headers, body, ...rest }: AttemptRequest): unknown {
  const text = body !== null && isUtf8(body) ? body.toString() : null
  const bodyBase64 = body !== null && text === null ? body.toString('base64') : null
  const curl = method !== null && url !== null && body !== null ? curlOf({ method, url, headers, body }) : null
  const { attempt, ...facts } = rest
  const shown = headers.map(([name, value]) => ({ name, value }))
  return { attempt, method, url, headers: shown, body: text, bodyBase64, ...facts, curl }
}
