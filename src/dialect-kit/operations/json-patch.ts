// Changes as JSON Patch (RFC 6902): a list of operations on the fields of an endpoint.

import { applyPatch, type Operation as PatchOperation } from 'rfc6902'
import { Type } from 'typebox'
import { Compile } from 'typebox/schema'
import { limits } from '../../domain/limits.ts'
import { type FieldError, failure, invalidField, type Result, success } from '../../domain/problem.ts'
import { oddTextFaults } from '../../http/odd-text.ts'
import { fieldErrors } from '../../http/validation.ts'
import { changeEndpoint } from '../../operations/change-endpoint.ts'
import { getEndpoint } from '../../operations/endpoints.ts'
import { idOf, shownChange, valueOf, withFacts, wrappedSchema } from './answers.ts'
import type { CompiledFields } from '../fields/compile-fields.ts'
import { memberReader, memberWriter } from '../fields/nested.ts'
import type { Answered, Operation } from './operation.ts'

type Body = Readonly<Record<string, unknown>>

const operations = Type.Array(
  Type.Object({
    op: Type.Enum(['add', 'replace', 'remove']),
    path: Type.String({ pattern: '^/', description: 'A JSON Pointer (RFC 6901) to a field, or into it.' }),
    value: Type.Optional(Type.Unknown()),
  }),
  { minItems: 1, maxItems: limits.patchOperationsMax },
)

/** A change by operations `add`, `replace` and `remove`. Fields that no operation names keep their values. */
export function patch({ status = 200, wrap, ...described }: Answered = {}): Operation {
  return {
    kind: 'patch',
    access: 'write',
    operationId: 'patchWebhook',
    summary: 'Change a webhook by operations on its fields',
    ...described,
    route(kit) {
      const { context, fields } = kit
      const answerChange = shownChange(kit, 'change', status, wrap)
      const facts = withFacts(kit, 'get')
      const view = valueOf(kit, 'get', undefined)
      const change = changeBy(fields)
      return {
        audits: 'endpoint.change',
        body: operations,
        consumes: ['application/json-patch+json', 'application/json'],
        answers: { [status]: wrappedSchema(wrap, fields.schema('change')) },
        async handle(call) {
          const { principal, tenant } = call
          const id = idOf(kit, call)
          const found = await facts(getEndpoint(context, principal, tenant, id))
          if (!found.ok) return found
          const body = change(view(found.value, call) as Body, call.body)
          if (!body.ok) return body
          const input = fields.input('change', body.value)
          return answerChange(call, (answer) => changeEndpoint(context, principal, tenant, id, input, answer))
        },
      }
    },
  }
}

/** Compiles the step from operations to the body of a change, which has the fields that the operations name. */
function changeBy(fields: CompiledFields): (view: Body, given: readonly PatchOperation[]) => Result<Body> {
  const validator = Compile(fields.changeBody)
  const places = fields.changeNames.map((name) => ({
    pointer: `/${name.replaceAll('.', '/')}`,
    read: memberReader(name),
    write: memberWriter(name),
  }))
  return (view, given) => {
    const named = (path: string) => places.filter(({ pointer }) => overlaps(path, pointer))
    const document = fields.unchanged(view)
    const strange = given.findIndex(({ path }) => named(path).length === 0)
    if (strange !== -1) return invalidField(`${strange}.path`, 'unknown', 'names no field that can be changed')
    const failed = applyPatch(document, [...given]).findIndex((error) => error !== null)
    if (failed !== -1) return invalidField(`${failed}.path`, 'choice', 'cannot be applied to the webhook')
    const body: Record<string, unknown> = {}
    for (const { read, write } of given.flatMap(({ path }) => named(path))) write(body, read(document) ?? null)
    const faults = validator.Check(body) ? oddFaults(fields, body) : fieldErrors(validator, body)
    return faults.length === 0 ? success(body) : failure({ kind: 'invalid', where: 'body', fields: faults })
  }
}

/** Whether one of two JSON Pointers is the other, or leads to it. */
function overlaps(a: string, b: string): boolean {
  return `${a}/`.startsWith(`${b}/`) || `${b}/`.startsWith(`${a}/`)
}

function oddFaults({ secretNames }: CompiledFields, body: Body): readonly FieldError[] {
  const names = Object.keys(body).filter((name) => !secretNames.includes(name))
  return oddTextFaults(body, names, secretNames)
}
