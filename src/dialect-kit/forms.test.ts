// The texts of a definition: ids, durations, quotas. A wrong text is refused with its place in the definition.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { suite, test } from 'node:test'
import { DefinitionError } from './definition-error.ts'
import { durationMs, durationsMs } from './durations.ts'
import { idForm } from './id-forms.ts'
import { type QuotaForm, quotasOf } from './access/quotas.ts'

const random = (count: number): Uint8Array => randomBytes(count)

suite('a template of an id', () => {
  const templates = [
    'ep_{base62:20}',
    '{base36:14}:{base36:32}',
    'whsec_{hex:64}',
    'msg_{time:20}',
    '{uuid4}',
    '{uuid7}',
    '{number}',
    'h-{number:1001}',
    '{integer:9}',
    'a.b+{digits:3}(c)',
  ]
  for (const template of templates) {
    test(`${template} makes ids that match its own pattern, and no two alike`, () => {
      const form = idForm(template, 'ids.endpoint')
      const ids = Array.from({ length: 50 }, (_, index) => form.create(random, Date.now(), index + 1))
      for (const id of ids) assert.match(id, form.pattern)
      if (!template.includes('digits:3')) assert.equal(new Set(ids).size, ids.length)
      assert.doesNotMatch(`${ids[0]}x`, form.pattern)
      assert.doesNotMatch(`x${ids[0]}`, form.pattern)
    })
  }

  for (const [template, expected] of [
    ['ep_', /all ids would be equal/],
    ['{base64:3}', /\{base64\} is not one of base62/],
    ['{constructor:3}', /is not one of/],
    ['{base62}', /needs a length: \{base62:20\}/],
    ['{uuid4:3}', /has no length/],
    ['{time:8}', /length of 12 or more/],
  ] as const) {
    test(`${template} is refused`, () => {
      assert.throws(
        () => idForm(template, 'ids.endpoint'),
        (error: Error) => {
          assert.ok(error instanceof DefinitionError)
          assert.match(error.message, /^ids\.endpoint: /)
          assert.match(error.message, expected)
          return true
        },
      )
    })
  }
})

test('numbers begin with 1, or with the given one', () => {
  const [first, later] = [idForm('{number}', 'x'), idForm('{number:1001}', 'x')].map((form) =>
    form.create(random, 0, 1),
  )
  assert.deepEqual([first, later], ['1', '1001'])
})

test('durations have a unit, and lists of them have blanks in between', () => {
  assert.deepEqual(
    ['500ms', '20s', '5m', '2h', '1d', '0.5s'].map((text) => durationMs(text, 'x')),
    [500, 20_000, 300_000, 7_200_000, 86_400_000, 500],
  )
  assert.deepEqual(durationsMs('1m  5m\n15m', 'x'), [60_000, 300_000, 900_000])
  assert.deepEqual(durationsMs('', 'x'), [])
  for (const wrong of ['', '5', 's', '5 m', '-1s', '1y', '1e3s']) {
    assert.throws(
      () => durationMs(wrong, 'deliveries.timeout'),
      /^DefinitionError: deliveries\.timeout: .* is not a time/,
    )
  }
})

test('a quota is a rate of requests, and a bucket has a burst', () => {
  assert.deepEqual(quotasOf({ key: { reads: '20/1s', all: '500/2m+49500' }, tenant: { all: '300/60s' } }), [
    { per: 'key', counts: 'reads', requests: 20, windowSeconds: 1 },
    { per: 'key', counts: 'all', requests: 500, windowSeconds: 120, burst: 49_500 },
    { per: 'tenant', counts: 'all', requests: 300, windowSeconds: 60 },
  ])
  for (const wrong of ['20', '20/', '/1s', '20/1', '20/1s+', 'many/1s']) {
    const form: QuotaForm = { key: { reads: wrong } }
    assert.throws(() => quotasOf(form), /^DefinitionError: quotas\.key\.reads: /, wrong)
  }
})
