// The pure parts that the conformance suite does not test: forms of ids, roles, samples, health, header names.

import assert from 'node:assert/strict'
import { randomBytes, verify } from 'node:crypto'
import { suite, test } from 'node:test'
import type { DeliveryId } from '../../domain/ids.ts'
import { sampleMessage } from '../../../test/conformance/dialects/sample-message.ts'
import type { HealthFact } from '../../contracts/delivery-dialect.ts'
import { profileOf } from '../../../test/profiles/profiles.ts'
import { samples } from './samples.ts'
import definedPartoo from './partoo.ts'

const profile = profileOf('partoo')

const { dialect: partoo } = definedPartoo

suite('Partoo', () => {
  test('has integers as organization ids, which JSON numbers hold exactly', () => {
    for (const id of ['1', '42', '999999999999999']) {
      assert.match(id, partoo.tenantIdPattern)
      assert.equal(String(JSON.parse(id)), id)
    }
    for (const id of ['', '0', '01', '-1', '+1', '1.0', '1e3', '1'.repeat(16), 'x', '1\n', ' 1', '１']) {
      assert.doesNotMatch(id, partoo.tenantIdPattern)
    }
    for (let count = 0; count < 100; count++) assert.match(partoo.newTenantId(randomBytes), /^[1-9]\d{8}$/)
  })

  test('creates keys with the role ORG_ADMIN by default', () => {
    assert.deepEqual(partoo.roles.toSorted(), [
      'BUSINESS_MANAGER',
      'GROUP_MANAGER',
      'ORG_ADMIN',
      'ORG_MANAGER',
      'PROVIDER',
      'PUBLISHER',
    ])
    assert.equal(partoo.roles[0], 'ORG_ADMIN')
  })

  test('has one webhook per event type', () => {
    const webhook = { url: 'https://example.com/', eventTypes: ['lead_received'], filters: {}, details: {} }
    assert.equal(partoo.endpointRules.uniqueKey?.(webhook), 'lead_received')
    assert.equal(partoo.endpointRules.eventTypesMax, 1)
  })

  test('has an example for each event type, which test events send', () => {
    for (const { name } of partoo.eventTypes) {
      assert.ok(name in samples)
      const { endpoint } = sampleMessage(profile)
      assert.deepEqual(partoo.testEvent({ ...endpoint, eventTypes: [name] }), {
        type: name,
        data: JSON.stringify(samples[name]),
      })
    }
  })

  test('marks a try-out with a header, and signs it like any delivery', async () => {
    const own = partoo.installationSecret ?? assert.fail('the dialect has no installation secret')
    const secret = await own.generate()
    const message = sampleMessage(profile)
    const body = Buffer.from(partoo.encode(message))
    const keys = [partoo.signingKey(secret)]
    const plain = partoo.headers(message, body, keys, 0)
    const marked = partoo.headers({ ...message, trial: true }, body, keys, 0)
    assert.deepEqual(marked, { ...plain, 'x-partoo-webhook-tryout': 'true' })
    const signature = Buffer.from(plain['x-partoo-signature-v1'] ?? '', 'base64')
    assert.ok(verify(null, body, own.publicKey(secret), signature))
    assert.ok(!verify(null, body, own.publicKey(await own.generate()), signature))
    assert.throws(() => partoo.headers(message, body, [], 0), 'an attempt without a key is not refused')
  })

  test('shows failures to the operator, and never disables an endpoint', () => {
    const fact = (at: number, succeeded = false): HealthFact => ({
      at,
      succeeded,
      outcome: succeeded ? { kind: 'delivered', status: 200 } : { kind: 'rejected', status: 500, retryAfterMs: null },
      delivery: '019cb6d0-0000-7000-8000-000000000001' as DeliveryId,
      ended: true,
    })
    let health: string | null = null
    for (let count = 1; count <= 1000; count++) {
      const change = partoo.health(health, fact(count * 86_400_000))
      assert.equal(change.disable, false)
      health = change.health
    }
    assert.deepEqual(partoo.healthReport(health), {
      status: 'failing',
      reason: 'nothing but failures since the last success',
      since: 86_400_000,
    })
    assert.deepEqual(partoo.health(health, fact(0, true)), { health: null, disable: false })
    assert.deepEqual(partoo.healthReport(null), { status: 'healthy', reason: null, since: null })
  })

  test('accepts header names that begin with X-, but not with X-Partoo', () => {
    const fault = (name: string) => partoo.endpointRules.headerNameFault?.(name)
    for (const name of ['X-', 'x-a', 'X-My-Header', 'X-Part', 'X-Part.oo', 'X-My-Partoo'])
      assert.equal(fault(name), null)
    for (const name of [
      '',
      'X',
      'Xa',
      'A',
      'Authorization',
      'X-Partoo',
      'x-pARTOO-Signature-v1',
      'X-PartooFoo',
      'X-a b',
    ]) {
      assert.notEqual(fault(name), null, name)
    }
  })
})
