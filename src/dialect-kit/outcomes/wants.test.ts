// A choice of events that only a function can say, on a running server.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { acme, startDialect } from '../../../test/support/dialect-rig.ts'
import { json } from '../deliveries/body.ts'
import { change, create } from '../operations/operations.ts'
import { event } from '../deliveries/parts.ts'
import { textSecrets } from '../deliveries/secrets.ts'

test('an endpoint excludes accounts, which a function reads once when it is loaded', async (t) => {
  let prepared = 0
  const list = { type: 'array', items: { type: 'string' } }
  const dialect = acme({
    endpoint: {
      id: { is: 'id' },
      url: { is: 'url', on: 'create!' },
      events: { is: 'eventTypes', on: 'create!' },
      excluded: { is: 'detail', on: 'create change', nullable: true, schema: list },
    },
    routes: { 'POST /acme/hooks': create(), 'PATCH /acme/hooks/{id}': change() },
    deliveries: {
      body: json({ type: event.type }),
      headers: {},
      secrets: textSecrets({ form: '{hex:32}' }),
      timeout: '5s',
      waits: '1m',
      wants({ details }) {
        prepared += 1
        const excluded = details['excluded'] as string[] | null
        if (excluded === null) return null
        return ({ attributes }) => {
          if (attributes === null) throw new Error('an event without attributes')
          return !excluded.includes(attributes['account'] ?? '')
        }
      },
    },
  })
  const rig = await startDialect(t, dialect)
  const body = { url: `${rig.receiver.url}/`, events: ['order.paid'] }
  await rig.want(201, 'POST', '/acme/hooks', { body })
  const { id } = await rig.want(201, 'POST', '/acme/hooks', { body: { ...body, excluded: ['a', 'b'] } })
  const deliveries = async (more: object): Promise<unknown> => {
    const posted = { tenant: rig.tenant, type: 'order.paid', data: {}, ...more }
    return ((await rig.operator.postEvent(posted)).body as { deliveries?: number }).deliveries
  }
  const account = (name: string) => ({ attributes: { account: name } })
  assert.equal(await deliveries(account('a')), 1)
  const before = prepared
  assert.equal(await deliveries(account('c')), 2)
  assert.equal(await deliveries({ ...account('c'), type: 'order.sent' }), 0)
  assert.equal(prepared, before)
  // A choice that throws costs a delivery too many, and no event.
  assert.equal(await deliveries({}), 2)
  await rig.want(200, 'PATCH', `/acme/hooks/${String(id)}`, { body: { excluded: null } })
  assert.equal(await deliveries(account('a')), 2)
})
