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

test('an enumeration has a type', () => {
  assert.deepEqual(withComponents({ enum: ['a', 'b'] }, {}), { type: 'string', enum: ['a', 'b'] })
})
