// The route table of a dialect becomes the routes of its front.

import { type TObject, type TSchema, Type } from 'typebox'
import type { Dialect } from '../contracts/dialect.ts'
import { andThenOk } from '../domain/maybe-promise.ts'
import { failure } from '../domain/problem.ts'
import { type AnyRoute } from '../http/route.ts'
import type { Context } from '../operations/context.ts'
import { getEndpoint } from '../operations/endpoints.ts'
import type { DialectDefinition } from './definition.ts'
import { securityOf } from './security.ts'
import { DefinitionError } from './definition-error.ts'
import type { CompiledFields } from './compile-fields.ts'
import { idOf } from './answers.ts'
import type { AnswerProblem } from './errors.ts'
import type { Operation, RouteKit, RouteParts } from './operation.ts'

interface Parts {
  readonly dialect: Dialect
  readonly answerProblem: AnswerProblem
  readonly fields: CompiledFields
  readonly context: Context
}

const methodAndPath = /^(GET|POST|PUT|PATCH|DELETE) +(\/\S+)$/

/** The method and the path of an entry of the route table. @throws DefinitionError */
export function splitRoute(at: string): { readonly method: string; readonly template: string } {
  const [, method, template] = methodAndPath.exec(at) ?? []
  if (method !== undefined && template !== undefined) return { method, template }
  throw new DefinitionError(`routes["${at}"]`, 'must be a method and a path, such as "GET /webhooks/{id}"')
}

export function compileRoutes(definition: DialectDefinition, parts: Parts): AnyRoute[] {
  return Object.entries(definition.routes).map(([at, operation]) => compileRoute(definition, parts, at, operation))
}

function compileRoute(definition: DialectDefinition, parts: Parts, at: string, operation: Operation): AnyRoute {
  const { method, template } = splitRoute(at)
  const names = [...template.matchAll(/\{(\w+)\}/g)].map(([, name]) => name as string)
  const { places } = parts.fields
  // The first parameter that is no parent.
  const idName = names.find((name) => !Object.hasOwn(places.params, name)) ?? ''
  const kit: RouteKit = {
    ...parts,
    refusalSchema: Type.Unsafe(definition.errors.schema),
    statusOf: (problem) =>
      parts.answerProblem(problem, { id: '', method, url: '', headers: {}, body: undefined }).status,
    idempotent: definition.idempotencyKeys === true,
    idName,
    // A UUID in capitals is the same UUID.
    storedId: definition.ids.endpoint.includes('{uuid') ? (text) => text.toLowerCase() : (text) => text,
  }
  const { access, operationId, summary, tenantless } = operation
  const { query, body, anyText, audits, answers, handle } = operation.route(kit)
  const needs = operation.needs === undefined ? neededFor(definition, access) : operation.needs
  const route = {
    method,
    path: template.replaceAll(/\{(\w+)\}/g, ':$1'),
    operationId,
    summary,
    tag: 'Webhooks',
    access,
    ...(needs !== null && needs !== undefined && { needs }),
    ...(audits !== undefined && { audits }),
    ...(tenantless && { tenantless, security: securityOf(definition, { isTenantless: true }) }),
    ...(names.length > 0 && {
      params: Type.Object(Object.fromEntries(names.map((name) => [name, places.params[name] ?? Type.String()]))),
    }),
    ...queryOf(query, idName === '' ? {} : places.query('later')),
    ...(body && { body }),
    ...(anyText !== undefined && anyText.length > 0 && { anyText }),
    answers: {
      ...answers,
      ...(body !== undefined &&
        definition.errors.invalidSchema && { 400: Type.Unsafe(definition.errors.invalidSchema) }),
    },
    handle: idName === '' ? handle : withinPlace(kit, handle),
  }
  return route as unknown as AnyRoute
}

function queryOf(own: TSchema | undefined, placed: Readonly<Record<string, TSchema>>): { readonly query?: TSchema } {
  if (Object.keys(placed).length === 0) return own === undefined ? {} : { query: own }
  return { query: Type.Object({ ...placed, ...(own as TObject | undefined)?.properties }) }
}

/** An endpoint with other parents than those of the request does not exist for it. */
function withinPlace(kit: RouteKit, handle: RouteParts['handle']): RouteParts['handle'] {
  const { holds } = kit.fields.places
  if (holds === null) return handle
  return (call) => {
    const id = idOf(kit, call)
    return andThenOk(getEndpoint(kit.context, call.principal, call.tenant, id), (endpoint) =>
      holds(endpoint, call) ? handle(call) : failure({ kind: 'notFound', what: 'endpoint', id }),
    )
  }
}

/** The permission that an access needs. */
function neededFor({ keys }: DialectDefinition, access: AnyRoute['access']): string | undefined {
  return keys.rolesWithAccess === undefined ? keys.needs?.[access === 'read' ? 'read' : 'write'] : 'a role with access'
}
