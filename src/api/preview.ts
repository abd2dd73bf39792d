// The request that a dialect would send for an event.

import { Type } from 'typebox'
import { success } from '../domain/problem.ts'
import { memberText } from '../http/raw-json.ts'
import { type AnyRoute, route } from '../http/route.ts'
import type { Context } from '../operations/context.ts'
import { previewEvent } from '../operations/preview-event.ts'
import { PreviewSchema } from './answer-shapes.ts'
import { EventContent } from './events.ts'
import { StringMap } from './shapes.ts'

export function previewRoutes(context: Context): AnyRoute[] {
  return [
    route({
      method: 'POST',
      path: '/v1/dialects/:dialect/preview',
      operationId: 'previewEvent',
      summary: 'The request that the dialect would send for an event, signed with a secret that is made for it',
      description: 'Nothing is stored or sent.',
      tag: 'Dialects',
      access: 'read',
      params: Type.Object({ dialect: Type.String() }),
      body: Type.Object(
        {
          ...EventContent,
          settings: Type.Optional({ ...StringMap, description: 'The settings of the tenant; default: none.' }),
        },
        { additionalProperties: false, examples: [{ type: 'order.paid', data: { order: 'A-1042' } }] },
      ),
      anyText: ['data'],
      answers: { 200: PreviewSchema },
      async handle({ params, body, request }) {
        const input = { ...body, data: memberText(request.bodyText, 'data') ?? '{}' }
        const made = await previewEvent(context, params.dialect, input)
        if (!made.ok) return made
        const { method = 'POST', headers, body: bytes } = made.value
        const shown = headers.map(([name, value]) => ({ name, value }))
        return success({ status: 200, body: { method, headers: shown, body: bytes.toString() } })
      },
    }),
  ]
}
