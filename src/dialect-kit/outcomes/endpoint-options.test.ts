// The deadline and the waits that each endpoint chooses, on a running server.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until } from '../../../test/support/api-rig.ts'
import { acme, startDialect } from '../../../test/support/dialect-rig.ts'
import { startReceiver } from '../../../test/support/receiver.ts'
import type { Endpoint } from '../../domain/endpoint.ts'
import { json } from '../deliveries/body.ts'
import { schedulesOf, timeoutMembers } from './endpoint-options.ts'
import { create } from '../operations/operations.ts'
import { event } from '../deliveries/parts.ts'
import { textSecrets } from '../deliveries/secrets.ts'

const endpointWith = (details: object) => ({ details }) as Endpoint

test('the deadline of an endpoint is at most that of the dialect', () => {
  assert.deepEqual(timeoutMembers('5s'), { timeoutMs: 5000 })
  const { timeoutMs, timeoutOf } = timeoutMembers({ max: '5s', of: ({ details }) => details['ms'] as number })
  assert.equal(timeoutMs, 5000)
  const chosen = [1, 4999, 5000, 5001, 0, -1, NaN, null, undefined].map((ms) => timeoutOf?.(endpointWith({ ms })))
  assert.deepEqual(chosen, [1, 4999, 5000, 5000, 5000, 5000, 5000, 5000, 5000])
})

test('an endpoint chooses a number of waits, or a schedule by its name', () => {
  const { usual, of } = schedulesOf({
    all: '1s 2s 3s',
    named: { patient: 'exactly 1h 2h', never: '' },
    of: ({ details }) => details['retries'] as number | string,
  })
  assert.deepEqual(usual, { waitsMs: [1000, 2000, 3000], exact: false })
  const waits = [0, 2, 3, 4, -1, 0.5, 'patient', 'never', 'other', null, undefined].map(
    (retries) => of(endpointWith({ retries })).waitsMs.length,
  )
  assert.deepEqual(waits, [0, 2, 3, 3, 3, 3, 2, 0, 3, 3, 3])
  assert.equal(of(endpointWith({ retries: 'patient' })).exact, true)
  assert.equal(of(undefined), usual)
  assert.throws(
    () => schedulesOf({ all: '1s', named: { odd: 'soon' }, of: () => null }),
    /^DefinitionError: deliveries\.waits\.named\.odd: "soon"/,
  )
})

test('attempts end at the deadline of their endpoint, and follow its schedule', async (t) => {
  const integer = { type: 'integer', minimum: 0, maximum: 60_000 }
  const dialect = acme({
    endpoint: {
      id: { is: 'id' },
      url: { is: 'url', on: 'create!' },
      events: { is: 'eventTypes', on: 'create!' },
      timeout_ms: { is: 'detail', on: 'create', default: 20_000, schema: integer },
      retries: { is: 'detail', on: 'create', nullable: true, schema: integer },
    },
    routes: { 'POST /acme/hooks': create() },
    deliveries: {
      body: json({ type: event.type }),
      headers: {},
      secrets: textSecrets({ form: '{hex:32}' }),
      timeout: { max: '30s', of: ({ details }) => details['timeout_ms'] as number },
      waits: { all: '20ms 20ms', of: ({ details }) => details['retries'] as number | null },
    },
  })
  const rig = await startDialect(t, dialect)
  const receiver = await startReceiver({
    behave: ({ path }) => (path === '/slow' ? { delayMs: 10_000 } : { status: 500 }),
  })
  t.after(() => receiver.close())
  const hook = async (path: string, more: object): Promise<string> => {
    const body = { url: `${receiver.url}${path}`, events: ['order.paid'], ...more }
    return String((await rig.want(201, 'POST', '/acme/hooks', { body }))['id'])
  }
  const slow = await hook('/slow', { timeout_ms: 200, retries: 0 })
  const twice = await hook('/bad', { retries: 1 })
  const usual = await hook('/bad', {})
  await rig.operator.postEvent({ tenant: rig.tenant, type: 'order.paid', data: {} })
  const isQuiet = async () => (await rig.operator.listDeliveries({ status: 'pending' })).length === 0
  await until(isQuiet, 'every delivery has ended', 5000)
  const deliveries = (await rig.operator.listDeliveries({ tenant: rig.tenant })) as unknown as Ended[]
  const attempts = new Map(deliveries.map(({ endpoint, attempts: count }) => [endpoint, count]))
  assert.deepEqual(
    [slow, twice, usual].map((id) => attempts.get(id)),
    [1, 2, 3],
  )
})

interface Ended {
  readonly endpoint: string
  readonly attempts: number
}
