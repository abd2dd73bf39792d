// The fields of endpoints in the portal: those that the API of the dialect takes from customers, and shows to them. The
// operator API knows more.

import type { CustomerFields } from '../contracts/endpoint-form.ts'
import { mayReplaceSecrets } from '../domain/scopes.ts'
import { type FieldError, failure, success } from '../domain/problem.ts'
import type { SuccessAnswer } from '../http/answer.ts'
import type { AnyRoute, Call } from '../http/route.ts'
import type { Context } from '../operations/context.ts'

type Fields = Readonly<Record<string, unknown>>

const showing = ['createEndpoint', 'changeEndpoint', 'getEndpoint', 'listEndpoints', 'rotateSecret']

/** The route with the fields of the customer's dialect. */
export function withDialectsFields(context: Context, route: AnyRoute): AnyRoute {
  const { operationId } = route
  if (!showing.includes(operationId)) return route
  return {
    ...route,
    async handle(call: Call<never, never, never>) {
      const { principal } = call
      const dialect = principal.kind === 'customer' ? context.allDialects.get(principal.key.dialect) : undefined
      const body: Fields = call.body ?? {}
      if (operationId === 'changeEndpoint' && body['secrets'] !== undefined && !mayReplaceSecrets(principal)) {
        return failure({ kind: 'forbidden', needs: 'a portal link with the capability secrets' })
      }
      const fields = dialect?.customerFields
      if (fields === undefined) return route.handle(call)
      const faults =
        operationId === 'createEndpoint'
          ? [...missing(fields.required, body), ...unknown(fields.create, body)]
          : operationId === 'changeEndpoint'
            ? unknown(fields.change, body)
            : []
      if (faults.length > 0) return failure({ kind: 'invalid', where: 'body', fields: faults })
      const asked = operationId === 'changeEndpoint' ? { ...call, body: changesOf(fields, body) as never } : call
      const answered = await route.handle(asked)
      return answered.ok ? success(shownOf(fields, answered.value)) : answered
    },
  }
}

/** The names of the given fields. Filters and details are named one by one. */
function namesIn(body: Fields): readonly string[] {
  return Object.entries(body).flatMap(([name, value]) =>
    name === 'filters' || name === 'details'
      ? Object.keys(value as Fields).map((member) => `${name}.${member}`)
      : [name],
  )
}

function unknown(taken: ReadonlySet<string>, body: Fields): FieldError[] {
  return namesIn(body)
    .filter((name) => !taken.has(name))
    .map((field) => ({ field, rule: 'unknown', message: 'is not a field that customers give here' }))
}

function missing(required: ReadonlySet<string>, body: Fields): FieldError[] {
  const given = new Set(namesIn(body))
  return [...required]
    .filter((name) => !given.has(name))
    .map((field) => ({ field, rule: 'required', message: 'is required' }))
}

/** Filters that customers cannot change stay: the list of all filters becomes changes of single ones. */
function changesOf({ change }: CustomerFields, { filters, ...body }: Fields): Fields {
  if (filters === undefined) return body
  const attributes = [...change].filter((name) => name.startsWith('filters.')).map((name) => name.slice(8))
  const given = filters as Fields
  const filterChanges = Object.fromEntries(attributes.map((attribute) => [attribute, given[attribute] ?? null]))
  return { ...body, filterChanges }
}

function shownOf({ shown }: CustomerFields, answer: SuccessAnswer): SuccessAnswer {
  const body = (typeof answer.body === 'string' ? JSON.parse(answer.body) : answer.body) as Fields
  const { data } = body
  const shape = (endpoint: Fields): Fields => ({
    ...endpoint,
    description: shown.has('description') ? endpoint['description'] : null,
    headers: shown.has('headers') ? endpoint['headers'] : {},
    filters: membersIn(shown, 'filters', endpoint),
    details: membersIn(shown, 'details', endpoint),
  })
  return { ...answer, body: Array.isArray(data) ? { ...body, data: data.map(shape) } : shape(body) }
}

function membersIn(shown: ReadonlySet<string>, name: 'filters' | 'details', endpoint: Fields): Fields {
  return Object.fromEntries(
    Object.entries(endpoint[name] as Fields).filter(([member]) => shown.has(`${name}.${member}`)),
  )
}
