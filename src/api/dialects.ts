import { Type } from 'typebox'
import { failure, success } from '../domain/problem.ts'
import type { Dialect } from '../contracts/dialect.ts'
import { endpointFieldKinds, endpointOperationNames } from '../contracts/endpoint-form.ts'
import { type AnyRoute, route } from '../http/route.ts'
import type { Context } from '../operations/context.ts'
import { SignaturesSchema } from './receiving.ts'
import { listSigningKeys } from '../operations/signing-keys.ts'
import { Nullable, PageOf, StringMap } from './shapes.ts'

export const QuotaSchema = Type.Object({
  per: Type.Enum(['key', 'tenant']),
  counts: Type.Enum(['reads', 'writes', 'tests', 'all']),
  requests: Type.Integer(),
  windowSeconds: Type.Integer(),
  burst: Type.Optional(Type.Integer()),
})
export const EndpointFormSchema = Type.Object(
  {
    method: Type.String(),
    path: Type.String(),
    headers: StringMap,
    query: StringMap,
    member: Nullable(Type.String()),
    isList: Type.Boolean({ description: 'The member is a list of endpoints.' }),
    isWhole: Type.Boolean({ description: 'A field that is not given is as in a new endpoint.' }),
    fields: Type.Array(
      Type.Object({
        name: Type.String(),
        in: Type.Enum(['body', 'path', 'query']),
        is: Type.Enum(endpointFieldKinds),
        of: Nullable(
          Type.String({ description: 'The attribute of a filter, the event type of a flag, the name of a detail.' }),
        ),
        isRequired: Type.Boolean(),
        schema: Type.Unknown({ description: 'The JSON Schema of its values.' }),
        words: Nullable(Type.Object({ on: Type.Unknown(), off: Type.Unknown() })),
        all: Type.Optional(Type.Unknown({ description: 'The value that stands for all event types.' })),
      }),
      { description: 'In the order of the vendor.' },
    ),
  },
  {
    description:
      'The request that makes an endpoint in the API of its customers; null: they use this API, or theirs takes no JSON. In texts, {key} stands for the API key, {tenant} for the id of the tenant, {endpoint} for that of the endpoint.',
  },
)
const EndpointOperations = Type.Record(Type.Enum(endpointOperationNames), Nullable(EndpointFormSchema), {
  description:
    'The requests that change an endpoint in the API of its customers; null: they use this API, or theirs has no such request, or it takes no JSON.',
})
const EventTypes = Type.Array(
  Type.Object({
    name: Type.String(),
    description: Type.String(),
    example: Type.Unknown({ description: 'The data of an event of this type; null: none is known.' }),
  }),
)
export const DialectSchema = Type.Object({
  name: Type.String(),
  title: Type.String(),
  eventTypes: EventTypes,
  otherCatalogues: Type.Array(Type.Object({ settings: StringMap, eventTypes: EventTypes }), {
    description: 'The event types of tenants with other settings.',
  }),
  openCatalogue: Type.Boolean({ description: 'Whether events of other types are accepted too.' }),
  scopes: Type.Array(Type.String()),
  roles: Type.Array(Type.String()),
  retry: Type.Object({
    attempts: Type.Integer(),
    waitsSeconds: Type.Array(Type.Number()),
    jitter: Type.Boolean(),
    timeoutSeconds: Type.Number(),
  }),
  signatures: SignaturesSchema,
  rateLimits: Type.Array(QuotaSchema),
  tenantIds: Type.String({ description: 'The form of the ids of tenants, in words.' }),
  tenantSettings: Type.Record(Type.String(), Type.Array(Type.String())),
  polling: Type.Boolean({ description: 'Whether endpoints of the kind `polling` can be made.' }),
  endpointForm: Nullable(EndpointFormSchema),
  endpointOperations: EndpointOperations,
})

const pem = 'application/x-pem-file'

export function dialectRoutes(context: Context): AnyRoute[] {
  const shared = { tag: 'Dialects', access: 'read' } as const
  return [
    route({
      ...shared,
      method: 'GET',
      path: '/v1/dialects',
      operationId: 'listDialects',
      summary: 'List the dialects that are served',
      answers: { 200: PageOf(DialectSchema) },
      handle() {
        const data = [...context.dialects.values()].map(dialectShape)
        return success({ status: 200, body: { data, nextCursor: null } })
      },
    }),
    route({
      ...shared,
      method: 'GET',
      path: '/v1/dialects/:dialect',
      operationId: 'getDialect',
      summary: 'Get a dialect: event catalogue, scopes, roles, retries, signatures, limits',
      params: Type.Object({ dialect: Type.String() }),
      answers: { 200: DialectSchema },
      handle({ params }) {
        const dialect = context.dialects.get(params.dialect)
        if (dialect === undefined) return failure({ kind: 'notFound', what: 'dialect', id: params.dialect })
        return success({ status: 200, body: dialectShape(dialect) })
      },
    }),
    route({
      ...shared,
      method: 'GET',
      path: '/v1/dialects/:dialect/public-key',
      operationId: 'getPublicKey',
      summary: 'The PEM that receivers verify with, where the dialect signs with a key of the installation',
      params: Type.Object({ dialect: Type.String() }),
      answers: { 200: { description: 'The public key in PEM.', content: { [pem]: { schema: Type.String() } } } },
      handle({ params }) {
        const keys = listSigningKeys(context, params.dialect)
        const publicKey = keys.ok ? keys.value.find(({ signs }) => signs)?.pem : undefined
        if (publicKey === undefined) {
          return failure({ kind: 'notFound', what: 'public key of dialect', id: params.dialect })
        }
        return success({ status: 200, headers: { 'content-type': pem }, body: publicKey })
      },
    }),
  ]
}

export function dialectShape(dialect: Dialect): object {
  const { name, title, openCatalogue, scopes, roles, retries, timeoutMs, quotas, receiving } = dialect
  const { tenantIdWords, tenantSettings, endpointRules, endpointForm, endpointOperations } = dialect
  const retry = {
    attempts: retries.waitsMs.length + 1,
    waitsSeconds: retries.waitsMs.map((waitMs) => waitMs / 1000),
    jitter: !retries.exact,
    timeoutSeconds: timeoutMs / 1000,
  }
  const catalogues = { eventTypes: eventTypesOf(dialect), otherCatalogues: otherCataloguesOf(dialect) }
  const { signatures } = receiving
  return {
    name,
    title,
    ...catalogues,
    openCatalogue,
    scopes,
    roles,
    retry,
    signatures,
    rateLimits: quotas,
    tenantIds: tenantIdWords,
    tenantSettings,
    polling: endpointRules.polling === true,
    endpointForm,
    endpointOperations,
  }
}

/** A dialect may have more fields of an event type, for its own pages. */
function eventTypesOf({ eventTypes, exampleOf }: Dialect): unknown {
  return eventTypes.map(({ name, description }) => {
    const example = exampleOf(name)
    return { name, description, example: example === null ? null : (JSON.parse(example) as unknown) }
  })
}

/** The catalogues of tenants that have one setting other than the default. */
function otherCataloguesOf(dialect: Dialect): unknown {
  return Object.entries(dialect.tenantSettings).flatMap(([name, choices]) =>
    choices.flatMap((choice) => {
      const settings = { [name]: choice }
      const other = dialect.ofTenant?.({ settings }) ?? dialect
      return other.eventTypes === dialect.eventTypes ? [] : [{ settings, eventTypes: eventTypesOf(other) }]
    }),
  )
}
