import assert from 'node:assert/strict'
import { createHmac, randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import vectors from '../../../test/vectors/ultravox.json' with { type: 'json' }
import { hmac, textKey } from '../../signing/hmac.ts'
import { sampleMessage } from '../../../test/conformance/dialects/sample-message.ts'
import { profileOf } from '../../../test/profiles/profiles.ts'
import definedUltravox from './ultravox.ts'

const profile = profileOf('ultravox')

const { dialect: ultravox } = definedUltravox

const message = sampleMessage(profile)
const body = Buffer.from('{"event":"call.started","call":{}}')
const at = Date.parse('2026-01-02T03:04:05.678Z')

const hmacHex = (secret: string, ...parts: (string | Buffer)[]): string =>
  parts.reduce((made, part) => made.update(part), createHmac('sha256', secret)).digest('hex')

describe('the signature', () => {
  for (const { body: text, timestamp, secrets, signature } of vectors) {
    test(`of the vector at ${timestamp} is the published one`, () => {
      const made = secrets.map((secret) => hmac('sha256', textKey(secret), [text, timestamp], 'hex'))
      assert.equal(made.join(','), signature)
    })
  }

  test('is one per secret, in the order of the secrets, over the body and then the timestamp', () => {
    const secrets = ['second', 'first, with a comma', 'ß🎺']
    const keys = secrets.map((secret) => ultravox.signingKey(secret))
    const headers = ultravox.headers(message, body, keys, at)
    const timestamp = '2026-01-02T03:04:05.678000+00:00'
    assert.equal(headers['x-ultravox-webhook-timestamp'], timestamp)
    assert.equal(
      headers['x-ultravox-webhook-signature'],
      secrets.map((secret) => hmacHex(secret, body, timestamp)).join(','),
    )
  })

  test('is left out without secrets, and the timestamp is still sent', () => {
    const headers = ultravox.headers(message, body, [], at)
    assert.deepEqual(Object.keys(headers), ['content-type', 'user-agent', 'x-ultravox-webhook-timestamp'])
  })

  test('has a timestamp with six digits of a second, also at a whole second', () => {
    const headers = ultravox.headers(message, body, [], Date.parse('2026-01-02T03:04:05Z'))
    assert.equal(headers['x-ultravox-webhook-timestamp'], '2026-01-02T03:04:05.000000+00:00')
  })
})

describe('API keys and secrets', () => {
  test('a key has 41 characters', () => {
    assert.equal(ultravox.newApiKey(randomBytes).length, 41)
  })

  test('a secret has 1 to 120 characters, counted in code points', () => {
    const { endpointRules } = ultravox
    for (const good of ['x', 'x'.repeat(120), '🎺'.repeat(120)]) assert.equal(endpointRules.secretFault(good), null)
    for (const wrong of ['', 'x'.repeat(121), '🎺'.repeat(121), '\ud83d'])
      assert.notEqual(endpointRules.secretFault(wrong), null)
  })
})

describe('the test event', () => {
  const required = [
    'agent',
    'agentId',
    'billedDuration',
    'billingStatus',
    'callId',
    'clientVersion',
    'created',
    'endReason',
    'ended',
    'experimentalSettings',
    'firstSpeaker',
    'firstSpeakerSettings',
    'initialOutputMedium',
    'initialState',
    'joinUrl',
    'joined',
    'metadata',
    'requestContext',
    'shortSummary',
    'sipDetails',
    'summary',
  ]

  for (const { name } of ultravox.eventTypes) {
    test(`of ${name} has a call with all required fields`, () => {
      const { type, data } = ultravox.testEvent({ ...message.endpoint, eventTypes: [name] })
      const call = JSON.parse(data) as Record<string, unknown>
      assert.equal(type, name)
      assert.deepEqual(Object.keys(call).toSorted(), required)
      assert.equal(call['joined'] !== null, name !== 'call.started')
      assert.equal(call['ended'] !== null, name === 'call.ended' || name === 'call.billed')
      assert.equal(call['billedDuration'] !== null, name === 'call.billed')
    })
  }

  test("has the webhook's agent, and is call.started if the webhook names no event type", () => {
    const agentId = '3c90c3cc-0d44-4b50-8888-8dd25736052a'
    const { type, data } = ultravox.testEvent({ ...message.endpoint, eventTypes: [], filters: { agentId } })
    assert.equal(type, 'call.started')
    assert.partialDeepStrictEqual(JSON.parse(data), { agentId, agent: { agentId } })
  })
})
