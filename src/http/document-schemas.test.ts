import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Type } from 'typebox'
import { titled, withComponents } from './document-schemas.ts'

const Cat = Type.Object({ name: Type.String(), title: Type.String() })

test('a schema with a name becomes a component, and is referred to', () => {
  const list = titled(Type.Object({ data: Type.Array(Cat), first: Cat }), new Map([[Cat, 'Cat']]))
  const components: Record<string, unknown> = {}
  const $ref = '#/components/schemas/Cat'
  assert.deepEqual((withComponents(list, components) as { properties: unknown }).properties, {
    data: { type: 'array', items: { $ref } },
    first: { $ref },
  })
  assert.deepEqual(components, { Cat: { ...Cat, title: 'Cat' } })
})

test('a schema stays in its place if another one has its title, or the title is no name', () => {
  const components: Record<string, unknown> = { Cat: { type: 'string', title: 'Cat' } }
  for (const title of ['Cat', 'A cat']) {
    assert.deepEqual(withComponents({ type: 'object', title }, components), { type: 'object', title })
  }
})

test('an enumeration has a type, and a tuple the form of JSON Schema 2020-12', () => {
  assert.deepEqual(withComponents({ enum: ['a', 'b'] }, {}), { type: 'string', enum: ['a', 'b'] })
  const parts = [{ type: 'string' }, { type: 'null' }]
  assert.deepEqual(withComponents(Type.Tuple([Type.String(), Type.Null()]), {}), {
    type: 'array',
    prefixItems: parts,
    items: { anyOf: parts },
    minItems: 2,
    maxItems: 2,
  })
})
