// Values that a schema accepts. For fields whose name says more than their schema: values that make sense.

import { registry } from '../../src/dialects/registry.ts'
import fc, { type Arbitrary } from 'fast-check'
import { type FrontName, type Schema, profileOf } from './documents.ts'

const header = fc.stringMatching(/^X-[A-Za-z]{1,10}$/)
const headers = fc.dictionary(header, fc.stringMatching(/^[!-~]{1,20}$/), { maxKeys: 3 })
const secret = fc.constant('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw')
const hookUrl = fc.constantFrom('{hook}', '{hook}?a=b', 'https://example.com/hook', 'http://10.0.0.1/')

/** @param name the field or parameter. Placeholders like `{own.tenant}` in the values stand for ids (fuzz.ts) */
export function valueFor(front: FrontName, name: string, schema: Schema): Arbitrary<unknown> {
  const types = [0, 1, 2].map((index) => profileOf(front).api.eventType(index))
  switch (name) {
    case 'url':
      return hookUrl
    case 'tenant':
    case 'org_id':
      return fc.constantFrom('{own.tenant}', '{own.tenant}', '{foreign.tenant}', '{absent.tenant}')
    case 'tenants':
      return fc.constant(['{own.tenant}'])
    case 'endpoint':
      return fc.constantFrom('{own.endpoint}', '{foreign.endpoint}')
    case 'type':
    case 'event_type':
    case 'eventType':
      return fc.constantFrom(...types)
    case 'eventTypes':
    case 'topics':
      return fc.uniqueArray(fc.constantFrom(...types), { minLength: 1 })
    case 'dialect':
      return fc.constantFrom(...registry.map(({ dialect }) => dialect.name))
    case 'secret':
      return secret
    case 'secrets':
      return fc.array(secret, { minLength: 1, maxLength: 2 })
    case 'scopes':
      return fc.constant(profileOf(front).dialect.scopes)
    // Not every dialect has roles and settings.
    case 'role':
      return 'enum' in schema ? valueOf(front, schema) : fc.constant(undefined)
    case 'settings':
      return fc.constant(undefined)
    case 'id':
      return fc.stringMatching(/^[A-Za-z0-9._-]{6,20}$/)
    case 'headers':
    case 'custom_headers':
      return headers
    case 'data':
      return fc.dictionary(fc.string({ maxLength: 5 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4 })
    case 'events':
      return front === 'operator' ? batch(types) : fc.uniqueArray(fc.constantFrom(...types), { minLength: 1 })
    default:
      return valueOf(front, schema)
  }
}

function batch(types: readonly string[]): Arbitrary<unknown> {
  const event = fc.record({ tenant: fc.constant('{own.tenant}'), type: fc.constantFrom(...types), data: fc.object() })
  return fc.array(fc.oneof({ weight: 9, arbitrary: event }, { weight: 1, arbitrary: fc.jsonValue() }), { maxLength: 9 })
}

function valueOf(front: FrontName, schema: Schema): Arbitrary<unknown> {
  const {
    anyOf,
    enum: choices,
    type,
    minimum = 0,
    maximum = 100,
    items,
  } = schema as {
    readonly anyOf?: readonly Schema[]
    readonly enum?: readonly unknown[]
    readonly type?: string
    readonly minimum?: number
    readonly maximum?: number
    readonly items?: Schema
  }
  if (anyOf !== undefined) return fc.oneof(...anyOf.map((one) => valueOf(front, one)))
  if (choices !== undefined) return fc.constantFrom(...choices)
  switch (type) {
    case 'string':
      return textOf(schema)
    case 'integer':
      return fc.integer({ min: minimum, max: Math.min(maximum, minimum + 1000) })
    case 'boolean':
      return fc.boolean()
    case 'null':
      return fc.constant(null)
    case 'array':
      return fc.array(items === undefined ? fc.jsonValue() : valueOf(front, items), { maxLength: 4 })
    case 'object':
      return objectOf(front, schema)
    default:
      return fc.jsonValue({ maxDepth: 2 })
  }
}

function textOf({ format, pattern, maxLength = 20 }: Schema): Arbitrary<string> {
  if (format === 'uuid') return fc.uuid()
  if (format === 'date') return fc.constantFrom('2026-01-31', '2024-02-29')
  if (format === 'date-time') return fc.constantFrom('2026-01-31T10:00:00Z', '2026-01-31T10:00:00.123+02:00')
  if (typeof pattern === 'string') return fc.stringMatching(new RegExp(pattern))
  return fc.string({ minLength: 1, maxLength: Math.min(Number(maxLength), 20) })
}

function objectOf(front: FrontName, { properties, required = [], additionalProperties }: Schema): Arbitrary<unknown> {
  if (properties === undefined) {
    const values =
      typeof additionalProperties === 'object' ? valueOf(front, additionalProperties as Schema) : fc.string()
    return fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), values, { maxKeys: 3 })
  }
  const members = Object.entries(properties).map(([name, one]) => [name, valueFor(front, name, one)] as const)
  return fc.record(Object.fromEntries(members), { requiredKeys: required as string[] })
}
