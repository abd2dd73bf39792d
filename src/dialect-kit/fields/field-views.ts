// How answers show the fields of an endpoint.

import { type TSchema, Type } from 'typebox'
import { shownToCustomers } from '../../domain/attempt.ts'
import { type Endpoint, type EndpointStatus, hasSecrets, type SigningSecret } from '../../domain/endpoint.ts'
import { shownTypes } from './event-fields.ts'
import { shownSchema } from './field-schemas.ts'
import { defaultOf, type Field, type FieldMap, isRequired, isShown, type View } from './fields.ts'
import { shownFilter } from './filters.ts'
import { memberWriter, objectOf } from './nested.ts'
import { timeForms } from '../deliveries/time-forms.ts'

/** An endpoint, and what a view of it may need besides. */
export interface Shown {
  readonly endpoint: Endpoint
  readonly status?: EndpointStatus
  readonly newestPending?: boolean
  /** The secrets in force. */
  readonly secrets: readonly SigningSecret[]
  /** The request that the view answers. */
  readonly asked: Asked
}

/** The facts of a request from which links are made. */
export interface Asked {
  readonly request: { readonly publicUrl: string }
  readonly params: Readonly<Record<string, string>>
}

export interface Views {
  /** Compiles a view: a function that writes an endpoint. */
  readonly shape: (view: View) => (shown: Shown) => Record<string, unknown>
  readonly schema: (view: View) => TSchema
  /** The facts that a view needs besides the endpoint. */
  readonly needs: (view: View) => 'nothing' | 'status' | 'newestDelivery'
  /** Whether a view shows secrets that end by themselves, so that its text is not the same for ever. */
  readonly hasSecrets: (view: View) => boolean
  /** Compiles whether a view shows signing secrets or header values of an endpoint; null: of no endpoint. */
  readonly showsSecrets: (view: View) => ((endpoint: Endpoint) => boolean) | null
  /** Whether a view shows URLs of this API, so that its text depends on the request. */
  readonly hasLinks: (view: View) => boolean
}

export function viewsOf(map: FieldMap): Views {
  const shownIn = (view: View) => Object.entries(map).filter(([, field]) => isPresent(field, view))
  const kindsIn = (view: View) => shownIn(view).map(([, { is }]) => is)
  return {
    shape(view) {
      const steps = shownIn(view).map(([name, field]) => ({
        write: memberWriter(name),
        value: valueOf(name, field, view),
      }))
      return (shown) => {
        const object: Record<string, unknown> = {}
        for (const { write, value } of steps) {
          const found = value(shown)
          if (found !== undefined) write(object, found)
        }
        return object
      }
    },
    schema(view) {
      const members = shownIn(view).map(([name, field]): [string, TSchema] => {
        const schema = shownSchema(field)
        return [name, mayBeLeftOut(field) ? Type.Optional(schema) : schema]
      })
      return objectOf(members)
    },
    needs(view) {
      if (kindsIn(view).includes('newestDelivery')) return 'newestDelivery'
      return kindsIn(view).some(isOfStatus) ? 'status' : 'nothing'
    },
    hasSecrets: (view) => kindsIn(view).includes('secrets'),
    showsSecrets(view) {
      const shown = shownIn(view).filter(([, field]) => !isMasked(field, view))
      const kinds = shown.map(([, { is }]) => is)
      const secrets = kinds.includes('secret') || kinds.includes('secrets')
      const headers = kinds.includes('headers')
      if (!secrets && !headers) return null
      return (endpoint) =>
        hasSecrets({ secrets: secrets ? endpoint.secrets : [], headers: headers ? endpoint.headers : {} })
    },
    hasLinks: (view) => kindsIn(view).includes('link'),
  }
}

type StatusKind = 'status' | 'attempts' | 'lastAttemptAt' | 'newestDelivery'

function isOfStatus(kind: Field['is']): boolean {
  return kind === 'status' || kind === 'attempts' || kind === 'lastAttemptAt'
}

function isPresent(field: Field, view: View): boolean {
  return isShown(field, view) || hasMask(field)
}

/** Whether a view shows a mask in place of a secret. */
function isMasked(field: Field, view: View): boolean {
  return hasMask(field) && field.shown?.split(' ').includes(view) !== true
}

function mayBeLeftOut(field: Field): boolean {
  if (field.is === 'secret') return field.generated === false
  if (field.is !== 'detail') return field.is === 'headers'
  return !isRequired(field, 'create') && defaultOf(field) === undefined
}

function hasMask(field: Field): boolean {
  return field.is === 'secret' && field.masked !== undefined
}

/** The value of a field in a view. Undefined: the field is left out. */
function valueOf(name: string, field: Field, view: View): (shown: Shown) => unknown {
  switch (field.is) {
    case 'id':
    case 'tenant': {
      const { is, as } = field
      return ({ endpoint }) => (as === 'number' ? Number(endpoint[is]) : endpoint[is])
    }
    case 'url':
    case 'description': {
      const { is } = field
      return ({ endpoint }) => endpoint[is]
    }
    case 'eventTypes':
      return ({ endpoint }) => shownTypes(field, endpoint.eventTypes)
    case 'eventFlag':
      return ({ endpoint }) => endpoint.eventTypes.includes(field.type)
    case 'eventType':
      return ({ endpoint }) => endpoint.eventTypes[0]
    case 'enabled': {
      const { words, inverted = false } = field
      if (words !== undefined) return ({ endpoint }) => shownWord(words, endpoint, name)
      return ({ endpoint }) => endpoint.enabled !== inverted
    }
    case 'secret': {
      const { masked } = field
      const mask = (secret: string) => (typeof masked === 'function' ? masked(secret) : (masked ?? null))
      const isFull = !isMasked(field, view)
      return ({ endpoint }) => {
        const secret = endpoint.secrets[0]?.value
        if (secret === undefined && field.generated === false) return undefined
        return secret !== undefined && isFull ? secret : mask(secret ?? '')
      }
    }
    case 'secrets':
      return ({ secrets }) => secrets.map(({ value }) => value)
    case 'headers':
      return ({ endpoint: { headers } }) => (Object.keys(headers).length === 0 ? undefined : headers)
    case 'filter':
      return ({ endpoint }) => shownFilter(field, endpoint.filters[field.attribute])
    case 'detail': {
      const value = defaultOf(field)
      return ({ endpoint: { details } }) => (Object.hasOwn(details, name) ? details[name] : value)
    }
    case 'createdAt':
    case 'updatedAt': {
      const write = timeForms[field.form]
      const { is } = field
      return ({ endpoint }) => write(endpoint[is])
    }
    case 'link': {
      const { as = (url: string) => url } = field
      const link = linkOf(field.path)
      return (shown) => as(link(shown))
    }
    case 'computed':
      return ({ endpoint }) => field.show(endpoint)
    default:
      return statusValueOf(field)
  }
}

/** The word for the state of an endpoint: one that its customer chose for off, or the first one for off. */
function shownWord(words: readonly string[], { enabled, disabledReason, details }: Endpoint, name: string): unknown {
  const [on, off, ...others] = words
  if (enabled) return on
  const chosen = disabledReason === 'requested' ? String(details[name]) : ''
  return others.includes(chosen) ? chosen : off
}

/** The value of a field that follows from the results of attempts. */
function statusValueOf(field: Extract<Field, { is: StatusKind }>): (shown: Shown) => unknown {
  switch (field.is) {
    case 'status':
      return ({ endpoint, status }) => field.show(forCustomers(status as EndpointStatus), endpoint)
    case 'attempts':
      return ({ status }) => status?.attempts
    case 'lastAttemptAt': {
      const write = timeForms[field.form]
      return ({ status }) => {
        const at = status?.lastAttemptAt ?? null
        return at === null ? null : write(at)
      }
    }
    case 'newestDelivery': {
      const [succeeded, failed, pending] = field.words
      return ({ status, newestPending }) => {
        if (newestPending === true) return pending
        const hasSucceeded = status?.lastAttemptSucceeded ?? null
        if (hasSucceeded === null) return null
        return hasSucceeded ? succeeded : failed
      }
    }
  }
}

/** The status without what customers may not learn of failures. */
function forCustomers(status: EndpointStatus): EndpointStatus {
  return { ...status, lastOutcome: status.lastOutcome && shownToCustomers(status.lastOutcome) }
}

/** Compiles the absolute URL of a path such as `/hooks/{id}`. Other names are those of the parameters of the request. */
function linkOf(path: string): (shown: Shown) => string {
  const pieces = path.split(/\{(\w+)\}/)
  return ({ endpoint, asked: { request, params } }) => {
    let url = request.publicUrl
    for (const [index, piece] of pieces.entries()) {
      const value = piece === 'id' || piece === 'tenant' ? endpoint[piece] : (params[piece] ?? '')
      url += index % 2 === 0 ? piece : encodeURIComponent(value)
    }
    return url
  }
}
