// The results of attempts, as products show them on an endpoint: the last answer, and since when an endpoint fails.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until } from '../../../test/support/api-rig.ts'
import { acme, startDialect } from '../../../test/support/dialect-rig.ts'
import { startReceiver } from '../../../test/support/receiver.ts'
import { describeOutcome } from '../../domain/attempt.ts'
import { readStreak } from './health.ts'
import { create, get } from '../operations/operations.ts'

test('an endpoint shows the outcome of its last attempt, and since when it fails', async (t) => {
  const dialect = acme({
    endpoint: {
      id: { is: 'id' },
      url: { is: 'url', on: 'create!' },
      events: { is: 'eventTypes', on: 'create!' },
      last_response: {
        is: 'status',
        show: ({ lastOutcome }) => ({
          code: lastOutcome !== null && 'status' in lastOutcome ? lastOutcome.status : null,
          message: lastOutcome && describeOutcome(lastOutcome),
        }),
      },
      failing_since: { is: 'status', show: ({ health }) => readStreak(health) },
    },
    routes: { 'POST /acme/hooks': create(), 'GET /acme/hooks/{id}': get() },
  })
  const rig = await startDialect(t, dialect)
  let status = 200
  const receiver = await startReceiver({ behave: () => ({ status }) })
  t.after(() => receiver.close())
  const hook = async (url: string): Promise<string> =>
    `/acme/hooks/${String((await rig.want(201, 'POST', '/acme/hooks', { body: { url, events: ['order.paid'] } }))['id'])}`
  const one = await hook(receiver.url)
  const hidden = await hook('http://internal.invalid/')
  assert.partialDeepStrictEqual(await rig.want(200, 'GET', one), {
    last_response: { code: null, message: null },
    failing_since: null,
  })
  const post = () => rig.operator.postEvent({ tenant: rig.tenant, type: 'order.paid', data: {} })
  const shows = (path: string, message: string) =>
    until(async () => {
      const { last_response: last } = await rig.want(200, 'GET', path)
      return (last as { message: unknown }).message === message
    }, `${path} shows ${message}`)
  await post()
  await shows(one, 'HTTP 200')
  // Customers do not learn which internal names exist.
  await shows(hidden, 'the host has no public address')
  status = 503
  const before = Date.now()
  await post()
  await shows(one, 'HTTP 503')
  const failing = await rig.want(200, 'GET', one)
  assert.partialDeepStrictEqual(failing['last_response'], { code: 503 })
  assert.ok(Number(failing['failing_since']) >= before && Number(failing['failing_since']) <= Date.now())
})
