// Rules that hold for every dialect's deliveries, tested on its pure functions alone: the same input gives the same
// bytes, posted data is sent unchanged, and every outcome has the fate that the vendor promises.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { EndpointKey } from '../../../src/domain/ids.ts'
import { delicateData } from './deliveries.ts'
import type { Profile } from './profile.ts'
import { isoTime, sampleMessage, sentEvent, sentHeaders } from './sample-message.ts'
import { verdictCases } from './verdicts.ts'

/** How many generated ids, keys and secrets are compared. Ids of nine digits do not repeat by chance among so few. */
const generated = 200

export function wireConformance(profile: Profile): void {
  const { dialect, api, delivery, wire } = profile

  describe(`${dialect.name}: deliveries`, () => {
    for (const [title, data] of Object.entries(delicateData)) {
      test(`the body carries ${title} byte for byte`, () => {
        const message = sampleMessage(profile, { data })
        const body = dialect.encode(message)
        assert.equal(body, delivery.body(sentEvent(message)))
        assert.ok(body.includes(data))
        JSON.parse(body)
      })
    }

    test('any JSON object is encoded deterministically and byte for byte', () => {
      fc.assert(
        fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.integer({ min: 0, max: 2 }), (value, spaces) => {
          const data = JSON.stringify(value, null, spaces)
          const message = sampleMessage(profile, { data })
          const body = dialect.encode(message)
          assert.equal(dialect.encode(structuredClone(message)), body)
          assert.equal(body, delivery.body(sentEvent(message)))
        }),
      )
    })

    test('every event type of the catalogue encodes', () => {
      for (const { name } of dialect.eventTypes) {
        const message = sampleMessage(profile, { type: name })
        assert.equal(dialect.encode(message), delivery.body(sentEvent(message)))
      }
    })

    test('an event type with characters that JSON must escape is encoded', () => {
      const message = sampleMessage(profile, { type: 'a"b\\c\u2028d' })
      JSON.parse(dialect.encode(message))
    })

    test('the type of the test event is in the catalogue, unless the catalogue is open', () => {
      const { endpoint } = sampleMessage(profile)
      const { type, data } = dialect.testEvent(endpoint)
      assert.equal(typeof JSON.parse(data), 'object')
      assert.ok(dialect.openCatalogue || dialect.eventTypes.some(({ name }) => name === type) || type.includes('test'))
    })

    test('headers are complete, the signature is right, and only the fresh headers differ between attempts', async () => {
      const message = sampleMessage(profile)
      const at = Date.parse(isoTime)
      const one = await sentHeaders(profile, message, at)
      assert.deepEqual(
        (await sentHeaders(profile, message, at)).headers,
        one.headers,
        'the same time gives the same headers',
      )
      const later = await sentHeaders(profile, { ...message, attempt: 2 }, at + 61_000)
      for (const { headers, body, keys } of [one, later]) {
        const expected = delivery.headers(sentEvent(message))
        assert.deepEqual(Object.keys(headers).toSorted(), Object.keys(expected).toSorted())
        for (const [name, value] of Object.entries(headers)) {
          assert.equal(typeof value, 'string', name)
          assert.match(name, /^[a-z0-9-]+$/)
          assert.match(value, expected[name] ?? /^$/, name)
          // Only whole words count: a signature may contain such letters.
          assert.doesNotMatch(value, /\b(?:undefined|null|NaN)\b(?![+/=])|[^\x20-\x7e]/, name)
        }
        await delivery.verify({ headers, body }, keys)
      }
      for (const name of Object.keys(one.headers)) {
        if (delivery.freshHeaders.includes(name)) assert.notEqual(one.headers[name], later.headers[name], name)
        else assert.equal(one.headers[name], later.headers[name], name)
      }
    })
  })

  describe(`${dialect.name}: fates of deliveries`, () => verdictCases(profile))

  describe(`${dialect.name}: generated ids, keys and secrets have their form and do not repeat`, () => {
    const now = Date.parse(isoTime)
    const makers: Record<string, { make: (index: number) => string; form: RegExp }> = {
      'API keys': { make: () => dialect.newApiKey(randomBytes), form: wire.apiKeyPattern },
      'tenant ids': { make: () => dialect.newTenantId(randomBytes), form: dialect.tenantIdPattern },
      'event ids': { make: () => dialect.newEventId(now, randomBytes), form: wire.eventIdPattern },
      'endpoint ids': {
        make: (index) => dialect.newEndpointId((index + 1) as EndpointKey, randomBytes),
        form: api.idPattern,
      },
    }
    const { newSecret } = dialect.endpointRules
    assert.equal(newSecret === null, wire.secretPattern === null)
    if (newSecret !== null && wire.secretPattern !== null) {
      makers['secrets'] = { make: () => newSecret(randomBytes), form: wire.secretPattern }
    }
    for (const [title, { make, form }] of Object.entries(makers)) {
      test(title, () => {
        const texts = Array.from({ length: generated }, (_, index) => make(index))
        for (const text of texts) assert.match(text, form)
        assert.equal(new Set(texts).size, generated)
      })
    }

    test('a customer may choose a secret of the generated form', () => {
      if (newSecret !== null) assert.equal(dialect.endpointRules.secretFault(newSecret(randomBytes)), null)
    })

    test('the absent id of the profile has the right form, and its malformed ids do not', () => {
      assert.match(api.idAbsent, api.idPattern)
      for (const id of api.idsMalformed) assert.doesNotMatch(id, api.idPattern)
    })
  })
}
