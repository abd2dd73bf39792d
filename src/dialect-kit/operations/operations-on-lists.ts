// Operations whose request has a list of endpoints, in `items`.

import { Type } from 'typebox'
import type { Endpoint } from '../../domain/endpoint.ts'
import { failure, type Problem, success } from '../../domain/problem.ts'
import { createEndpoints, type NewEndpoint } from '../../operations/create-endpoints.ts'
import { listEvents } from '../../operations/events.ts'
import { tryOutEndpoint } from '../../operations/test-endpoint.ts'
import { secretsRecorder, valueOf } from './answers.ts'
import type { Described, Operation } from './operation.ts'
import { schemaOf } from './schema-of.ts'

/** Several new endpoints at once, in a list `items`: all of them, or none. */
export function createMany({ itemsMax, ...described }: Described & { readonly itemsMax: number }): Operation {
  return {
    access: 'write',
    kind: 'createMany',
    operationId: 'createWebhooks',
    summary: 'Create webhooks: all of them, or none',
    endpointless: true,
    ...described,
    route(kit) {
      const { context, fields } = kit
      const value = valueOf(kit, 'create', undefined)
      const record = secretsRecorder(kit, 'create')
      return {
        audits: 'endpoint.create',
        body: Type.Object({ items: Type.Array(fields.createBody, { minItems: 1, maxItems: itemsMax }) }),
        answers: { 200: Type.Object({ items: Type.Array(fields.schema('create')) }) },
        async handle(call) {
          const { principal, tenant, body } = call
          const items = body['items'] as readonly Readonly<Record<string, unknown>>[]
          const inputs = items.map((item) => fields.input('create', fields.places.given(item, call)) as NewEndpoint)
          const created = await createEndpoints(context, principal, tenant, inputs, null, itemField)
          if (!created.ok) return created
          for (const endpoint of created.value) record(call, endpoint)
          return success({ status: 200, body: { items: created.value.map((endpoint) => value({ endpoint }, call)) } })
        },
      }
    },
  }
}

function itemField(index: number, field: string): string {
  return `items.${index}.${field}`
}

/**
 * A test of an endpoint that need not exist: the first entry of `items`. It sends the latest event of the endpoint's
 * type, or the test event if there is none.
 *
 * @param form.answer writes the result; `status` is null if no answer arrived
 */
export function tryOut({
  answer,
  ...described
}: Described & {
  readonly answer: (
    item: Readonly<Record<string, unknown>>,
    result: { readonly succeeded: boolean; readonly status: number | null },
  ) => unknown
}): Operation {
  return {
    access: 'test',
    kind: 'tryOut',
    operationId: 'testWebhook',
    summary: 'Send a test event to a webhook that need not exist',
    endpointless: true,
    ...described,
    route({ context, dialect, fields }) {
      const examples = [200, null].map((status) => answer({}, { succeeded: true, status }))
      return {
        // Only the first entry is checked, because only the first entry is tried out.
        body: Type.Object({
          items: Type.Unsafe({ type: 'array', minItems: 1, prefixItems: [fields.createBody] }),
        }),
        answers: { 200: Type.Object({ items: Type.Array(schemaOf(examples)) }) },
        async handle({ principal, tenant, body }) {
          const [item = {}] = body['items'] as readonly Readonly<Record<string, unknown>>[]
          const input = fields.input('create', item) as NewEndpoint
          const [type = ''] = input.eventTypes ?? []
          const latest = await listEvents(context, { tenant, type, from: null, to: null }, { limit: 1, after: null })
          const data = latest.rows[0]?.data ?? dialect.testEvent({ eventTypes: [type] } as unknown as Endpoint).data
          const sent = await tryOutEndpoint(context, principal, tenant, input, { type, data })
          if (!sent.ok) return failure(ofItem(0, sent.problem))
          const { outcome } = sent.value
          const result = {
            succeeded: outcome.kind === 'delivered',
            status: 'status' in outcome ? outcome.status : null,
          }
          return success({ status: 200, body: { items: [answer(item, result)] } })
        },
      }
    },
  }
}

function ofItem(index: number, problem: Problem): Problem {
  if (problem.kind !== 'invalid') return problem
  return { ...problem, fields: problem.fields.map((fault) => ({ ...fault, field: itemField(index, fault.field) })) }
}
