// Signing secrets: given by the customer or created by Posthorn, and rotated with an overlap. The library of the
// Standard Webhooks specification, which is independent of Posthorn, verifies the signatures.

import assert from 'node:assert/strict'
import { after, suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Webhook } from 'standardwebhooks'
import type { Body } from '../../test/support/api-answer.ts'
import { shareApiRig, type TestTenant } from '../../test/support/api-rig.ts'
import type { ReceivedRequest } from '../../test/support/receiver.ts'

const rig = await shareApiRig()
after(() => rig.close())

const tenants = [await rig.tenant('standard'), await rig.tenant('allo')]
const secret = (bytes: number, fill: number): string => `whsec_${Buffer.alloc(bytes, fill).toString('base64')}`

for (const tenant of tenants) {
  suite(tenant.dialect, () => {
    for (const { form, given } of [
      { form: '24 bytes', given: secret(24, 1) },
      { form: '64 bytes', given: secret(64, 2) },
      { form: 'no prefix', given: secret(32, 3).slice('whsec_'.length) },
    ]) {
      test(`a secret of the customer with ${form} signs deliveries`, async () => {
        const { endpoint, next } = await sending(tenant, { secrets: [given] })
        assert.deepEqual(
          endpoint.secrets.map(({ value }) => value),
          [given],
        )
        assert.deepEqual(signers(await next(), [given]), [true])
      })
    }

    test('an operator may read and change an endpoint without its secrets', async () => {
      const { endpoint, path } = await sending(tenant)
      for (const request of [{}, { method: 'PATCH', body: { description: 'b' } }] as const) {
        const hidden = await rig.want(200, { ...request, path: `${path}?secrets=hidden` })
        assert.deepEqual(
          hidden.secrets.map(({ value }) => value),
          endpoint.secrets.map(() => null),
        )
        await rig.want(400, { ...request, path: `${path}?secrets=shown` })
      }
    })

    test('several secrets sign each delivery', async () => {
      const secrets = [secret(24, 4), secret(24, 5)]
      const { next } = await sending(tenant, { secrets })
      const arrived = await next()
      assert.deepEqual(signers(arrived, secrets), [true, true])
      assert.equal(String(arrived.headers['webhook-signature']).split(' ').length, 2)
    })

    test('changed secrets sign from the next event on', async () => {
      const { endpoint, path, next } = await sending(tenant)
      const given = secret(24, 6)
      const changed = await rig.want(200, { method: 'PATCH', path, body: { secrets: [given] } })
      assert.deepEqual(
        changed.secrets.map(({ value }) => value),
        [given],
      )
      assert.deepEqual(signers(await next(), [given, endpoint.secrets[0]?.value ?? '']), [true, false])
    })

    test('a rotation signs with both secrets during the overlap, and with the new one only afterwards', async () => {
      const { endpoint, path, next } = await sending(tenant)
      const before = Date.now()
      const rotated = await rotate(path, { overlapSeconds: 1 })
      const [fresh, old] = rotated.secrets
      assert.equal(old?.value, endpoint.secrets[0]?.value)
      assert.equal(fresh?.expiresAt, null)
      const endsAt = Date.parse(old?.expiresAt ?? '')
      assert.ok(endsAt >= before + 1000 && endsAt <= Date.now() + 1000)
      const both = [fresh?.value ?? '', old?.value ?? '']
      assert.deepEqual(signers(await next(), both), [true, true])
      await sleep(Math.max(0, endsAt - Date.now()) + 20)
      assert.deepEqual(signers(await next(), both), [true, false])
    })

    test('a rotation without an overlap removes the old secret at once', async () => {
      const { endpoint, path, next } = await sending(tenant)
      const rotated = await rotate(path, { overlapSeconds: 0 })
      assert.equal(rotated.secrets.length, 1)
      const both = [rotated.secrets[0]?.value ?? '', endpoint.secrets[0]?.value ?? '']
      assert.deepEqual(signers(await next(), both), [true, false])
    })

    test('a rotation keeps the old secret for a day by default', async () => {
      const { path } = await sending(tenant)
      const { secrets } = await rotate(path, {})
      const hours = (Date.parse(secrets[1]?.expiresAt ?? '') - Date.now()) / 3_600_000
      assert.ok(hours > 23.9 && hours <= 24)
    })

    test('repeated rotations keep at most ten secrets and never extend the time of an old one', async () => {
      const { path } = await sending(tenant)
      const first = await rotate(path, { overlapSeconds: 60 })
      const ends = first.secrets[1]?.expiresAt
      let last = first
      for (let count = 0; count < 11; count++) {
        last = await rotate(path, { overlapSeconds: 600 })
        const kept = last.secrets.find(({ value }) => value === first.secrets[1]?.value)
        if (kept !== undefined) assert.equal(kept.expiresAt, ends)
      }
      assert.equal(last.secrets.length, 10)
    })
  })
}

function rotate(path: string, body: object): Promise<Body> {
  return rig.want(200, { method: 'POST', path: `${path}/rotate-secret`, body })
}

/** Creates an endpoint. `next` sends a test event to it and returns the request that arrives. */
async function sending(tenant: TestTenant, fields: Readonly<Record<string, unknown>> = {}) {
  const endpoint = await rig.endpoint(tenant, fields)
  const path = `/v1/tenants/${tenant.id}/endpoints/${endpoint.id}`
  let count = 0
  const next = async (): Promise<ReceivedRequest> => {
    await rig.want(202, { method: 'POST', path: `${path}/test` })
    count += 1
    const arrived = (await rig.received(endpoint.path, count))[count - 1]
    assert.ok(arrived !== undefined)
    return arrived
  }
  return { endpoint, path, next }
}

/** For each secret, whether it has signed the request. */
function signers(request: ReceivedRequest, secrets: readonly string[]): boolean[] {
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
  return secrets.map((one) => {
    try {
      new Webhook(one).verify(request.body, headers)
      return true
    } catch {
      return false
    }
  })
}
