// Requests that are wrong as HTTP: bodies that are not JSON, and media types, methods and paths that the vendor does
// not have. None of them changes an endpoint.

import assert from 'node:assert/strict'
import { limits } from '../../../src/domain/limits.ts'
import { checkRefusal } from './answers.ts'
import type { Case } from './case.ts'
import type { Profile } from './profile.ts'

const malformed: Readonly<Record<string, string | Buffer>> = {
  'half an object': '{"url":"https://example.com',
  'two values': '{}{}',
  'a trailing comma': '{"url":"https://example.com",}',
  'no JSON at all': 'url=https://example.com',
  'a lone surrogate in bytes': Buffer.from('7b2261223a22eda0bd227d', 'hex'),
  'bytes that are not UTF-8': Buffer.from('{"a":"\xff"}', 'latin1'),
  'an array': '[]',
  'a string': '"url"',
  'a number': '12',
  null: 'null',
  'too deep an object': `${'{"a":'.repeat(500)}1${'}'.repeat(500)}`,
}

export function bodyCases(profile: Profile, add: Case): void {
  const { api } = profile
  const { create, change } = api.operations

  add('a body that is not a JSON object is refused by create and change', async (world) => {
    const customer = await world.customer()
    const { id } = await customer.endpoint(world.hook().url)
    const before = await customer.get(id)
    for (const [title, raw] of Object.entries(malformed)) {
      for (const { method, path } of [create.request(customer, {}), change.request(customer, id, {})]) {
        const request = { method, path, raw }
        const answer = await customer.ask(request)
        assert.ok(answer.status >= 400 && answer.status < 500, `${title}: ${answer.text}`)
        checkRefusal(profile, 'bodyMalformed', answer, { request })
      }
    }
    assert.deepEqual(await customer.get(id), before)
    assert.equal((await customer.list()).length, 1)
  })

  add('a body over the size limit is refused by create and change', async (world) => {
    const customer = await world.customer()
    const { id } = await customer.endpoint(world.hook().url)
    const sample = api.sample(world.hook().url, 0)
    for (const { method, path, body } of [create.request(customer, sample), change.request(customer, id, sample)]) {
      const request = { method, path, raw: JSON.stringify(body).padEnd(limits.managementBodyBytesMax + 1) }
      checkRefusal(profile, 'bodyTooLarge', await customer.ask(request), { request })
    }
    assert.equal((await customer.list()).length, 1)
  })

  add('an empty body counts as an object without fields', async (world) => {
    const customer = await world.customer()
    const { method, path } = create.request(customer, {})
    const [required] = api.fields.filter(({ onCreate }) => onCreate === 'required')
    for (const headers of [{ 'content-type': 'application/json' }, {}]) {
      const request = { method, path, headers }
      const asked = { request, ...(required && { field: required.name }) }
      checkRefusal(profile, 'fieldMissing', await customer.ask(request), asked)
    }
  })

  add('a media type other than JSON is refused', async (world) => {
    const customer = await world.customer()
    const { method, path, body } = create.request(customer, api.sample(world.hook().url, 0))
    const utf16 = 'application/json; charset=utf-16'
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/xml', 'nonsense', utf16]) {
      const request = { method, path, raw: JSON.stringify(body), headers: { 'content-type': type } }
      checkRefusal(profile, 'mediaTypeUnsupported', await customer.ask(request), { request })
    }
    assert.deepEqual(await customer.list(), [])
  })

  add('the JSON media type is accepted in any case and with a charset', async (world) => {
    const customer = await world.customer()
    const request = create.request(customer, api.sample(world.hook().url, 0))
    const headers = { 'content-type': 'Application/JSON; charset=UTF-8' }
    const answer = await customer.ask({ ...request, headers })
    assert.equal(answer.status, create.status, answer.text)
  })

  add('a method that a path does not accept is refused', async (world) => {
    const customer = await world.customer()
    for (const request of api.wrongMethods) {
      const answer = await customer.ask(request)
      checkRefusal(profile, 'methodNotAllowed', answer, { request })
      const allowed = (answer.headers['allow'] ?? '').split(', ')
      assert.ok(allowed[0] !== '' && !allowed.includes(request.method), `allow: ${answer.headers['allow']}`)
    }
  })

  add("an unknown path under the vendor's prefix is refused in the vendor's form", async (world) => {
    const customer = await world.customer()
    for (const path of api.unknownRoutes) {
      for (const method of ['GET', 'POST']) {
        const request = { method, path, ...(method === 'POST' && { body: {} }) }
        checkRefusal(profile, 'routeUnknown', await customer.ask(request), { request })
      }
    }
  })

  add('a request that the HTTP parser refuses is answered in the form of the vendor', async (world) => {
    const customer = await world.customer()
    const list = api.operations.list.request(customer)
    const odd = { ...list, method: 'GREET' }
    const answer = await customer.ask(odd)
    checkRefusal(profile, 'methodNotAllowed', answer, { request: odd })
    assert.deepEqual(answer.headers['allow']?.split(', ').toSorted(), ['GET', 'POST'])
    const path = api.unknownRoutes.at(-1) ?? ''
    checkRefusal(profile, 'routeUnknown', await customer.ask({ ...odd, path }), { request: { ...odd, path } })
    // `ask` checks the form of every refusal.
    const long = { ...list, headers: { ...list.headers, 'x-long': 'x'.repeat(20_000) } }
    const refused = await customer.ask(long)
    assert.equal(refused.status, 431)
    assert.match(String(refused.headers['x-request-id']), /^req_[0-9A-Za-z]{12}$/)
    assert.equal((await customer.ask(list)).status, 200)
  })
}
