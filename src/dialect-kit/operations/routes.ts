// The route table of a dialect becomes the routes of its front.

import { type TSchema, Type } from 'typebox'
import type { Dialect } from '../../contracts/dialect.ts'
import { andThenOk } from '../../domain/maybe-promise.ts'
import { isOwnPath } from '../../domain/own-paths.ts'
import { failure, success } from '../../domain/problem.ts'
import { bodyMediaTypes } from '../../http/form-body.ts'
import type { AnyRoute } from '../../http/route.ts'
import type { Context } from '../../operations/context.ts'
import { getEndpoint } from '../../operations/endpoints.ts'
import type { DialectDefinition } from '../definition.ts'
import { securityOf } from '../access/security.ts'
import { DefinitionError } from '../definition-error.ts'
import type { CompiledFields } from '../fields/compile-fields.ts'
import { findByKey, idOf, nameIn } from './answers.ts'
import type { AnswerProblem } from '../errors/errors.ts'
import type { Operation, RouteKit, RouteParts } from './operation.ts'

interface Parts {
  readonly dialect: Dialect
  readonly answerProblem: AnswerProblem
  readonly fields: CompiledFields
  readonly context: Context
}

type Handle = RouteParts['handle']

const methodAndPath = /^(GET|POST|PUT|PATCH|DELETE) +(\/\S+)$/

/** The method and the path of an entry of the route table. @throws DefinitionError */
export function splitRoute(at: string): { readonly method: string; readonly template: string } {
  const [, method, template] = methodAndPath.exec(at) ?? []
  if (method !== undefined && template !== undefined) return { method, template }
  throw new DefinitionError(
    `routes["${at}"]`,
    'must be GET, POST, PUT, PATCH or DELETE and a path, as in "GET /webhooks/{id}"',
  )
}

/** @throws DefinitionError if an operation finds no id of an endpoint in its requests, or a link has unknown parts */
export function checkRoutes(definition: DialectDefinition, { places }: CompiledFields): void {
  const parameters = new Set<string>()
  const templates = new Map<string, string>()
  for (const [at, { id, kind, endpointless }] of Object.entries(definition.routes)) {
    const { method, template } = splitRoute(at)
    if (isOwnPath(template)) {
      throw new DefinitionError(`routes["${at}"]`, 'is a path of Posthorn itself: give the dialect other paths')
    }
    const names = parametersOf(template)
    const same = names.find((name, index) => names.indexOf(name) < index)
    if (same !== undefined) throw new DefinitionError(`routes["${at}"]`, `has the parameter {${same}} twice`)
    for (const name of names) parameters.add(name)
    const form = template.replaceAll(/\{\w+\}/g, '{}')
    const before = templates.get(form) ?? template
    if (before !== template) {
      throw new DefinitionError(`routes["${at}"]`, `is the path ${before} too: give its parameters the same names`)
    }
    templates.set(form, template)
    const hasId = id === undefined ? names.some((name) => !Object.hasOwn(places.params, name)) : true
    if (!hasId && !endpointless) {
      throw new DefinitionError(`routes["${at}"]`, 'needs the id of a webhook: a parameter of the path, or "id"')
    }
    if (id?.in === 'path' && !names.includes(id.name)) {
      throw new DefinitionError(`routes["${at}"]`, `has no parameter {${id.name}} in its path`)
    }
    if (kind === 'patch' && definition.requests?.includes('json') === false) {
      throw new DefinitionError('requests', `needs "json": ${at} takes JSON`)
    }
    if (id?.in === 'body' && method === 'GET') {
      throw new DefinitionError(`routes["${at}"]`, 'has no body in which the id of a webhook could be')
    }
  }
  for (const [name, field] of Object.entries(definition.endpoint)) {
    const unknown = field.is === 'link' ? parametersOf(field.path).find((part) => !parameters.has(part)) : undefined
    if (unknown === undefined || unknown === 'id' || unknown === 'tenant') continue
    throw new DefinitionError(`endpoint.${name}.path`, `{${unknown}} is a parameter of no route`)
  }
}

export function parametersOf(template: string): string[] {
  return [...template.matchAll(/\{(\w+)\}/g)].map(([, name]) => name as string)
}

export function compileRoutes(definition: DialectDefinition, parts: Parts): AnyRoute[] {
  return Object.entries(definition.routes).map(([at, operation]) => compileRoute(definition, parts, at, operation))
}

function compileRoute(definition: DialectDefinition, given: Parts, at: string, operation: Operation): AnyRoute {
  const { method, template } = splitRoute(at)
  const names = parametersOf(template)
  const { access, operationId, summary, tenantless, isPublic, id } = operation
  const { places } = given.fields
  // The first parameter that is no parent.
  const inPath = names.find((name) => !Object.hasOwn(places.params, name)) ?? ''
  const idName = operation.endpointless ? '' : (id?.name ?? inPath)
  const kit: RouteKit = {
    ...given,
    refusalSchema: Type.Unsafe(definition.errors.schema),
    statusOf: (problem) =>
      given.answerProblem(problem, { id: '', method, url: '', headers: {}, body: undefined }).status,
    idempotent: definition.idempotencyKeys === true,
    idIn: id === undefined || id.in === 'path' ? 'params' : id.in,
    idName,
    pathNames: names,
    // A UUID in capitals is the same UUID.
    storedId: definition.ids.endpoint.includes('{uuid') ? (text) => text.toLowerCase() : (text) => text,
  }
  const parts = operation.route(kit)
  const { anyText, audits } = parts
  const query = withMembers(parts.query, {
    ...(idName !== '' && places.query('later')),
    ...operation.query,
    ...(!tenantless && !isPublic && tenantParameter(definition)),
    ...(id?.in === 'query' && { [id.name]: Type.String() }),
  })
  const mediaType = operation.mediaType ?? definition.api.mediaType
  const consumes = parts.consumes ?? definition.requests?.map((form) => bodyMediaTypes[form])
  const body = withMembers(parts.body, id?.in === 'body' ? { [id.name]: Type.String() } : {})
  const needs = operation.needs === undefined ? neededFor(definition, access) : operation.needs
  const route = {
    method,
    path: routedPath(template),
    operationId,
    summary,
    tag: 'Webhooks',
    access,
    ...(needs !== null && needs !== undefined && { needs }),
    ...(audits !== undefined && { audits }),
    ...(tenantless && { tenantless, security: securityOf(definition, { isTenantless: true }) }),
    ...(isPublic && { isPublic, security: [] }),
    ...(names.length > 0 && {
      params: Type.Object(Object.fromEntries(names.map((name) => [name, places.params[name] ?? Type.String()]))),
    }),
    ...(query && { query }),
    ...(body && { body }),
    ...(consumes && { consumes }),
    ...(anyText !== undefined && anyText.length > 0 && { anyText }),
    answers: {
      ...answersAs(mediaType, parts.answers),
      ...((body ?? query) !== undefined &&
        definition.errors.invalidSchema && { 400: Type.Unsafe(definition.errors.invalidSchema) }),
    },
    handle: checked(operation, typed(mediaType, idName === '' ? parts.handle : withEndpoint(kit, parts.handle))),
  }
  return route as unknown as AnyRoute
}

/** The parameter that names the tenant. Requests without it are refused or about the first tenant, before they are validated. */
function tenantParameter({ tenantOf, endpoint }: DialectDefinition): Readonly<Record<string, TSchema>> {
  if (tenantOf?.query === undefined) return {}
  const isNumber = Object.values(endpoint).some((field) => field.is === 'tenant' && field.as === 'number')
  const description = 'Whose webhooks the request is about; default: those of the first one that the key grants.'
  return { [tenantOf.query]: Type.Optional(isNumber ? Type.Integer({ description }) : Type.String({ description })) }
}

/**
 * A path as the router takes it: `:id` for `{id}`, and `::` for a colon. A parameter before other characters ends at the
 * last place where they follow, as the id does in `{id}:enable`.
 */
function routedPath(template: string): string {
  return template
    .replaceAll(':', '::')
    .replaceAll(/\{(\w+)\}(?=[^/])/g, ':$1(.+?)')
    .replaceAll(/\{(\w+)\}/g, ':$1')
}

/** Looks the endpoint up, where more than its id names it. With other parents than those of the request it does not exist. */
function withEndpoint(kit: RouteKit, handle: Handle): Handle {
  const { key, places } = kit.fields
  const { holds } = places
  if (key !== null) {
    return (call) => andThenOk(findByKey(kit, call, nameIn(kit, call)), ({ id }) => handle({ ...call, endpointId: id }))
  }
  if (holds === null) return handle
  return (call) => {
    const id = idOf(kit, call)
    return andThenOk(getEndpoint(kit.context, call.principal, call.tenant, id), (endpoint) =>
      holds(endpoint, call) ? handle(call) : failure({ kind: 'notFound', what: 'endpoint', id }),
    )
  }
}

/** The schema of an object with further members; undefined: it has none at all. */
function withMembers(schema: TSchema | undefined, more: Readonly<Record<string, TSchema>>): TSchema | undefined {
  if (Object.keys(more).length === 0) return schema
  return Type.Object({ ...(Type.IsObject(schema) && schema.properties), ...more })
}

/** The documented answers with their media type. */
function answersAs(mediaType: string | undefined, answers: AnyRoute['answers']): AnyRoute['answers'] {
  if (mediaType === undefined) return answers
  return Object.fromEntries(
    Object.entries(answers).map(([status, schema]) => [
      status,
      { description: 'OK', content: { [mediaType]: { schema: schema as TSchema } } },
    ]),
  )
}

function typed(mediaType: string | undefined, handle: Handle): Handle {
  if (mediaType === undefined) return handle
  return (call) =>
    andThenOk(handle(call), (answer) =>
      success({ ...answer, headers: { 'content-type': mediaType, ...answer.headers } }),
    )
}

function checked({ check }: Operation, handle: Handle): Handle {
  if (check === undefined) return handle
  return (call) => {
    const problem = check(call)
    return problem === null ? handle(call) : failure(problem)
  }
}

/** The permission that an access needs. */
function neededFor({ keys }: DialectDefinition, access: AnyRoute['access']): string | undefined {
  return keys.rolesWithAccess === undefined ? keys.needs?.[access === 'read' ? 'read' : 'write'] : 'a role with access'
}
