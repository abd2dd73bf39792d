// The profile of a dialect, from its definition. `posthorn dialect check` derives its checks from the same facts
// (src/dialect-check/subject.ts). The examples of the vendor's pages are the second witness of the definition.

import { randomBytes } from 'node:crypto'
import type { Document, DocumentedOperation, Schema } from '../../../src/dialect-check/document.ts'
import { nextPage } from '../../../src/dialect-check/paging.ts'
import { type ProblemFacts, problemOf } from '../../../src/dialect-check/problems.ts'
import { type Served, Subject } from '../../../src/dialect-check/subject.ts'
import { limits } from '../../../src/domain/limits.ts'
import type { DefinedDialect } from '../../../src/dialect-kit/define-dialect.ts'
import { takenTypes } from '../../../src/dialect-kit/fields/event-fields.ts'
import { filterValue } from '../../../src/dialect-kit/fields/filters.ts'
import { type Field, isShown, isTaken, type View } from '../../../src/dialect-kit/fields/fields.ts'
import { idForm } from '../../../src/dialect-kit/id-forms.ts'
import type { Context } from '../../../src/operations/context.ts'
import { derivedDeliveries, derivedWire } from './derived-deliveries.ts'
import { derivedFields } from './derived-fields.ts'
import type { ApiAnswer, ApiProfile, ApiRequest, Asked, Caller, Fields, Headers, Operation } from './profile.ts'
import type { OperationName, ProblemName, Profile, Refusal, SecretRules, WeakKey } from './profile.ts'

/**
 * @returns null: the API lacks an operation of the suite, customers choose the ids, or the quota of a tenant is too small.
 *   `posthorn dialect check` does without the operations, and turns quotas off.
 */
export async function derivedProfile(defined: DefinedDialect): Promise<Profile | null> {
  const subject = new Subject(defined, documentOf(defined))
  const served = {
    create: subject.one('create', 'createMany'),
    get: subject.one('get'),
    list: subject.one('list'),
    change: subject.one('change'),
    remove: subject.one('remove'),
    eventTypes: subject.one('eventTypes'),
  }
  const { create, get, list, change, remove } = served
  const isSlow = defined.dialect.quotas.some(({ per, requests }) => per === 'tenant' && requests < 100)
  if (!create || !get || !list || !change || !remove || subject.key !== null || isSlow) return null
  return {
    dialect: defined.dialect,
    subject,
    api: apiOf(subject, { ...served, create, get, list, change, remove }),
    delivery: await derivedDeliveries(subject),
    wire: derivedWire(subject),
  }
}

/** The parts of the OpenAPI document that the suite needs, without a server. */
function documentOf({ front }: DefinedDialect): Document {
  const paths: Record<string, Record<string, DocumentedOperation>> = {}
  // Only the handlers of the routes use the context.
  for (const route of front({} as Context).routes) {
    const { method, operationId, query, body, consumes = ['application/json'], answers } = route
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}')
    const { properties = {}, required = [] } = (query ?? {}) as Schema
    const contentOf = (schema: unknown) => ({ content: { 'application/json': { schema: schema as Schema } } })
    ;(paths[path] ??= {})[method.toLowerCase()] = {
      operationId,
      parameters: Object.entries(properties).map(([name, schema]) => ({
        name,
        in: 'query',
        required: required.includes(name),
        schema,
      })),
      ...(body && {
        requestBody: { content: Object.fromEntries(consumes.map((type) => [type, { schema: body }])) },
      }),
      responses: Object.fromEntries(
        Object.entries(answers).map(([status, answer]) => [
          status,
          'content' in (answer as object) ? (answer as ReturnType<typeof contentOf>) : contentOf(answer),
        ]),
      ),
    }
  }
  return { openapi: '', paths }
}

type ServedOperations = Readonly<Record<Exclude<OperationName, 'eventTypes'>, Served>> & {
  readonly eventTypes: Served | undefined
}

function apiOf(subject: Subject, served: ServedOperations): ApiProfile {
  const { definition } = subject
  const { create, get, list, change, remove, eventTypes } = served
  const idAbsent = subject.absentId
  const idPattern = idForm(definition.ids.endpoint, 'ids.endpoint').pattern
  const eventType = eventTypeOf(subject)
  const listed = operationOf<[]>(subject, list, () => ({}))
  return {
    credentials: (caller) => lowered(subject.credentials(caller).headers),
    wrongSchemes: wrongSchemes(subject),
    weakKeys: weakKeys(subject, served),
    operations: {
      create: operationOf<[Fields]>(subject, create, (fields) => ({ body: subject.bodyOf(create, fields) })),
      get: operationOf<[string]>(subject, get, (id) => ({ id })),
      list: listed,
      change: operationOf<[string, Fields]>(subject, change, (id, fields) => ({
        id,
        body: subject.bodyOf(change, fields),
      })),
      remove: operationOf<[string]>(subject, remove, (id) => ({ id })),
      eventTypes: eventTypes === undefined ? null : operationOf<[]>(subject, eventTypes, () => ({})),
    },
    endpointIn: (_operation, body) => subject.endpointsIn(body)[0] ?? {},
    endpointsIn: (body) => subject.endpointsIn(body),
    listOrder: 'newestFirst',
    nextPage(caller, size, before) {
      const query = nextPage(subject, list, size, before)
      return query === null ? null : withQuery(listed.request(caller), query)
    },
    idField: subject.idField,
    urlField: subject.fieldsOf('url')[0]?.[0] ?? '',
    idPattern,
    idAbsent,
    idsMalformed: malformedIds(idAbsent).filter((id) => !idPattern.test(id)),
    sample: (url, index) => subject.sample(create, url, 'required', eventType(index)),
    full: (url, index) => subject.sample(create, url, 'all', eventType(index)),
    eventType,
    onOff: onOffOf(subject, change),
    fields: derivedFields(subject, create),
    unknownFields: 'ignored',
    secret: secretOf(subject),
    inOperatorTerms: (endpoint) => inOperatorTerms(subject, endpoint),
    refusalSchema: { anyOf: [definition.errors.schema, definition.errors.invalidSchema ?? false] },
    refusal: (problem, asked, answer) => refusalOf(subject, served, problem, asked, answer),
    wrongMethods: wrongMethods(subject, idAbsent),
    unknownRoutes: [
      ...definition.api.prefixes.map((prefix) => `${prefix}/no/such/path`),
      `${subject.pathOf(list, '')}/`,
      `${subject.pathOf(get, idAbsent)}/`,
      `${subject.pathOf(get, idAbsent)}/no-such-part`,
    ],
    quotaHeaders:
      definition.quotaHeaders === undefined
        ? null
        : {
            limit: `${definition.quotaHeaders}-limit`,
            remaining: `${definition.quotaHeaders}-remaining`,
            reset: `${definition.quotaHeaders}-reset`,
          },
  }
}

interface Parts {
  readonly id?: string
  readonly body?: unknown
}

function operationOf<Input extends readonly unknown[]>(
  subject: Subject,
  served: Served,
  partsOf: (...input: Input) => Parts,
): Operation<Input> {
  const [status = '', answer] = Object.entries(served.documented.responses)[0] ?? []
  const [{ schema } = { schema: {} as Schema }] = Object.values(answer?.content ?? {})
  return {
    request(caller, ...input) {
      const { id = '', body } = partsOf(...input)
      const { definition } = subject
      const named = definition.tenantOf?.present(caller.tenant) ?? {}
      const request: ApiRequest = {
        method: served.method,
        path: subject.pathOf(served, id),
        ...(named.headers !== undefined && { headers: lowered(named.headers) }),
        ...(body !== undefined && { body }),
      }
      return withQuery(request, { ...subject.queryOf(served, id), ...named.query })
    },
    status: Number(status),
    schema: schema.type === 'null' ? null : schema,
  }
}

/** Tests replace headers by their names in lower case. */
function lowered(headers: Headers = {}): Headers {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}

function withQuery(request: ApiRequest, query: Headers): ApiRequest {
  const added = new URLSearchParams(query).toString()
  if (added === '') return request
  return { ...request, path: `${request.path}${request.path.includes('?') ? '&' : '?'}${added}` }
}

function eventTypeOf({ eventTypes, dialect }: Subject): (index: number) => string {
  const types = dialect.openCatalogue ? [...eventTypes, 'check.a', 'check.b', 'check.c', 'check.d'] : eventTypes
  return (index) => types[index % types.length] as string
}

function malformedIds(absent: string): readonly string[] {
  const plain = [
    'x',
    '1',
    '0',
    '-1',
    '1.5',
    '01',
    '+1',
    ' 1',
    'null',
    '%00',
    "' OR 1=1",
    'a/b',
    'é',
    '１',
    'x'.repeat(500),
  ]
  return [...plain, absent.slice(1), `${absent}0`, `${absent}x`, absent.replaceAll('-', ''), absent.toUpperCase()]
}

/** A customer's key in a way that the vendor does not take. */
function wrongSchemes({ definition, dialect }: Subject): ApiProfile['wrongSchemes'] {
  const { present, credential } = definition.authentication
  const [name = 'authorization', value = ''] = Object.entries(present('{key}').headers ?? {})[0] ?? []
  const ways: Readonly<Record<string, readonly [name: string, value: string]>> = {
    'the bare key': ['authorization', '{key}'],
    'the scheme Bearer': ['authorization', 'Bearer {key}'],
    'the scheme Basic': ['authorization', 'Basic {key}'],
    'the scheme Api-Key': ['authorization', 'Api-Key {key}'],
    'a scheme that begins with the right one': [name, value.replace(' ', 's ')],
    'another scheme before the key': [name, `Other ${value}`],
    'a key in the header X-Key': ['x-key', '{key}'],
    'a key in the header X-API-Key': ['x-api-key', '{key}'],
    'an empty header': [name, ''],
    'a scheme alone': [name, value.split(' ')[0]?.replace('{key}', '') ?? ''],
  }
  const key = dialect.newApiKey(randomBytes)
  const wrong = Object.entries(ways).filter(([, [header, text]]) => {
    const headers = { [header.toLowerCase()]: text.replaceAll('{key}', key) }
    return credential({ headers, query: {} }) === null
  })
  return Object.fromEntries(
    wrong.map(([title, [header, text]]) => [
      title,
      (caller: Caller) => ({ [header]: text.replaceAll('{key}', caller.key) }),
    ]),
  )
}

function weakKeys({ definition }: Subject, served: ServedOperations): readonly WeakKey[] {
  const { needs, roles = [], rolesWithAccess } = definition.keys
  const names = (Object.keys(served) as OperationName[]).filter((name) => served[name] !== undefined)
  const neededBy = (name: OperationName): string | null => {
    const { needs: own, access } = (served[name] as Served).operation
    return own === undefined ? (needs?.[access === 'read' ? 'read' : 'write'] ?? null) : own
  }
  const withScopes = (title: string, scopes: readonly string[]): WeakKey => ({
    title,
    key: { scopes },
    allowed: names.filter((name) => neededBy(name) === null || scopes.includes(neededBy(name) as string)),
    refused: names.filter((name) => neededBy(name) !== null && !scopes.includes(neededBy(name) as string)),
  })
  if (needs !== undefined) {
    const { read, write } = needs
    const foreign = [read, write].flatMap((one) => [`${one}s`, one.slice(0, -1), one.toUpperCase(), one.toLowerCase()])
    const others = [...new Set([...foreign, '*'])].filter((one) => one !== read && one !== write)
    return [
      withScopes('a key without scopes', []),
      withScopes('a key with other scopes', others),
      ...[...new Set([read, write])].map((scope) => withScopes(`a key with ${scope} alone`, [scope])),
    ]
  }
  return roles.map((role) => {
    const isAllowed = rolesWithAccess === undefined || rolesWithAccess.includes(role)
    const [allowed, refused] = isAllowed ? [names, []] : [[], names]
    return { title: `a key with the role ${role}`, key: { role }, allowed, refused }
  })
}

function onOffOf(subject: Subject, change: Served): ApiProfile['onOff'] {
  const [name, field] = subject.fieldsOf('enabled')[0] ?? []
  if (name === undefined || field?.is !== 'enabled' || !isTaken(field, 'change')) return null
  if (subject.requestSchema(change).properties?.[name] === undefined) return null
  const [on, off] = field.words ?? [field.inverted !== true, field.inverted === true]
  return { on: { [name]: on }, off: { [name]: off } }
}

function secretOf(subject: Subject): SecretRules | null {
  const [name, field] = subject.fieldsOf('secret', 'secrets')[0] ?? []
  if (name === undefined || field === undefined || ('generated' in field && !(field.generated ?? true))) return null
  const masked = 'masked' in field ? field.masked : undefined
  const shownIn = (view: View) => (isShown(field, view) ? 'full' : masked === undefined ? 'never' : 'masked')
  const [create, get, list, change] = (['create', 'get', 'list', 'change'] as const).map(shownIn)
  return {
    field: name,
    shown: { create, get, list, change } as SecretRules['shown'],
    ...(typeof masked === 'string' && { mask: new RegExp(`^${RegExp.escape(masked)}$`) }),
  }
}

function inOperatorTerms(subject: Subject, endpoint: Fields): Fields {
  const terms: Record<string, unknown> = { id: subject.idIn(endpoint) }
  for (const [name, field] of Object.entries(subject.definition.endpoint)) {
    if (name in endpoint) Object.assign(terms, termOf(name, field, endpoint[name], terms))
  }
  return terms
}

function termOf(name: string, field: Field, value: unknown, before: Fields): Fields {
  switch (field.is) {
    case 'url':
    case 'description':
    case 'headers':
      return { [field.is]: value }
    case 'eventType':
      return { eventTypes: [value] }
    case 'eventTypes':
      return { eventTypes: takenTypes(field, value) }
    case 'enabled':
      return { enabled: field.words === undefined ? value !== (field.inverted === true) : value === field.words[0] }
    case 'secrets':
      return { secrets: (value as readonly string[]).map((secret) => ({ value: secret, expiresAt: null })) }
    case 'filter':
      return value === null
        ? {}
        : { filters: { ...(before['filters'] as object), [field.attribute]: filterValue(field, value) } }
    case 'detail':
      return { details: { ...(before['details'] as object), [name]: value } }
    default:
      return {}
  }
}

/** Paths that exist, with methods that they do not take. */
function wrongMethods(subject: Subject, id: string): ApiProfile['wrongMethods'] {
  const byPath = Map.groupBy(subject.served, (one) => subject.pathOf(one, id))
  return [...byPath].flatMap(([path, served]) =>
    ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']
      .filter((method) => served.every((one) => one.method !== method))
      .map((method) => ({ method, path })),
  )
}

const problemNames: Readonly<Partial<Record<ProblemName, string>>> = {
  keyMissing: 'unauthenticated:missing',
  schemeWrong: 'unauthenticated:missing',
  keyUnknown: 'unauthenticated:unknown',
  keyRevoked: 'unauthenticated:revoked',
  notFound: 'notFound:endpoint',
  bodyTooLarge: 'bodyTooLarge',
  mediaTypeUnsupported: 'mediaTypeUnsupported',
  methodNotAllowed: 'methodNotAllowed',
  routeUnknown: 'routeUnknown',
  tooManyRequests: 'tooManyRequests',
  loopDetected: 'loopDetected',
}

/** The answer that the definition gives. Where it depends on words of a parser, only its status and the field are known. */
function refusalOf(
  subject: Subject,
  served: ServedOperations,
  problem: ProblemName,
  { request, id = '', field }: Asked,
  { headers }: ApiAnswer,
): Refusal {
  const { method, path } = request
  const { dialect, answerProblem } = subject
  const quota = dialect.quotas.find(({ counts }) => counts !== (method === 'GET' ? 'writes' : 'reads'))
  const facts: ProblemFacts = {
    method,
    path,
    id,
    detail: '',
    accepted: (headers['allow'] ?? 'application/json').split(', '),
    bytesMax: limits.managementBodyBytesMax,
    limit: quota?.requests ?? 0,
    retryAfterSeconds: Number(headers['retry-after'] ?? 0),
  }
  const asked = {
    id: headers['x-request-id'] ?? '',
    method,
    url: path,
    headers: { 'content-type': 'application/json', ...request.headers },
    body: request.body,
  }
  const name = problem === 'forbidden' ? `forbidden:${neededFor(subject, served, request)}` : problemNames[problem]
  if (name !== undefined) {
    const { status, body, headers: sent = {} } = answerProblem(problemOf(name, facts) as never, asked)
    return { status, body: JSON.parse(JSON.stringify(body)) as unknown, headers: sent }
  }
  if (problem === 'bodyMalformed') {
    return { status: answerProblem({ kind: 'bodyMalformed', detail: '' }, { ...asked, body: undefined }).status }
  }
  const rule = problem === 'fieldMissing' ? 'required' : 'format'
  const fault = { field: 'some_field', rule, message: 'is wrong' } as const
  const { body } = answerProblem({ kind: 'invalid', where: 'body', fields: [fault] }, asked)
  const namesFields = JSON.stringify(body).includes('some_field')
  const hasList = served.create.kind === 'createMany' && request.body === undefined
  return { ...(namesFields && field !== undefined && !hasList && { names: field }) }
}

function neededFor({ definition }: Subject, served: ServedOperations, { method }: ApiRequest): string {
  const { needs } = definition.keys
  return needs === undefined ? 'a role with access' : needs[method === served.list.method ? 'read' : 'write']
}
