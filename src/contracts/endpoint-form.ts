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

/** The request that makes an endpoint. `{key}` and `{tenant}` in texts stand for the API key and the tenant's id. */
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
  /** In the order of the vendor. */
  readonly fields: readonly EndpointFormField[]
}
