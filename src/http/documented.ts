// The OpenAPI document of a front. The refusals of a route are not listed by hand: the front itself answers one problem of
// each kind that the route may end with, so that statuses and media types are those that it really sends.

import { STATUS_CODES } from 'node:http'
import Fastify, { type FastifySchema } from 'fastify'
import type { RecordedExample } from '../contracts/recorded-example.ts'
import type { FieldError, Problem } from '../domain/problem.ts'
import { listForm, titled, withComponents } from './document-schemas.ts'
import type { Front } from './front.ts'
import type { AnyRoute, DocumentedAnswer } from './route.ts'
import { schemaController } from './validation.ts'

/** The schema that documents a route. */
export function schemaOf(front: Front, route: AnyRoute): FastifySchema {
  const { operationId, summary, tag, security, params, query, body, consumes } = route
  return {
    operationId,
    summary,
    ...wordsOf(route),
    tags: [tag],
    ...(security && { security }),
    ...(params && { params }),
    ...(query && { querystring: query }),
    ...(body && { body }),
    ...(consumes && { consumes: [...consumes] }),
    response: { ...refusals(front, route), ...(titled(route.answers, front.schemaNames ?? new Map()) as object) },
  }
}

/**
 * The JSON text of the document of a front.
 *
 * @param served the front that serves its routes, perhaps with others
 */
export async function documentText(
  served: Front,
  { refusalSchema, openapi, routes, examples = {}, answerTexts = {} }: Front,
): Promise<string> {
  const all = await swaggerOf(served)
  const { info = all.info, components: { securitySchemes } = {} } = openapi
  const document = { ...all, info, paths: pathsOf(all, routes) }
  // Every operation has a dozen refusals with the same body, so that the document would be three times as long.
  const refusal = JSON.stringify(refusalSchema)
  const operations = Object.values(document.paths).flatMap((item) => Object.values(item))
  for (const { operationId, parameters = [], requestBody, responses } of operations) {
    for (const parameter of parameters) parameter.schema = listForm(parameter.schema)
    for (const [status, response] of Object.entries(responses)) {
      if (response.description !== 'Default Response') continue
      const text = answerTexts[`${operationId} ${status}`] ?? answerTexts[operationId]
      response.description = text ?? STATUS_CODES[status] ?? ''
    }
    for (const part of Object.values(responses).flatMap(({ content = {} }) => Object.values(content))) {
      if (JSON.stringify(part.schema) === refusal) part.schema = { $ref: '#/components/schemas/Refusal' }
    }
    if (requestBody === undefined) continue
    // A body without required fields may be absent: it counts as an empty object.
    const schemas = Object.values(requestBody.content).map(({ schema }) => schema)
    requestBody.required = schemas.some(({ required = [] }) => required.length > 0)
  }
  const schemas = { ...document.components.schemas, Refusal: refusalSchema }
  const paths = withComponents(document.paths, schemas) as Document['paths']
  // After the schemas: examples have members that schemas have too.
  for (const operation of Object.values(paths).flatMap((item) => Object.values(item))) {
    addExample(operation, examples[operation.operationId])
  }
  return JSON.stringify({ ...document, paths, components: { ...document.components, securitySchemes, schemas } })
}

/** The library of the document is loaded when a document is asked for: most processes are never asked. */
async function swaggerOf(front: Front): Promise<Document> {
  const { default: fastifySwagger } = await import('@fastify/swagger')
  const app = Fastify({ schemaController, exposeHeadRoutes: false })
  await app.register(fastifySwagger, { openapi: { openapi: '3.1.0', servers: [{ url: '/' }], ...front.openapi } })
  for (const route of front.routes) {
    const { method, path: url } = route
    app.route({ method, url, schema: schemaOf(front, route), handler: () => undefined })
  }
  await app.ready()
  return app.swagger() as unknown as Document
}

function addExample(
  { parameters = [], requestBody, responses }: DocumentedOperation,
  example: RecordedExample | undefined,
): void {
  if (example === undefined) return
  for (const parameter of parameters) parameter.example ??= example.parameters[parameter.name]
  const add = (content: Content | undefined, value: unknown): void => {
    const [part] = Object.values(content ?? {})
    if (part !== undefined) part.example ??= value
  }
  add(requestBody?.content, example.request)
  add(responses[example.status]?.content, example.answer)
}

function wordsOf({ callers, description }: AnyRoute): { readonly description?: string } {
  const words = [callers, description].filter((text) => text !== undefined)
  return words.length === 0 ? {} : { description: words.join(' ') }
}

/** The paths of the routes, each with the words of its route. */
function pathsOf({ paths }: Document, routes: readonly AnyRoute[]): Document['paths'] {
  const byId = new Map(routes.map((one) => [one.operationId, one]))
  const items = Object.entries(paths).map(([path, item]) => {
    const operations = Object.entries(item).flatMap(([method, operation]) => {
      const route = byId.get(operation.operationId)
      if (route === undefined) return []
      const { security } = route
      return [[method, { ...operation, ...wordsOf(route), ...(security && { security }) }] as const]
    })
    return [path, Object.fromEntries(operations)] as const
  })
  return Object.fromEntries(items.filter(([, item]) => Object.keys(item).length > 0))
}

/** The parts of an OpenAPI document that are changed. */
interface Document {
  readonly info: unknown
  readonly components: { readonly schemas?: object }
  readonly paths: Readonly<Record<string, Readonly<Record<string, DocumentedOperation>>>>
}

interface DocumentedOperation {
  readonly operationId: string
  readonly description?: string
  readonly security?: unknown
  readonly parameters?: readonly { readonly name: string; schema: unknown; example?: unknown }[]
  readonly requestBody?: { required: boolean; readonly content: Content<{ readonly required?: readonly string[] }> }
  readonly responses: Readonly<Record<string, { description: string; readonly content?: Content }>>
}

type Content<Schema = unknown> = Readonly<Record<string, { schema: Schema; example?: unknown }>>

function refusals(front: Front, route: AnyRoute): Readonly<Record<number, DocumentedAnswer>> {
  const request = { id: '', method: route.method, url: route.path, headers: {}, body: undefined }
  const answers = problemsOf(route).map((problem) => ({ problem, answer: front.answerProblem(problem, request) }))
  const byStatus = Map.groupBy(answers, ({ answer }) => answer.status)
  return Object.fromEntries(
    Array.from(byStatus, ([status, same]) => {
      const [mediaType = ''] = (same[0]?.answer.headers?.['content-type'] ?? 'application/json').split(';')
      const content = { [mediaType]: { schema: front.refusalSchema } }
      const description = [...new Set(same.map(({ problem }) => meanings[problem.kind]))].join(' ')
      return [status, { description, content }]
    }),
  )
}

/** The meaning of each problem for callers. */
const meanings: Readonly<Record<Problem['kind'], string>> = {
  unauthenticated: 'The credentials are missing or unknown.',
  forbidden: 'The credentials do not allow this request.',
  invalid: 'A field of the body, the query or the path is not valid.',
  notFound: 'The object does not exist.',
  routeUnknown: 'The path does not exist.',
  conflict: 'The request contradicts the state of the object.',
  bodyMalformed: 'The body cannot be read.',
  bodyTooLarge: 'The body is too large.',
  mediaTypeUnsupported: 'The media type of the body is not supported.',
  loopDetected: 'The request is a delivery of this installation, so that it may only read.',
  methodNotAllowed: 'The path does not take this method.',
  tooManyRequests: 'A quota is used up.',
  requestUnreadable: 'The request cannot be read.',
  unavailable: 'The service cannot answer now. Try again later.',
  internal: 'The service failed.',
}

/** A problem of each kind that the route may end with. */
function problemsOf({ method, params, query, body }: AnyRoute): Problem[] {
  const invalid = (where: 'body' | 'query' | 'path', fault: Partial<FieldError> = {}): Problem => {
    return { kind: 'invalid', where, fields: [{ field: '', rule: 'type', message: '', ...fault }] }
  }
  const notFound: Problem = { kind: 'notFound', what: 'endpoint', id: '' }
  const ofParts: Problem[] = [
    ...(params === undefined ? [] : [invalid('path'), notFound]),
    ...(query === undefined ? [] : [invalid('query'), notFound]),
    // Some vendors have a status of its own for a field that is missing, or for a scheme that is not allowed.
    ...(body === undefined
      ? []
      : [
          invalid('body'),
          invalid('body', { rule: 'required' }),
          invalid('body', { field: 'url', rule: 'format', expected: '' }),
        ]),
  ]
  const ofWrites: Problem[] = [
    { kind: 'conflict', code: '', detail: '' },
    // Some vendors have a status of its own for it.
    { kind: 'conflict', code: 'idempotency_body_differs', detail: '' },
    { kind: 'bodyMalformed', detail: '' },
    { kind: 'bodyTooLarge', bytesMax: 0 },
    { kind: 'mediaTypeUnsupported', accepted: [] },
    { kind: 'loopDetected' },
  ]
  return [
    { kind: 'unauthenticated', reason: 'missing' },
    { kind: 'forbidden', needs: '' },
    ...ofParts,
    ...(method === 'GET' ? [] : ofWrites),
    { kind: 'methodNotAllowed', method, allowed: [] },
    { kind: 'tooManyRequests', limit: 0, retryAfterSeconds: 0 },
    { kind: 'requestUnreadable', status: 400, detail: '' },
    { kind: 'requestUnreadable', status: 408, detail: '' },
    { kind: 'requestUnreadable', status: 417, detail: '' },
    { kind: 'requestUnreadable', status: 431, detail: '' },
    { kind: 'unavailable', retryAfterSeconds: 0 },
    { kind: 'internal' },
  ]
}
