// The fields that customers write: each field missing, of a wrong type or form, at its limit and one past it. Accepted
// values are read back as they were written. Refused values change nothing.

import assert from 'node:assert/strict'
import { checkExpected, checkRefusal, idIn } from './answers.ts'
import type { Case } from './case.ts'
import type { ApiAnswer, Asked, Field, FieldValue, Fields, Profile } from './profile.ts'

export function fieldCases(profile: Profile, add: Case): void {
  const { api } = profile
  const { create, change } = api.operations
  const idOf = (endpoint: Fields): string => idIn(profile, endpoint)

  /** The first good value of every field, so that the tests notice if a change of one field resets another. */
  const firstGood = Object.fromEntries(
    api.fields.filter(({ onCreate }) => onCreate !== 'none').map(({ name, good }) => [name, good[0]?.value]),
  )

  for (const field of api.fields) {
    if (field.onCreate !== 'none') createCases(field)
    if (field.onChange !== 'none') changeCases(field)
  }

  add(`unknown fields are ${api.unknownFields}`, async (world) => {
    const customer = await world.customer()
    const extra = { no_such_field: { deep: [1] }, __proto__x: null }
    const request = create.request(customer, { ...api.sample(world.hook().url, 0), ...extra })
    const answer = await customer.ask(request)
    if (api.unknownFields === 'refused') {
      return checkRefusal(profile, 'fieldUnknown', answer, { request, field: 'no_such_field' })
    }
    assert.equal(answer.status, create.status, answer.text)
    assert.ok(!('no_such_field' in api.endpointIn('create', answer.body)))
  })

  add('text that no database stores is refused with the name of its field', async (world) => {
    const customer = await world.customer()
    // Secrets are stored sealed, and have rules of their own.
    const plain = api.fields.filter(({ name, onCreate }) => onCreate !== 'none' && name !== api.secret?.field)
    for (const field of plain) {
      for (const odd of ['a\u0000b', 'a\ud800b', '\udfff']) {
        for (const value of oddValues(field.good[0]?.value, odd)) {
          const request = create.request(customer, { ...api.sample(world.hook().url, 0), [field.name]: value })
          const answer = await customer.ask(request)
          assert.ok(answer.status >= 400 && answer.status < 500, answer.text)
          // Where the vendor's errors name fields, this one does too.
          const { names } = profile.api.refusal('fieldInvalid', { request, field: field.name }, answer)
          if (names !== undefined) assert.ok(answer.text.includes(names), answer.text)
        }
      }
    }
    assert.deepEqual(await customer.list(), [])
  })

  function createCases(field: Field): void {
    add(`create: ${field.name} ${field.onCreate === 'required' ? 'is required' : 'may be left out'}`, async (world) => {
      const customer = await world.customer()
      const fields = without(api.full(world.hook().url, 0), field.name)
      const request = create.request(customer, fields)
      const answer = await customer.ask(request)
      if (field.onCreate === 'optional') return assert.equal(answer.status, create.status, answer.text)
      checkRefusal(profile, 'fieldMissing', answer, { request, field: field.name })
      assert.deepEqual(await customer.list(), [])
    })

    add(`create: ${field.name} is refused when it is wrong`, async (world) => {
      const customer = await world.customer()
      for (const wrong of field.wrong) {
        const request = create.request(customer, { ...api.sample(world.hook().url, 0), [field.name]: wrong.value })
        checkWrong(wrong, await customer.ask(request), { request, field: field.name, value: wrong.value })
      }
      assert.deepEqual(await customer.list(), [])
    })

    add(`create: ${field.name} is read back as it was written`, async (world) => {
      for (const good of field.good) {
        const customer = await world.customer()
        const created = await customer.create({ ...api.sample(world.hook().url, 0), [field.name]: good.value })
        checkRead(field, good, created)
        checkRead(field, good, await customer.get(idOf(created)))
      }
    })
  }

  function changeCases(field: Field): void {
    add(`change: ${field.name} is refused when it is wrong, and keeps its value`, async (world) => {
      const customer = await world.customer()
      const { id } = await customer.endpoint(world.hook().url)
      const before = await customer.get(id)
      for (const wrong of field.wrong) {
        const request = change.request(customer, id, { [field.name]: wrong.value })
        checkWrong(wrong, await customer.ask(request), { request, field: field.name, value: wrong.value })
      }
      assert.deepEqual(await customer.get(id), before)
    })

    add(
      `change: ${field.name} is read back as it was written, and the other fields keep their values`,
      async (world) => {
        const customer = await world.customer()
        const id = idOf(await customer.create({ ...api.sample(world.hook().url, 0), ...firstGood }))
        for (const good of field.good) {
          const before = await customer.get(id)
          checkRead(field, good, await customer.change(id, { [field.name]: good.value }))
          const after = await customer.get(id)
          checkRead(field, good, after)
          const others = api.fields.filter(({ name }) => name !== field.name)
          for (const { name } of others) assert.deepEqual(after[name], before[name], `${name} changed too`)
        }
      },
    )
  }

  function checkWrong(wrong: FieldValue, answer: ApiAnswer, asked: Asked): void {
    if (wrong.refusal === undefined) return checkRefusal(profile, 'fieldInvalid', answer, asked)
    checkExpected(wrong.refusal, answer, wrong.title)
  }

  function checkRead(field: Field, good: FieldValue, endpoint: Fields): void {
    // Not every answer shows the secret. The tests of deliveries check that it signs.
    if (field.name === api.secret?.field) return
    // Some vendors show few fields after a create or a change. The schema of each answer says which ones.
    if (!('shown' in good) && !(field.name in endpoint)) return
    assert.deepEqual(endpoint[field.name], 'shown' in good ? good.shown : good.value, good.title)
  }
}

function without(fields: Fields, name: string): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([key]) => key !== name))
}

/** Values of the kind of `good` with an odd text in them; none, if the kind has no text. */
function oddValues(good: unknown, odd: string): unknown[] {
  if (typeof good === 'string') return [`${good}${odd}`]
  if (Array.isArray(good)) return [[odd]]
  if (good === null || typeof good !== 'object') return []
  return [{ 'X-Good': odd }, { [odd]: 'good' }]
}
