// How customers make an endpoint through the API of their dialect, as plain data: forms and examples follow from it.

/** The kinds of fields that customers write. */
export const endpointFieldKinds = [
  'url',
  'description',
  'eventType',
  'eventTypes',
  'eventFlag',
  'enabled',
  'secret',
  'secrets',
  'headers',
  'filter',
  'detail',
] as const

/** A field of the request. */
export interface EndpointFormField {
  /** The vendor's name. In the body `config.url` is the member `url` of the object `config`. */
  readonly name: string
  readonly in: 'body' | 'path' | 'query'
  /** The part of an endpoint that it gives. */
  readonly is: (typeof endpointFieldKinds)[number]
  /** The attribute of a filter, the event type of a flag, the name of a detail; null: the kind says all. */
  readonly of: string | null
  readonly isRequired: boolean
  /** The JSON Schema of its values. */
  readonly schema: unknown
  /** The values of a switch; null: it is none. */
  readonly words: { readonly on: unknown; readonly off: unknown } | null
  /** The value that stands for all event types; absent: they are listed. */
  readonly all?: null | readonly []
}

/**
 * A request that makes or changes an endpoint. `{key}`, `{tenant}` and `{endpoint}` in texts stand for the API key and for
 * the ids of the tenant and of the endpoint.
 */
export interface EndpointForm {
  readonly method: string
  /** Parameters are `{name}`. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string>>
  /** The member of the body that has the fields; null: they are the body. */
  readonly member: string | null
  /** The member is a list of endpoints. */
  readonly isList: boolean
  /** A field that is not given is as in a new endpoint; false: it keeps its value. */
  readonly isWhole: boolean
  /** In the order of the vendor. */
  readonly fields: readonly EndpointFormField[]
}

/** The operations on an endpoint that is there. */
export const endpointOperationNames = ['change', 'enable', 'disable', 'rotate', 'delete'] as const

/** Null: customers have no such operation, or its body is not JSON. */
export type EndpointOperations = Readonly<Record<(typeof endpointOperationNames)[number], EndpointForm | null>>

/**
 * The parts of endpoints that customers have, by the names of the operator API. `filters.region` and `details.note` are
 * single members.
 */
export interface CustomerFields {
  /** Those that requests for new endpoints take. */
  readonly create: ReadonlySet<string>
  /** Those that requests for new endpoints must have. */
  readonly required: ReadonlySet<string>
  /** Those that changes take. */
  readonly change: ReadonlySet<string>
  /** Those that answers show. */
  readonly shown: ReadonlySet<string>
}
