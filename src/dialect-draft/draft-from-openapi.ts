// A draft from the product's own OpenAPI document: paths, fields, forms, envelopes, security and errors. The names of fields
// say what they are (names.ts). Everything that the document does not say is a guess.

import { type Code, type Draft, quoted } from './draft.ts'
import { errorsFrom } from './draft-errors.ts'
import { eventTypesIn, fieldsFrom } from './draft-fields.ts'
import { idCode } from './draft-ids.ts'
import { logCode, pagesCode } from './draft-lists.ts'
import { basePathIn, type Found, kindOf, pathOf, type Shape, shapeOf } from './found.ts'
import { flattened, holdsUrl, objectsIn } from './nested.ts'
import {
  DocumentError,
  type OpenApi,
  type Operation,
  operationsOf,
  type Schema,
  schemaOf,
  type SecurityScheme,
} from './openapi.ts'
import { guess, plainDraft } from './plain-draft.ts'

/** @throws DocumentError if the document has no webhooks */
export function draftFrom(document: OpenApi, name: string): Draft {
  const plain = plainDraft(name)
  const operations = operationsOf(document)
  const base = basePathIn([...operations.keys()])
  if (base === null) throw new DocumentError('no path of the document is about webhooks')
  const own = [...operations].filter(([at]) => pathOf(at) === base || pathOf(at).startsWith(`${base}/`))
  const found = own.flatMap(([at, operation]) => {
    const kind = kindOf(at, base, operation, operations.has(`POST ${base}`))
    return kind === null ? [] : [{ at, kind, operation }]
  })
  const leftOut = own.filter(([at]) => !found.some((one) => one.at === at)).map(([at]) => at)
  const { shapes, requestOf } = flatParts(found)
  const events = eventsFrom(document, [
    ...found.map(requestOf),
    ...[...shapes.values()].map(({ endpoint }) => endpoint),
  ])
  const get = found.find(({ kind }) => kind === 'get')
  const put = found.find(({ kind }) => kind === 'put')
  const idName = /\{(\w+)\}$/.exec((put ?? get)?.at ?? '')?.[1] ?? 'id'
  const idSchema = get?.operation.parameters?.find((one) => one.name === idName)?.schema
  const hasKeys = put !== undefined
  const fields = fieldsFrom(found, shapes, requestOf, { idName, hasKeys })
  return {
    ...plain,
    title: document.info?.title === undefined ? plain.title : { code: quoted(document.info.title) },
    version: document.info?.version ?? plain.version,
    prefix: { code: quoted(base.replace(/\/\{.*/, '')) },
    ids: { ...plain.ids, ...(!hasKeys && { endpoint: idCode(fields.id, idSchema) }), ...fields.tenant },
    authentication: authenticationFrom(document, get?.operation ?? found[0]?.operation),
    requests: requestsFrom(found),
    events,
    fields: { ...fields.map, ...parentsIn(base, Object.keys(fields.map)) },
    routes: routesFrom(found, shapes, base),
    leftOut: leftOut.map((at) => `${at} is not drafted`),
    errors: errorsFrom(found.map(({ operation }) => operation)) ?? plain.errors,
  }
}

/** The requests and answers of operations, in which fields inside objects have dotted names. */
function flatParts(found: readonly Found[]) {
  const requests = found.map(({ operation }) => schemaOf(operation.requestBody?.content) ?? {})
  const shapes = found.map((one) => shapeOf(one))
  const objects = objectsIn(
    requests.some(holdsUrl) ? requests : [...requests, ...shapes.map(({ endpoint }) => endpoint)],
  )
  return {
    shapes: new Map(
      found.map((one, index) => {
        const shape = shapes[index] as Shape
        return [one, { ...shape, endpoint: flattened(shape.endpoint, objects) }]
      }),
    ),
    requestOf: (one: Found): Schema => flattened(requests[found.indexOf(one)] ?? {}, objects),
  }
}

/** The way in which customers write bodies, where that is not JSON. */
function requestsFrom(found: readonly Found[]): Code | null {
  const types = found.flatMap(({ operation }) => Object.keys(operation.requestBody?.content ?? {}))
  if (types.length === 0 || types.some((type) => /[/+]json\b/.test(type))) return null
  return { code: types.some((type) => type.startsWith('multipart/')) ? "['multipart', 'form']" : "['form']" }
}

/** The fields of a webhook that are parameters of the path of the collection. */
function parentsIn(base: string, fields: readonly string[]): Draft['fields'] {
  const names = [...base.matchAll(/\{(\w+)\}/g)].map(([, name]) => name as string)
  const parents = names
    .filter((name) => !fields.includes(name))
    .map((name) => {
      const code = "{ is: 'detail', from: 'path', on: 'create!', shown: 'never' }"
      return [name, guess(code, `${name} is a parent of the webhook, or your customer`)] as const
    })
  return Object.fromEntries(parents)
}

/** The event types of the section `webhooks`, and those that requests may have. */
function eventsFrom(document: OpenApi, endpoints: readonly Schema[]): Draft['events'] {
  const documented = Object.entries(document.webhooks ?? {}).map(([type, { post }]) => {
    return [type, post?.summary ?? `The event ${type}`] as const
  })
  const types = eventTypesIn(endpoints)
  const descriptions = Object.fromEntries(documented)
  const bare = types.filter((type) => !(type in descriptions))
  const strange = documented.map(([type]) => type).filter((type) => types.length > 0 && !types.includes(type))
  if (documented.length + bare.length === 0) {
    return { types: { 'thing.happened': 'A thing happened' }, guess: 'the types of your events' }
  }
  const guesses = [
    ...(bare.length === 0 ? [] : ['the descriptions of the events']),
    ...(strange.length === 0 ? [] : [`only the section webhooks has ${strange.join(', ')}`]),
  ]
  return {
    types: { ...descriptions, ...Object.fromEntries(bare.map((type) => [type, `The event ${type}`])) },
    ...(guesses.length > 0 && { guess: guesses.join('; ') }),
  }
}

function authenticationFrom({ components, security }: OpenApi, operation: Operation | undefined): Code {
  const schemes = components?.securitySchemes ?? {}
  const used = [...(operation?.security ?? []), ...(security ?? [])].flatMap((one) => Object.keys(one))
  const [name = Object.keys(schemes)[0] ?? ''] = used
  return authenticationOf(schemes[name])
}

function authenticationOf(scheme: SecurityScheme | undefined): Code {
  const header = scheme?.name ?? 'Authorization'
  if (scheme?.type === 'http' && scheme.scheme?.toLowerCase() === 'bearer') return { code: 'auth.bearer()' }
  if (scheme?.type === 'apiKey' && scheme.in === 'header') {
    if (header.toLowerCase() !== 'authorization') return { code: `auth.header(${quoted(header)})` }
    return guess(`auth.header(${quoted(header)})`, "a word may stand before the key: { scheme: 'Api-Key' }")
  }
  if (scheme?.type === 'apiKey' && scheme.in === 'query') return { code: `auth.query(${quoted(scheme.name ?? '')})` }
  if (scheme?.type === 'http' && scheme.scheme?.toLowerCase() === 'basic') {
    return guess("auth.basic({ key: 'user' })", 'the key may be the password, or both parts')
  }
  const kind =
    scheme === undefined ? 'no security scheme' : `the scheme ${scheme.type} ${scheme.scheme ?? scheme.in ?? ''}`
  return guess('auth.bearer()', `the document has ${kind.trim()}`)
}

function routesFrom(found: readonly Found[], shapes: ReadonlyMap<Found, Shape>, base: string): Draft['routes'] {
  const standard: Readonly<Partial<Record<Found['kind'], number>>> = { create: 201, put: 201, remove: 204, ping: 204 }
  const fixed: readonly Found['kind'][] = ['list', 'eventTypes', 'count']
  const hasKeys = found.some(({ kind }) => kind === 'put')
  const routes = found.map((one): [string, Code] => {
    const shape = shapes.get(one) as Shape
    if (one.kind.startsWith('deliveryLog'))
      return [one.at, guess(logCode(one, shape), 'the record of a delivery, and its pages')]
    const { wrap, status, others, hasBody } = shape
    const pages = one.kind === 'list' ? pagesCode(one, shape, hasKeys) : null
    if (pages !== null) return [one.at, guess(`webhooks.list({ pages: ${pages.code} })`, pages.guess)]
    const options = [
      ...(wrap === null ? [] : [`wrap: ${quoted(wrap)}`]),
      ...(status === null || status === (standard[one.kind] ?? 200) || fixed.includes(one.kind)
        ? []
        : [`status: ${status}`]),
      ...(one.kind === 'remove' && hasBody ? ['answer: (id) => ({ id })'] : []),
    ]
    const code = `webhooks.${one.kind}(${options.length === 0 ? '' : `{ ${options.join(', ')} }`})`
    const reason = routeGuess(one, Object.keys(others), hasBody)
    return [one.at, reason === null ? { code } : guess(code, reason)]
  })
  if (!found.some(({ kind }) => kind === 'create' || kind === 'put')) {
    const wrap = found.map((one) => shapes.get(one)?.wrap).find((one) => typeof one === 'string')
    const code = `webhooks.create(${wrap === undefined ? '' : `{ wrap: ${quoted(wrap)} }`})`
    routes.push([`POST ${base}`, guess(code, 'the document has no operation that creates a webhook')])
  }
  // A path with a parameter would take those that are literal.
  return Object.fromEntries(routes.toSorted(([a], [b]) => Number(a.includes('{')) - Number(b.includes('{'))))
}

function routeGuess({ kind }: Found, others: readonly string[], hasBody: boolean): string | null {
  if (kind === 'put') return 'it also creates, because no POST does'
  if (kind === 'remove' && hasBody) return 'the body of the answer'
  if (kind === 'eventTypes') return 'the form of one event type'
  if (kind === 'ping') return 'the event type of the test, and the answer'
  if (others.length > 0) return `the answer also has ${others.join(', ')}: write "pages"`
  return null
}
