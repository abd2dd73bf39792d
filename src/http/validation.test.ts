// An invalid body costs no more than a valid one: only the beginning of a list or map that is too long is read. Parameters in
// texts have the values that they stand for.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Type } from 'typebox'
import { Compile } from 'typebox/schema'
import { limits } from '../domain/limits.ts'
import { fieldErrors, validatorCompiler } from './validation.ts'

const strict = { additionalProperties: false }
const schema = Type.Object(
  {
    list: Type.Optional(Type.Array(Type.String({ enum: ['a'] }), { maxItems: 10 })),
    map: Type.Optional(Type.Record(Type.String(), Type.Integer(), { maxProperties: 10 })),
    lists: Type.Optional(Type.Array(Type.Object({ list: Type.Array(Type.Integer(), { maxItems: 10 }) }))),
  },
  strict,
)
const validator = Compile(schema)

const many = 10_000
const wrongList = (reads: () => void): unknown => counted(Array<string>(many).fill('b'), reads)
const wrongMap = (reads: () => void): object =>
  counted(Object.fromEntries(Array.from({ length: many }, (_, index) => [`key${index}`, 'b'])), reads)

const cases: Readonly<Record<string, (reads: () => void) => unknown>> = {
  'a list that is too long': (reads) => ({ list: wrongList(reads) }),
  'a map that is too large': (reads) => ({ map: wrongMap(reads) }),
  'a list that is too long within a list': (reads) => ({ lists: [{ list: [] }, { list: wrongList(reads) }] }),
  'an object with too many unknown fields': wrongMap,
}

for (const [name, inputOf] of Object.entries(cases)) {
  test(`${name} is not read to its end`, () => {
    let reads = 0
    const faults = fieldErrors(
      validator,
      inputOf(() => (reads += 1)),
    )
    assert.ok(faults.length > 0 && faults.length <= limits.fieldErrorsMax, String(faults.length))
    assert.ok(reads < 1000, `${reads} reads`)
  })
}

test('the errors name the first invalid elements and the length of the whole list', () => {
  const list = ['a', 'b', ...Array<string>(many).fill('a')]
  const faults = fieldErrors(validator, { list, map: { ['__proto__']: 1, a: 'b' } })
  assert.deepEqual(
    faults.map(({ field, rule, value }) => ({ field, rule, value })),
    [
      { field: 'list.1', rule: 'choice', value: 'b' },
      { field: 'list', rule: 'length', value: list },
      { field: 'map.a', rule: 'type', value: 'b' },
    ],
  )
})

for (const [name, type, values] of [
  ['an integer', Type.Integer({ minimum: 1 }), { 5: 5, 0: null, '01': null, '1e0': null, '1.5': null, '': null }],
  ['a number', Type.Number(), { 1.5: 1.5, '-1': -1, '1e21': null, NaN: null }],
  ['a boolean', Type.Boolean(), { true: true, false: false, 1: null, True: null }],
  ['a number or a word', Type.Union([Type.Integer(), Type.Literal('all')]), { 5: 5, all: 'all', 1.5: null }],
  ['a text or a number', Type.Union([Type.Integer(), Type.String()]), { 5: '5', true: 'true' }],
  ['one of several numbers', Type.Enum([1, 2]), { 1: 1, 3: null }],
  ['a number or null', Type.Union([Type.Integer(), Type.Null()]), { 5: 5, null: null }],
  ['a list', Type.Array(Type.Integer()), { 5: [5], '01': null }],
] as const) {
  test(`${name} in a parameter is given in its canonical form`, () => {
    const validate = validatorCompiler({
      schema: Type.Object({ given: type }),
      httpPart: 'querystring',
      method: 'GET',
      url: '/',
    })
    for (const [text, value] of Object.entries(values)) {
      const { value: read, error } = validate({ given: text }) as { value?: { given: unknown }; error?: Error }
      if (value === null && text !== 'null') assert.ok(error, text)
      else assert.deepEqual(read, { given: value }, text)
    }
  })
}

/** A proxy of `whole` that calls `read` each time an element is read. */
function counted<Whole extends object>(whole: Whole, read: () => void): Whole {
  return new Proxy(whole, {
    get(target, name) {
      if (Object.hasOwn(target, name) && name !== 'length') read()
      return Reflect.get(target, name) as unknown
    },
  })
}
