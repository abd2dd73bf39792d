// docs/api-reference.md has the operations of the OpenAPI document. docs-examples.long.ts runs its examples.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, test } from 'node:test'
import { routesOf } from './fuzz/documents.ts'
import { apiPage, apiReference } from './support/api-reference.ts'
import { shareApiRig } from './support/api-rig.ts'

const rig = await shareApiRig()
after(() => rig.close())

test('docs/api-reference.md is that of the OpenAPI document', async () => {
  const text = apiReference(await routesOf(rig.url, 'operator'))
  assert.equal(readFileSync(apiPage, 'utf8'), text, 'node test/support/api-reference.ts writes it')
})
