// The options of each kind of field, for definitions that no compiler of types has read.

import { DefinitionError } from '../definition-error.ts'
import { checkMembers, type Shape, unknownName } from '../shape.ts'
import { timeForms } from '../deliveries/time-forms.ts'
import type { Field, View } from './fields.ts'

type Kind = Field['is']
type FieldOf<Is extends Kind, Of = Field> = Of extends { readonly is: infer Kinds }
  ? Is extends Kinds
    ? Of
    : never
  : never

const common = {
  schema: 'object',
  nullable: 'boolean',
  key: 'boolean',
} as const
const placed = { from: { oneOf: { path: true, query: true } } } as const
const number = { oneOf: { number: true } } as const
const time = { ...common, form: { required: true, oneOf: timeForms } } as const

const shapes: { readonly [Is in Kind]: Shape<Omit<FieldOf<Is>, 'is' | 'on' | 'shown'>> } = {
  attempts: common,
  computed: { ...common, show: 'function!' },
  createdAt: time,
  description: common,
  detail: { ...common, ...placed, default: 'any' },
  enabled: { ...common, words: 'list', inverted: 'boolean' },
  eventFlag: { ...common, type: 'string!', default: 'boolean' },
  eventType: { ...common, known: 'boolean' },
  eventTypes: {
    ...common,
    known: 'boolean',
    items: 'object',
    all: { oneOf: { null: true, empty: true } },
    default: 'list',
  },
  filter: { ...common, ...placed, attribute: 'string!', orInData: 'boolean|string', list: 'boolean', as: number },
  headers: common,
  id: { ...common, as: number },
  lastAttemptAt: time,
  link: { ...common, path: 'string!', as: 'function' },
  newestDelivery: { ...common, words: 'list!' },
  secret: { ...common, masked: 'string|function', generated: 'boolean' },
  secrets: { ...common, items: 'object' },
  status: { ...common, show: 'function!' },
  tenant: { ...common, as: number },
  updatedAt: time,
  url: common,
}
const requests = ['create', 'create!', 'change', 'change!']
const views: readonly (View | 'never')[] = ['create', 'get', 'list', 'change', 'rotate', 'never']

/** @throws DefinitionError */
export function checkField(place: string, field: Field): void {
  if (typeof field !== 'object' || field === null)
    throw new DefinitionError(place, "must be an object such as { is: 'url' }")
  const { is, on, shown, ...options } = field
  if (is === undefined)
    throw new DefinitionError(`${place}.is`, `is missing; known are ${Object.keys(shapes).join(', ')}`)
  if (!Object.hasOwn(shapes, is)) throw unknownName(`${place}.is: ${is}`, Object.keys(shapes))
  checkMembers<Readonly<Record<string, unknown>>>(place, options, shapes[is])
  checkPattern(`${place}.schema.pattern`, field.schema)
  checkWords(`${place}.on`, on, requests)
  checkWords(`${place}.shown`, shown, views)
}

function checkPattern(place: string, schema: object | undefined): void {
  const { pattern = '' } = (schema ?? {}) as { readonly pattern?: unknown }
  if (typeof pattern !== 'string') throw new DefinitionError(place, "must be a string, as in '^[a-z]+$'")
  try {
    RegExp(pattern, 'u')
  } catch (error) {
    throw new DefinitionError(place, error instanceof Error ? error.message : String(error))
  }
}

function checkWords(place: string, words: unknown, known: readonly string[]): void {
  if (words === undefined) return
  if (typeof words !== 'string') throw new DefinitionError(place, 'must be a string')
  const strange = words.split(' ').find((word) => !known.includes(word))
  if (strange !== undefined) throw unknownName(`${place}: ${JSON.stringify(strange)}`, known)
}
