// The operations of webhooks in an OpenAPI document, and the shapes of their answers.

import { isIdName, listNames, partOf, resourcePattern } from './names.ts'
import { holdsUrl } from './nested.ts'
import { merged, type Operation, type Schema, schemaOf, successOf, typeOf } from './openapi.ts'

/** One operation of the webhooks, with the function of the kit that serves it. */
export interface Found {
  readonly at: string
  readonly kind:
    | 'list'
    | 'create'
    | 'get'
    | 'change'
    | 'replace'
    | 'put'
    | 'deliveryLog.list'
    | 'deliveryLog.get'
    | 'remove'
    | 'rotate'
    | 'eventTypes'
    | 'enable'
    | 'disable'
    | 'ping'
    | 'count'
  readonly operation: Operation
}

export const pathOf = (at: string): string => at.slice(at.indexOf(' ') + 1)

/** The path of the collection of webhooks: the one with the most operations. */
export function basePathIn(places: readonly string[]): string | null {
  const counts = new Map<string, number>()
  for (const at of places) {
    const literal = /^((?:\/[^/]+)*?\/[^/{}]*)(?:\/\{\w+\})?$/.exec(pathOf(at))?.[1] ?? ''
    const last = literal.split('/').at(-1) ?? ''
    if (resourcePattern.test(last)) counts.set(literal, (counts.get(literal) ?? 0) + 1)
  }
  return [...counts].toSorted((a, b) => b[1] - a[1])[0]?.[0] ?? null
}

/** @param creates whether a POST to the collection creates webhooks: if none does, a PUT may */
export function kindOf(at: string, base: string, operation: Operation, creates: boolean): Found['kind'] | null {
  const [method = ''] = at.split(' ')
  const rest = pathOf(at).slice(base.length)
  if (rest === '') return method === 'GET' ? 'list' : method === 'POST' ? 'create' : null
  if (/^\/\{\w+\}$/.test(rest)) {
    switch (method) {
      case 'GET':
        return 'get'
      case 'DELETE':
        return 'remove'
      case 'PUT':
        if (!creates) return 'put'
        return (schemaOf(operation.requestBody?.content)?.required ?? []).length > 0 ? 'replace' : 'change'
      default:
        return 'change'
    }
  }
  if (method === 'GET' && /^\/(?:event[-_]?types|events|topics|triggers)$/i.test(rest)) return 'eventTypes'
  if (method === 'POST' && /^\/\{\w+\}\/[\w-]*(?:rotat|regenerat|roll|reset)[\w-]*$/i.test(rest)) return 'rotate'
  if (method === 'GET' && rest === '/count') return 'count'
  const log = /^\/\{\w+\}\/(?:deliveries|delivery[-_]?logs?|messages)(\/\{\w+\})?$/i.exec(rest)
  if (method === 'GET' && log !== null) return log[1] === undefined ? 'deliveryLog.list' : 'deliveryLog.get'
  const [, verb = ''] = /^\/\{\w+\}[/:]([a-z]+)$/i.exec(rest) ?? []
  if (method !== 'POST' && method !== 'PUT') return null
  if (/^(?:enable|activate|resume)$/i.test(verb)) return 'enable'
  if (/^(?:disable|deactivate|pause)$/i.test(verb)) return 'disable'
  return /^(?:pings?|tests?)$/i.test(verb) ? 'ping' : null
}

/** The endpoint in the answer of an operation, and the member of the answer that holds it. */
export interface Shape {
  readonly status: number | null
  readonly endpoint: Schema
  readonly wrap: string | null
  /** Other members of the answer. */
  readonly others: Readonly<Record<string, Schema>>
  /** Whether the answer has a body. */
  readonly hasBody: boolean
}

export function shapeOf({ kind, operation }: Found): Shape {
  const success = successOf(operation)
  const schema = success?.schema ?? {}
  const members = Object.entries(schema.properties ?? {})
  const shape = { status: success?.status ?? null, hasBody: success?.schema !== undefined }
  if (kind.startsWith('deliveryLog')) {
    const [name = null] = members.find(([, member]) => typeOf(merged(member)) === 'array') ?? []
    return { ...shape, endpoint: {}, wrap: kind === 'deliveryLog.list' ? name : null, others: {} }
  }
  if (typeOf(schema) === 'array') return { ...shape, endpoint: itemOf(schema), wrap: null, others: {} }
  const known: readonly string[] = listNames
  const wrapped = members.find(([, member]) => hasId(itemOf(merged(member))) && holdsUrl(itemOf(merged(member))))
  const hasOwnUrl = members.some(([name, member]) => partOf(name, merged(member)) === 'url')
  const isEndpoint = hasId(schema)
    ? hasOwnUrl || (singles.includes(kind) && !known.includes(wrapped?.[0] ?? ''))
    : hasOwnUrl && wrapped === undefined
  if (isEndpoint) return { ...shape, endpoint: schema, wrap: null, others: {} }
  const isList = ([, member]: readonly [string, Schema]): boolean => typeOf(merged(member)) === 'array'
  const [wrap, inner] =
    wrapped ??
    members.find(([, member]) => holdsUrl(itemOf(merged(member)))) ??
    members.find(([name]) => known.includes(name)) ??
    (kind === 'eventTypes' ? members.find(isList) : undefined) ??
    []
  const others = Object.fromEntries(members.filter(([name]) => name !== wrap))
  return {
    ...shape,
    endpoint: inner === undefined || ['eventTypes', 'ping', 'count'].includes(kind) ? {} : itemOf(merged(inner)),
    wrap: wrap ?? null,
    others,
  }
}

/** The operations whose answer is one webhook. */
const singles: readonly Found['kind'][] = ['create', 'get', 'change', 'replace', 'put']

function hasId({ properties = {} }: Schema): boolean {
  return Object.keys(properties).some(isIdName)
}

function itemOf(schema: Schema): Schema {
  return schema.items === undefined ? schema : merged(schema.items)
}
