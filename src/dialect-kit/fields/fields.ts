// The map of a dialect's endpoint fields: for each field of the vendor, what it is to Posthorn, when it is taken, and
// where it is shown. The request schemas, the answers and their schemas, and the names of fields in errors follow from
// this one map.

import type { Endpoint, EndpointStatus } from '../../domain/endpoint.ts'
import type { EndpointInput } from '../../operations/endpoint-rules.ts'

type Words<Word extends string> =
  | Word
  | `${Word} ${Word}`
  | `${Word} ${Word} ${Word}`
  | `${Word} ${Word} ${Word} ${Word}`

/** The answers that show an endpoint. */
export type View = 'create' | 'get' | 'list' | 'change' | 'rotate'
type Taken = 'create' | 'create!' | 'change' | 'change!'

/** Keywords of JSON Schema. */
export type Keywords = Readonly<Record<string, unknown>>

interface Common {
  /** The requests that may have the field, with `!` where they must have it. Default: none, the field is only shown. */
  readonly on?: Words<Taken>
  /** The answers that have the field; default: all. */
  readonly shown?: Words<View> | 'never'
  /** Further keywords of the field's JSON Schema, such as `maxLength` or `description`. */
  readonly schema?: Keywords
  /** Whether null is accepted. Null and no value are the same. */
  readonly nullable?: true
  /**
   * The value names the endpoint in paths and in other requests, in place of a generated id. No two endpoints with the same
   * parents have the same one. For a detail, the event type or the URL, taken on create only.
   */
  readonly key?: true
}

/** The place of a value in the request. */
interface Placed {
  /**
   * `path` or `query`: the value is the parameter of this name, and an endpoint exists only for requests that have its
   * value there. Default: the body.
   */
  readonly from?: 'path' | 'query'
}

export type TimeForm = 'iso' | 'isoInSeconds' | 'isoInMicroseconds' | 'unixSeconds' | 'unixMilliseconds'

export type Field = Common &
  (
    | { readonly is: 'id' | 'tenant'; readonly as?: 'number' }
    | { readonly is: 'url' | 'description' }
    /** `known`: the schema takes only types of the catalogue. Otherwise the rules of endpoints refuse other types. */
    | { readonly is: 'eventType'; readonly known?: true }
    /** `items`: keywords of the JSON Schema of one event type. */
    | {
        readonly is: 'eventTypes'
        readonly known?: true
        readonly items?: Keywords
        /** The value that stands for all event types: null, or an empty list. A new endpoint without the field has it. */
        readonly all?: 'null' | 'empty'
        /** The event types of a new endpoint without the field; default: it must have the field. */
        readonly default?: readonly string[]
      }
    /** Whether the endpoint wants this event type. `default`: the value in a new endpoint, where none is given. */
    | { readonly is: 'eventFlag'; readonly type: string; readonly default?: boolean }
    /**
     * A switch: a boolean, or one of several words. Customers may choose between the words for off; an endpoint that failed
     * has the first of them. `inverted`: true means off.
     */
    | {
        readonly is: 'enabled'
        readonly words?: readonly [on: string, off: string, ...others: string[]]
        readonly inverted?: true
      }
    /**
     * The newest secret. `masked`: the text in the answers in which the secret is not shown, or the text that a function
     * makes of the secret; default: no field there. `generated: false`: an endpoint has no secret and no such field unless
     * its customer chooses a secret.
     */
    | {
        readonly is: 'secret'
        readonly masked?: string | ((secret: string) => string)
        readonly generated?: false
      }
    /** All secrets that sign. */
    | { readonly is: 'secrets'; readonly items?: Keywords }
    /** The customer's own headers; left out of answers if there are none. */
    | { readonly is: 'headers' }
    /** An attribute that events must have with this value; null: events with any value are sent. */
    | (Placed & {
        readonly is: 'filter'
        readonly attribute: string
        /**
         * Where the attribute was not posted, the member of this path in the event's data counts, such as
         * `repository.name`; true: the member has the name of the attribute.
         */
        readonly orInData?: true | string
        /** The field has a list, and events must have one of the values. An empty list: events with any value are sent. */
        readonly list?: true
        /** The field has a number, or a list of numbers. */
        readonly as?: 'number'
      })
    /**
     * A value that only the product knows. It is stored with the endpoint. `schema` is the JSON Schema of its values; its
     * `type` is `string` by default. Without `change` in `on`, the value stays.
     */
    | (Placed & {
        readonly is: 'detail'
        /** The value in a new endpoint; default: null if the field is nullable, or else none. */
        readonly default?: unknown
      })
    | { readonly is: 'createdAt' | 'updatedAt'; readonly form: TimeForm }
    /** The URL of this API for the endpoint: `/hooks/{id}`. `as` gives it another shape, such as `{ href: url }`. */
    | { readonly is: 'link'; readonly path: `/${string}`; readonly as?: (url: string) => unknown }
    /** A value that follows from the endpoint. */
    | { readonly is: 'computed'; readonly show: (endpoint: Endpoint) => unknown }
    /** A value that follows from the results of attempts. */
    | { readonly is: 'status'; readonly show: (status: EndpointStatus, endpoint: Endpoint) => unknown }
    /** The number of recorded attempts. */
    | { readonly is: 'attempts' }
    /** When the newest recorded attempt was made; null: there was none yet. */
    | { readonly is: 'lastAttemptAt'; readonly form: TimeForm }
    /** The result of the newest delivery; null: there was no attempt yet. */
    | { readonly is: 'newestDelivery'; readonly words: readonly [succeeded: string, failed: string, pending: string] }
  )

/** The fields by the vendor's name. `config.url` is the member `url` of the object `config`. */
export type FieldMap = Readonly<Record<string, Field>>

export function isTaken({ on }: Field, when: 'create' | 'change'): boolean {
  return (on ?? '').split(' ').some((word) => word === when || word === `${when}!`)
}

export function isRequired({ on }: Field, when: 'create' | 'change'): boolean {
  return (on ?? '').split(' ').includes(`${when}!`)
}

/** Whether a view shows the value of a field. */
export function isShown({ shown }: Field, view: View): boolean {
  return shown === undefined || shown.split(' ').includes(view)
}

/** Whether customers choose between several words for off. The word is stored as a detail. */
export function hasOwnWords(field: Field): field is Extract<Field, { readonly is: 'enabled' }> {
  return field.is === 'enabled' && (field.words?.length ?? 0) > 2
}

/** The value of a detail in a new endpoint; undefined: none. */
export function defaultOf({ default: value, nullable }: Extract<Field, { readonly is: 'detail' }>): unknown {
  return value === undefined && nullable === true ? null : value
}

/** The place in a request that has the value of a field. */
export function placeOf(field: Field): 'body' | 'path' | 'query' {
  return ('from' in field ? field.from : undefined) ?? 'body'
}

/** The domain's name of the part of an endpoint that a field is. Null: it is no part that customers write. */
export function domainName(field: Field): keyof EndpointInput | null {
  switch (field.is) {
    case 'url':
    case 'description':
    case 'eventTypes':
    case 'enabled':
    case 'secrets':
    case 'headers':
      return field.is
    case 'eventType':
      return 'eventTypes'
    case 'secret':
      return 'secrets'
    case 'eventFlag':
      return 'eventTypeChanges'
    case 'filter':
      return 'filterChanges'
    case 'detail':
      return 'details'
    default:
      return null
  }
}
