// Subscriptions as resources of their own under an endpoint: its event types, added and removed one by one.

import { Type } from 'typebox'
import { failure, type Problem, type Result, success } from '../../domain/problem.ts'
import type { SuccessAnswer } from '../../http/answer.ts'
import { changeEndpoint } from '../../operations/change-endpoint.ts'
import { getEndpoint } from '../../operations/endpoints.ts'
import { idOf, wrappedSchema, wrapper } from './answers.ts'
import type { Described, Operation, Wrapped } from './operation.ts'
import { schemaOf } from './schema-of.ts'

interface TypeForm {
  /** The form of one event type in answers; default: `{name}`. */
  readonly each?: (eventType: string) => unknown
}

const named = (name: string): unknown => ({ name })

/** The event types of an endpoint, in the order in which it has them. */
export function subscriptions({
  each = named,
  wrap,
  ...described
}: Described & Wrapped<readonly unknown[]> & TypeForm = {}): Operation {
  return {
    kind: 'subscriptions',
    access: 'read',
    operationId: 'listWebhookSubscriptions',
    summary: 'List the event types of a webhook',
    ...described,
    route: (kit) => ({
      answers: { 200: wrappedSchema(wrap, Type.Array(schemaOf([each('')]))) },
      async handle(call) {
        const found = await getEndpoint(kit.context, call.principal, call.tenant, idOf(kit, call))
        if (!found.ok) return found
        return success({ status: 200, body: wrapper(wrap)(found.value.eventTypes.map(each)) })
      },
    }),
  }
}

/**
 * Adds an event type. An endpoint that has it already stays as it is.
 *
 * @param form.field the member of the request that names the type; default: `name`
 */
export function subscribe({
  field = 'name',
  each = named,
  status = 201,
  ...described
}: Described & TypeForm & { readonly field?: string; readonly status?: SuccessAnswer['status'] } = {}): Operation {
  return {
    kind: 'subscribe',
    access: 'write',
    operationId: 'addWebhookSubscription',
    summary: 'Add an event type to a webhook',
    ...described,
    route: (kit) => ({
      audits: 'endpoint.change',
      body: Type.Object({ [field]: Type.String() }),
      answers: { [status]: schemaOf([each('')]) },
      async handle(call) {
        const type = String(call.body[field])
        const changed = await changeEndpoint(
          kit.context,
          call.principal,
          call.tenant,
          idOf(kit, call),
          ({ eventTypes }) => (eventTypes.includes(type) ? {} : { eventTypes: [...eventTypes, type] }),
        )
        if (!changed.ok) return failure(aboutField(changed.problem, field))
        return success({ status, body: each(type) })
      },
    }),
  }
}

/** Removes an event type, which the last parameter of the path names. The last one of an endpoint cannot be removed. */
export function unsubscribe({
  status = 204,
  answer,
  ...described
}: Described & {
  readonly status?: SuccessAnswer['status']
  /** The body of the answer; default: none. */
  readonly answer?: (eventType: string) => unknown
} = {}): Operation {
  return {
    kind: 'unsubscribe',
    access: 'write',
    operationId: 'removeWebhookSubscription',
    summary: 'Remove an event type from a webhook',
    ...described,
    route: (kit) => ({
      audits: 'endpoint.change',
      answers: { [status]: answer === undefined ? Type.Null() : schemaOf([answer('')]) },
      async handle(call): Promise<Result<SuccessAnswer>> {
        const id = idOf(kit, call)
        const type = String(Object.values(call.params).at(-1))
        const found = await getEndpoint(kit.context, call.principal, call.tenant, id)
        if (!found.ok) return found
        if (!found.value.eventTypes.includes(type)) return failure({ kind: 'notFound', what: 'event', id: type })
        const changed = await changeEndpoint(kit.context, call.principal, call.tenant, id, ({ eventTypes }) => ({
          eventTypes: eventTypes.filter((one) => one !== type),
        }))
        return changed.ok ? success({ status, ...(answer && { body: answer(type) }) }) : changed
      },
    }),
  }
}

/** The problem, with the name of the field that the request has. */
function aboutField(problem: Problem, field: string): Problem {
  return problem.kind === 'invalid'
    ? { ...problem, fields: problem.fields.map((fault) => ({ ...fault, field })) }
    : problem
}
