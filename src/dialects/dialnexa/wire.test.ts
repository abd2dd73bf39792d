// Facts that the conformance suite does not test: a signature computed by openssl, the health rule, secrets, test
// events.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DeliveryId } from '../../domain/ids.ts'
import type { HealthFact } from '../../contracts/delivery-dialect.ts'
import { sampleMessage } from '../../../test/conformance/dialects/sample-message.ts'
import { profileOf } from '../../../test/profiles/profiles.ts'
import definedDialnexa from './dialnexa.ts'

const profile = profileOf('dialnexa')

const { dialect: dialnexa } = definedDialnexa

const failed: HealthFact = {
  at: 1000,
  succeeded: false,
  outcome: { kind: 'rejected', status: 500, retryAfterMs: null },
  delivery: 'd' as DeliveryId,
  ended: false,
}

test('the signature is the one that openssl computes', () => {
  const body = Buffer.from('{"event_type":"call.completed","payload":{"call":{"id":"call_abc123xyz"}}}')
  const key = dialnexa.signingKey('whsec_my_signing_secret')
  const headers = dialnexa.headers(sampleMessage(profile), body, [key], 0)
  // printf '%s' "$body" | openssl dgst -sha256 -hmac whsec_my_signing_secret
  assert.equal(
    headers['x-dialnexa-signature'],
    'sha256=8b500fe715d85b8c99fc6c3cb428c4b2666e4068763f54126aca696a57500e74',
  )
})

test('only the newest secret signs, and an endpoint without secrets has no signature', () => {
  const body = Buffer.from('{}')
  const message = sampleMessage(profile)
  const [newest, old] = [dialnexa.signingKey('new'), dialnexa.signingKey('old')]
  const signature = (keys: (typeof newest)[]) => dialnexa.headers(message, body, keys, 0)['x-dialnexa-signature']
  assert.equal(signature([newest, old]), signature([newest]))
  assert.notEqual(signature([newest]), signature([old]))
  assert.equal(signature([]), undefined)
})

test('an endpoint is never disabled, however long it fails', () => {
  const first = dialnexa.health(null, failed)
  const later = dialnexa.health(first.health, { ...failed, at: 1000 + 365 * 24 * 3_600_000, ended: true })
  assert.equal(later.disable, false)
  assert.equal(dialnexa.healthReport(later.health).since, 1000)
})

test('a secret is any text of 1 to 256 characters', () => {
  const secretFault = (secret: string) => dialnexa.endpointRules.secretFault(secret)
  for (const good of ['x', ' ', 'whsec_my', '🎺', 's'.repeat(256)]) assert.equal(secretFault(good), null, good)
  assert.equal(secretFault(''), 'should not be empty')
  assert.equal(secretFault('s'.repeat(257)), 'must be shorter than or equal to 256 characters')
  assert.equal(secretFault('\udfba'), 'must be well-formed Unicode text')
})

test('a test event has the first event type of the endpoint, or call.completed if it has none', () => {
  const { endpoint } = sampleMessage(profile)
  assert.equal(dialnexa.testEvent({ ...endpoint, eventTypes: ['order.paid'] }).type, 'order.paid')
  assert.equal(dialnexa.testEvent({ ...endpoint, eventTypes: [] }).type, 'call.completed')
})
