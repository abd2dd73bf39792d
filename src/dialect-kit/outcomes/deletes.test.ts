// Products that delete an endpoint that is gone or fails for too long, on a running server.

import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { until } from '../../../test/support/api-rig.ts'
import { acme, startDialect } from '../../../test/support/dialect-rig.ts'
import { startReceiver } from '../../../test/support/receiver.ts'
import { json } from '../deliveries/body.ts'
import type { DialectDefinition } from '../definition.ts'
import { streak } from './health.ts'
import { create, get } from '../operations/operations.ts'
import { event } from '../deliveries/parts.ts'
import { textSecrets } from '../deliveries/secrets.ts'

const path = '/acme/hooks'

/** A product in which 410 is the end of an endpoint, and a customer with an endpoint that answers with this status. */
async function start(t: TestContext, status: number, more: Partial<DialectDefinition['deliveries']>, rules = {}) {
  const deliveries: DialectDefinition['deliveries'] = {
    body: json({ type: event.type }),
    headers: {},
    secrets: textSecrets({ form: 'sec_{hex:32}' }),
    timeout: '5s',
    waits: '500ms 1h',
    outcomes: { gone: '410' },
    ...more,
  }
  const routes = { [`POST ${path}`]: create(), [`GET ${path}/{id}`]: get() }
  const rig = await startDialect(t, acme({ routes, rules, deliveries }))
  const receiver = await startReceiver({ behave: () => ({ status }) })
  t.after(() => receiver.close())
  const { id } = await rig.want(201, 'POST', path, { body: { url: receiver.url, events: ['order.paid'] } })
  const post = () => rig.operator.postEvent({ tenant: rig.tenant, type: 'order.paid', data: {} })
  const isThere = async () => (await rig.ask('GET', `${path}/${String(id)}`)).status === 200
  const deliveriesNow = () => rig.operator.listDeliveries({ tenant: rig.tenant })
  return { post, isThere, deliveriesNow, receiver }
}

test('an endpoint that is gone is deleted, and its deliveries stay in the history', async (t) => {
  const { post, isThere, deliveriesNow, receiver } = await start(t, 410, { deletesGone: true })
  await post()
  await until(async () => !(await isThere()), 'the endpoint is deleted')
  assert.partialDeepStrictEqual(await deliveriesNow(), [{ status: 'failed', reason: 'endpoint gone' }])
  assert.equal(((await post()).body as { deliveries?: number }).deliveries, 0)
  assert.equal(receiver.requests.length, 1)
})

test('its deliveries are erased where a deletion does that', async (t) => {
  const { post, isThere, deliveriesNow } = await start(t, 410, { deletesGone: true }, { deletesHistory: true })
  await post()
  await until(async () => !(await isThere()), 'the endpoint is deleted')
  assert.deepEqual(await deliveriesNow(), [])
})

test('an endpoint that only fails for too long is deleted, and its waiting deliveries are cancelled', async (t) => {
  const { post, isThere, deliveriesNow, receiver } = await start(t, 500, { health: streak('250ms', { deletes: true }) })
  await post()
  await receiver.untilReceived(1)
  assert.ok(await isThere())
  await until(async () => !(await isThere()), 'the endpoint is deleted')
  await until(async () => (await deliveriesNow())[0]?.status === 'cancelled', 'its delivery is cancelled')
  assert.partialDeepStrictEqual(await deliveriesNow(), [{ reason: 'endpoint deleted', attempts: 2 }])
})

test('without these rules it is disabled', async (t) => {
  const { post, isThere, deliveriesNow } = await start(t, 410, {})
  await post()
  await until(async () => (await deliveriesNow())[0]?.status === 'failed', 'the delivery has ended')
  assert.ok(await isThere())
})
