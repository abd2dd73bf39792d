// The large statements that the code builds are also checked in as files, so that they can be read and reviewed.

import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { commitStatements } from './commit-statement.ts'
import { claimStatement, dueStatement } from './leases.ts'

const folder = new URL('./rendered/', import.meta.url)
const update = 'POSTHORN_TEST_RENDER=1 node --test src/store/postgres/rendered.test.ts'

const statements: Readonly<Record<string, string>> = {
  'claim.sql': claimStatement,
  'commit-both.sql': commitStatements.both,
  'commit-events.sql': commitStatements.events,
  'commit-outbox.sql': commitStatements.outbox,
  'commit-outcomes.sql': commitStatements.outcomes,
  'due-endpoints.sql': dueStatement,
}

for (const [name, statement] of Object.entries(statements)) {
  test(`rendered/${name} is the statement that the code builds`, () => {
    const file = new URL(name, folder)
    const rendered = `${statement}\n`
    if (process.env['POSTHORN_TEST_RENDER'] === '1') writeFileSync(file, rendered)
    const advice = `${name} differs from the statement that the code builds. To update it, run: ${update}`
    assert.equal(existsSync(file) ? readFileSync(file, 'utf8') : '', rendered, advice)
  })
}

test('the folder `rendered` holds no other files', () => {
  assert.deepEqual(readdirSync(folder).toSorted(), Object.keys(statements))
})
