// How answers show the fields of an endpoint.

import { type TSchema, Type } from 'typebox'
import type { Endpoint, EndpointStatus, SigningSecret } from '../domain/endpoint.ts'
import { shownSchema } from './field-schemas.ts'
import type { Field, FieldMap, View } from './fields.ts'
import { timeForms } from './time-forms.ts'

/** An endpoint, and what a view of it may need besides. */
export interface Shown {
  readonly endpoint: Endpoint
  readonly status?: EndpointStatus
  readonly newestPending?: boolean
  /** The secrets in force. */
  readonly secrets: readonly SigningSecret[]
}

export interface Views {
  /** Compiles a view: a function that writes an endpoint. */
  readonly shape: (view: View) => (shown: Shown) => Record<string, unknown>
  readonly schema: (view: View) => TSchema
  /** The facts that a view needs besides the endpoint. */
  readonly needs: (view: View) => 'nothing' | 'status' | 'newestDelivery'
  /** Whether a view shows secrets that end by themselves, so that its text is not the same for ever. */
  readonly hasSecrets: (view: View) => boolean
}

export function viewsOf(map: FieldMap): Views {
  const shownIn = (view: View) => Object.entries(map).filter(([, field]) => isShown(field, view))
  const kindsIn = (view: View) => shownIn(view).map(([, { is }]) => is)
  return {
    shape(view) {
      const steps = shownIn(view).map(([name, field]) => ({ name, value: valueOf(field, view) }))
      return (shown) => {
        const object: Record<string, unknown> = {}
        for (const { name, value } of steps) {
          const found = value(shown)
          if (found !== undefined) object[name] = found
        }
        return object
      }
    },
    schema(view) {
      const members = shownIn(view).map(([name, field]): [string, TSchema] => {
        const schema = shownSchema(field)
        return [name, field.is === 'headers' ? Type.Optional(schema) : schema]
      })
      return Type.Object(Object.fromEntries(members))
    },
    needs(view) {
      if (kindsIn(view).includes('newestDelivery')) return 'newestDelivery'
      return kindsIn(view).some(isOfStatus) ? 'status' : 'nothing'
    },
    hasSecrets: (view) => kindsIn(view).includes('secrets'),
  }
}

type StatusKind = 'status' | 'attempts' | 'lastAttemptAt' | 'newestDelivery'

function isOfStatus(kind: Field['is']): boolean {
  return kind === 'status' || kind === 'attempts' || kind === 'lastAttemptAt'
}

function isShown(field: Field, view: View): boolean {
  if (field.shown === 'never') return false
  return field.shown === undefined || field.shown.split(' ').includes(view) || hasMask(field)
}

function hasMask(field: Field): boolean {
  return field.is === 'secret' && field.masked !== undefined
}

/** The value of a field in a view. Undefined: the field is left out. */
function valueOf(field: Field, view: View): (shown: Shown) => unknown {
  switch (field.is) {
    case 'id':
    case 'tenant': {
      const { is, as } = field
      return ({ endpoint }) => (as === 'number' ? Number(endpoint[is]) : endpoint[is])
    }
    case 'url':
    case 'description':
    case 'eventTypes': {
      const { is } = field
      return ({ endpoint }) => endpoint[is]
    }
    case 'eventType':
      return ({ endpoint }) => endpoint.eventTypes[0]
    case 'enabled': {
      const { words, inverted = false } = field
      if (words !== undefined) return ({ endpoint }) => words[endpoint.enabled ? 0 : 1]
      return ({ endpoint }) => endpoint.enabled !== inverted
    }
    case 'secret': {
      const { masked } = field
      if (masked !== undefined && field.shown?.split(' ').includes(view) !== true) return () => masked
      return ({ endpoint }) => endpoint.secrets[0]?.value ?? masked ?? null
    }
    case 'secrets':
      return ({ secrets }) => secrets.map(({ value }) => value)
    case 'headers':
      return ({ endpoint: { headers } }) => (Object.keys(headers).length === 0 ? undefined : headers)
    case 'filter':
      return ({ endpoint }) => endpoint.filters[field.attribute] ?? null
    case 'createdAt':
    case 'updatedAt': {
      const write = timeForms[field.form]
      const { is } = field
      return ({ endpoint }) => write(endpoint[is])
    }
    case 'computed':
      return ({ endpoint }) => field.show(endpoint)
    default:
      return statusValueOf(field)
  }
}

/** The value of a field that follows from the results of attempts. */
function statusValueOf(field: Extract<Field, { is: StatusKind }>): (shown: Shown) => unknown {
  switch (field.is) {
    case 'status':
      return ({ endpoint, status }) => field.show(status as EndpointStatus, endpoint)
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
