// The templates of ids by the patterns of documents: every id that the kit makes has the pattern.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { idForm } from '../dialect-kit/id-forms.ts'
import { idCode } from './draft-ids.ts'

const lengthReason = (pattern: string): string => `the length of ids: the pattern is ${pattern}`

const templates: Readonly<Record<string, string>> = {
  '^sub_[a-z0-9]{16}$': 'sub_{base36:16}',
  '^[0-9a-zA-Z]{22}$': '{base62:22}',
  '^we-[0-9A-Za-z]{8}$': 'we-{base62:8}',
  [String.raw`^v1\.\d{9}$`]: 'v1.{digits:9}',
  '^[0-9a-f]{24}$': '{hex:24}',
}
for (const [pattern, template] of Object.entries(templates)) {
  test(`${pattern} is ${template}`, () => {
    assert.deepEqual(idCode({ type: 'string', pattern }, undefined), { code: `'${template}'` })
    assert.match(idForm(template, 'ids.endpoint').create(randomBytes, 0, 1), new RegExp(pattern))
  })
}

const lengths: Readonly<Record<string, string>> = {
  '^sub_[a-z0-9]+$': 'sub_{base36:20}',
  '^sub_[a-z0-9]{4,12}$': 'sub_{base36:12}',
  '^sub_[a-z0-9]{24,}$': 'sub_{base36:24}',
}
for (const [pattern, template] of Object.entries(lengths)) {
  test(`the length of ${pattern} is a guess`, () => {
    const code = idCode({}, { type: 'string', pattern })
    assert.deepEqual(code, { code: `'${template}'`, guess: lengthReason(pattern) })
    assert.match(idForm(template, 'ids.endpoint').create(randomBytes, 0, 1), new RegExp(pattern))
  })
}

for (const pattern of ['^[A-Z0-9]{8}$', '^a.[0-9]{8}$', '^(a|b)_[0-9]{8}$', '[0-9]{8}', '^[a-z]{8}$', '^[0-9_]{8}$']) {
  test(`${pattern} has no template`, () => {
    const common = { code: "'{base62:20}'", guess: 'the form of the ids of your webhooks' }
    assert.deepEqual(idCode({ type: 'string', pattern }, undefined), common)
  })
}
