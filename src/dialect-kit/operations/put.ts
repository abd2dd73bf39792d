// An operation that creates an endpoint, or replaces the one that has the same key.

import { createEndpoint, type NewEndpoint } from '../../operations/create-endpoints.ts'
import { changeEndpoint } from '../../operations/change-endpoint.ts'
import { endpointDuplicate } from '../../operations/endpoint-problems.ts'
import { findByKey, shownChange, wrappedSchema } from './answers.ts'
import type { Key } from '../fields/field-keys.ts'
import type { Answered, Operation } from './operation.ts'

/**
 * A new endpoint, or a change of all fields of the endpoint that has the key (`key: true` in the field map). The key is the
 * parameter of the path with the name of its field, or else in the body. `status` is that of a new endpoint, default 201; a
 * changed one is answered with 200.
 */
export function put({ status = 201, wrap, ...described }: Answered = {}): Operation {
  return {
    kind: 'put',
    access: 'write',
    operationId: 'putWebhook',
    summary: 'Create a webhook, or replace the one with the same key',
    endpointless: true,
    ...described,
    route(kit) {
      const { context, dialect, fields, pathNames } = kit
      // `defineDialect` refuses the operation without a key.
      const key = fields.key as Key
      const isInPath = pathNames.includes(key.name)
      const { newSecret } = dialect.endpointRules
      const [answerNew, answerChange] = [
        shownChange(kit, 'create', status, wrap),
        shownChange(kit, 'change', 200, wrap),
      ]
      return {
        audits: 'endpoint.change',
        body: isInPath ? fields.keylessBody : fields.createBody,
        anyText: fields.secretNames,
        answers: {
          200: wrappedSchema(wrap, fields.schema('change')),
          [status]: wrappedSchema(wrap, fields.schema('create')),
        },
        async handle(call) {
          const { principal, tenant, params } = call
          const body = isInPath ? fields.withKey(call.body, params[key.name]) : call.body
          const given = fields.places.given(body, call)
          const asNew = fields.input('create', given) as NewEndpoint
          const asChange = fields.replacement(given, newSecret && (() => newSecret(context.randomBytes)))
          const text = key.textOf({ eventTypes: [], filters: {}, details: {}, ...asNew })
          for (let isFirst = true; ; isFirst = false) {
            const found = await findByKey(kit, call, text)
            if (found.ok) {
              const { id } = found.value
              return answerChange(call, (answer) => changeEndpoint(context, principal, tenant, id, asChange, answer))
            }
            if (found.problem.kind !== 'notFound' || found.problem.what !== 'endpoint') return found
            const made = await answerNew(call, (answer) => createEndpoint(context, principal, tenant, asNew, answer))
            // Another request may have created it meanwhile.
            const isTaken = !made.ok && made.problem.kind === 'conflict' && made.problem.code === endpointDuplicate
            if (!isTaken || !isFirst) return made
          }
        },
      }
    },
  }
}
