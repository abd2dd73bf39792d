// The path at which customers get one webhook.

import type { Endpoint } from '../../domain/endpoint.ts'
import type { DialectDefinition } from '../definition.ts'
import type { CompiledFields } from '../fields/compile-fields.ts'
import { parametersOf, splitRoute } from './routes.ts'

export type WebhookPath = (endpoint: Endpoint) => string

/** Null: the API has no such route, or its path has a parameter that no field gives. */
export function webhookPath(definition: DialectDefinition, { key, places }: CompiledFields): WebhookPath | null {
  const [at, operation] = Object.entries(definition.routes).find(([, { kind }]) => kind === 'get') ?? []
  if (at === undefined || operation === undefined) return null
  const { template } = splitRoute(at)
  const names = parametersOf(template)
  const { id } = operation
  const idName = id?.name ?? names.find((name) => !Object.hasOwn(places.params, name))
  const isKnown = (name: string): boolean => name === idName || Object.hasOwn(places.params, name)
  if (!names.every(isKnown)) return null
  return (endpoint) => {
    const own = key === null ? endpoint.id : key.textOf(endpoint)
    const valueOf = (name: string): string => (name === idName ? own : parentOf(definition, name, endpoint))
    const path = template.replaceAll(/\{(\w+)\}/g, (_whole, name: string) => encodeURIComponent(valueOf(name)))
    return id?.in === 'query' ? `${path}?${id.name}=${encodeURIComponent(own)}` : path
  }
}

function parentOf({ endpoint: fields }: DialectDefinition, name: string, { details, filters }: Endpoint): string {
  const field = fields[name]
  return String(field?.is === 'filter' ? filters[field.attribute] : details[name])
}
