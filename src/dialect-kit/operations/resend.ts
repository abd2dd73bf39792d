// Past deliveries and events that are sent again.

import { type TSchema, Type } from 'typebox'
import type { DeliveryId, EndpointId, EventId } from '../../domain/ids.ts'
import { limits } from '../../domain/limits.ts'
import { type Result, success } from '../../domain/problem.ts'
import type { SuccessAnswer } from '../../http/answer.ts'
import { repeatDelivery, resendEvent, retryDelivery, showDelivery } from '../../operations/deliveries.ts'
import { idOf } from './answers.ts'
import type { AnyCall, Described, Operation, RouteKit } from './operation.ts'
import { schemaOf } from './schema-of.ts'

export interface RedeliverForm extends Described {
  readonly status?: SuccessAnswer['status']
  /** The body of the answer, from the id of the delivery that is sent; default: none. */
  readonly answer?: (deliveryId: string) => unknown
}

/** Sends the event of a delivery to its endpoint again, as a new delivery. The last parameter of the path is its id. */
export function redeliver(form: RedeliverForm = {}): Operation {
  return again('redeliver', form, {
    operationId: 'redeliverWebhook',
    summary: 'Send a delivery again, as a new delivery',
    send: (kit, call) => repeatDelivery(kit.context, call.principal, call.tenant, idOf(kit, call), deliveryOf(call)),
  })
}

/** Makes a delivery due again: the same delivery gets further attempts. The last parameter of the path is its id. */
export function retry(form: RedeliverForm = {}): Operation {
  return again('retry', form, {
    operationId: 'retryWebhookDelivery',
    summary: 'Try a delivery again',
    async send(kit, call) {
      const { principal, tenant } = call
      const id = deliveryOf(call)
      const found = await showDelivery(kit.context, principal, tenant, idOf(kit, call), id)
      if (!found.ok) return found
      const sent = await retryDelivery(kit.context, principal, id)
      return sent.ok ? success(id) : sent
    },
  })
}

interface Again extends Pick<Operation, 'operationId' | 'summary'> {
  /** Returns the id of the delivery that is sent. */
  readonly send: (kit: RouteKit, call: AnyCall) => Promise<Result<DeliveryId>>
}

function again(
  kind: 'redeliver' | 'retry',
  { status = 202, answer, ...described }: RedeliverForm,
  { send, ...texts }: Again,
): Operation {
  return {
    kind,
    access: 'write',
    ...texts,
    ...described,
    route: (kit) => ({
      audits: 'delivery.retry',
      answers: { [status]: answered(answer) },
      async handle(call) {
        const sent = await send(kit, call)
        return sent.ok ? success({ status, ...(answer && { body: answer(sent.value) }) }) : sent
      },
    }),
  }
}

export interface ResendForm extends Described {
  /** The member of the request that lists endpoints; default: the event is sent to all of its endpoints. */
  readonly endpointsIn?: string
  readonly status?: SuccessAnswer['status']
  /** The body of the answer, from the ids of the new deliveries; default: none. */
  readonly answer?: (deliveryIds: readonly string[]) => unknown
}

/** Sends an event again to endpoints that it was sent to, as new deliveries. The last parameter of the path is its id. */
export function resend({ endpointsIn, status = 202, answer, ...described }: ResendForm = {}): Operation {
  const ids = Type.Array(Type.String(), { minItems: 1, maxItems: limits.endpointsPerTenantMax })
  return {
    kind: 'resend',
    access: 'write',
    operationId: 'resendEvent',
    summary: 'Send an event again, as new deliveries',
    endpointless: true,
    ...described,
    route: ({ context, storedId }) => ({
      audits: 'delivery.retry',
      ...(endpointsIn !== undefined && { body: Type.Object({ [endpointsIn]: Type.Optional(ids) }) }),
      answers: { [status]: answer === undefined ? Type.Null() : schemaOf([answer([''])]) },
      async handle(call) {
        const { principal, tenant, body, params } = call
        const event = String(Object.values(params).at(-1)) as EventId
        const given = endpointsIn === undefined ? undefined : (body[endpointsIn] as readonly string[] | undefined)
        const endpoints = given === undefined ? null : [...new Set(given)].map((id) => storedId(id) as EndpointId)
        const sent = await resendEvent(context, principal, tenant, event, endpoints)
        return sent.ok ? success({ status, ...(answer && { body: answer(sent.value) }) }) : sent
      },
    }),
  }
}

function answered(answer: RedeliverForm['answer']): TSchema {
  return answer === undefined ? Type.Null() : schemaOf([answer('')])
}

function deliveryOf({ params }: AnyCall): DeliveryId {
  return String(Object.values(params).at(-1)).toLowerCase() as DeliveryId
}
