// The request that makes an endpoint, as plain data.

import type { EndpointForm, EndpointFormField } from '../../contracts/endpoint-form.ts'
import type { Presented } from '../access/authentication.ts'
import type { DialectDefinition } from '../definition.ts'
import { splitRoute } from '../operations/routes.ts'
import { takenSchema } from './field-schemas.ts'
import { domainName, type Field, isRequired, isTaken, placeOf } from './fields.ts'

/** Null: the API has no operation that makes endpoints from JSON. */
export function endpointFormOf(definition: DialectDefinition): EndpointForm | null {
  const { api, endpoint, routes, requests, events } = definition
  const route = Object.entries(routes).find(([, { kind }]) => kind === 'create' || kind === 'createMany')
  if (route === undefined || requests?.includes('json') === false) return null
  const [at, { kind }] = route
  const { method, template } = splitRoute(at)
  const catalogue = Object.keys(events)
  return {
    method,
    path: template,
    ...credentials(definition),
    member: kind === 'createMany' ? 'items' : (api.bodyMember ?? null),
    isList: kind === 'createMany',
    isWhole: true,
    fields: Object.entries(endpoint)
      .filter(([, field]) => isTaken(field, 'create'))
      .map(([name, field]) => formField(name, field, isRequired(field, 'create'), catalogue)),
  }
}

export function formField(
  name: string,
  field: Field,
  mustBeGiven: boolean,
  catalogue: readonly string[],
): EndpointFormField {
  const shared = {
    name,
    in: placeOf(field),
    // Only kinds that customers write are taken.
    is: field.is as EndpointFormField['is'],
    of: ofField(name, field),
    isRequired: mustBeGiven,
    schema: takenSchema(field, catalogue),
    words: field.is === 'enabled' ? switchWords(field) : null,
  }
  if (field.is !== 'eventTypes' || field.all === undefined) return shared
  return { ...shared, all: field.all === 'null' ? null : [] }
}

function ofField(name: string, field: Field): string | null {
  if (field.is === 'filter') return field.attribute
  if (field.is === 'eventFlag') return field.type
  return domainName(field) === 'details' ? name : null
}

function switchWords({ words, inverted }: Extract<Field, { readonly is: 'enabled' }>): EndpointFormField['words'] {
  if (words !== undefined) return { on: words[0], off: words[1] }
  return { on: inverted !== true, off: inverted === true }
}

/** The key and the tenant, as requests have them. */
export function credentials({ authentication, tenantOf }: DialectDefinition): Pick<EndpointForm, 'headers' | 'query'> {
  const key = authentication.present(authentication.hasTwoParts === true ? '{key}:{key}' : '{key}')
  const parts: readonly Presented[] = [key, tenantOf?.present('{tenant}') ?? {}]
  return {
    headers: Object.assign({}, ...parts.map(({ headers }) => readable(headers))) as EndpointForm['headers'],
    query: Object.assign({}, ...parts.map(({ query }) => query)) as EndpointForm['query'],
  }
}

/** Names the key in place of its base64 form. */
function readable(headers: Presented['headers'] = {}): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, value.startsWith('Basic ') ? 'Basic {key}' : value]),
  )
}
