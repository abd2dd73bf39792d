import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits } from '../domain/limits.ts'
import definedAllo from '../dialects/allo/allo.ts'
import { standard } from '../dialects/standard/standard.ts'
import type { Context } from './context.ts'
import { endpointFaults, type EndpointInput } from './endpoint-rules.ts'

const { dialect: allo } = definedAllo

/** Only checks of URLs use more of the context, and no case has a URL. */
const context = { allowHttp: false } as Context

const many = 10_000
const wrongNames = Object.fromEntries(Array.from({ length: many }, (_, index) => [`${index} `, '\u0001'.repeat(300)]))

for (const [field, input] of Object.entries({
  eventTypes: { eventTypes: Array<string>(many).fill('') },
  filters: { filters: wrongNames },
  headers: { headers: wrongNames },
  secrets: { secrets: Array<string>(many).fill('') },
}) satisfies [string, EndpointInput][]) {
  test(`too many ${field} are one fault, even if each of them has faults`, () => {
    const faults = endpointFaults(context, standard, { kind: 'polling', ...input })
    assert.equal(faults.length, 1)
    assert.partialDeepStrictEqual(faults[0], { field, rule: 'length' })
  })
}

test('only the first faults are reported', () => {
  const eventTypes = Array<string>(limits.eventTypesPerEndpointMax).fill('no.such')
  const before = { url: 'https://a.example/', eventTypes, headers: {}, writeOnlyHeaders: [], filters: {}, details: {} }
  const faults = endpointFaults(context, allo, { eventTypes }, before)
  assert.equal(faults.length, limits.fieldErrorsMax)
  assert.equal(faults[0]?.field, 'eventTypes.0')
})
