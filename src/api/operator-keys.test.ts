// Operator keys: shown once, with a role and an end, and gone at once.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { testCases } from '../../test/support/api-case.ts'
import { fresh, startApiRig } from '../../test/support/api-rig.ts'
import { limits } from '../domain/limits.ts'

const rig = await startApiRig()
after(() => rig.close())

const path = '/v1/operator-keys'
const create = (fields: object = {}) =>
  rig.want(201, { method: 'POST', path, body: { name: fresh('key'), role: 'read', ...fields } })

test('an operator key is shown once, and is then listed without its text', async () => {
  const { key, ...created } = await create({ name: 'Dashboards' })
  assert.match(key, /^pho_\w{40}$/)
  assert.deepEqual(
    [created['name'], created['role'], created['expiresAt'], created['hint']],
    ['Dashboards', 'read', null, key.slice(-4)],
  )
  const shown = await rig.want(200, { path: `${path}/${created.id}` })
  assert.deepEqual(shown, created)
  const { data } = await rig.want(200, { path })
  assert.deepEqual(
    data.find(({ id }) => id === created.id),
    created,
  )
})

test('two admin keys overlap during a rotation, and the old one is refused from its deletion on', async () => {
  const [old, next] = [await create({ role: 'admin' }), await create({ role: 'admin' })]
  for (const { key } of [old, next]) await rig.want(200, { path, key })
  await rig.want(204, { method: 'DELETE', path: `${path}/${old.id}`, key: next.key })
  await rig.want(401, { path, key: old.key })
  await rig.want(200, { path, key: next.key })
  await rig.want(404, { path: `${path}/${old.id}` })
})

test('a key ends at its end, and a changed end counts at once', async () => {
  const expiresAt = new Date(Date.now() + 300).toISOString()
  const { id, key } = await create({ role: 'admin', expiresAt })
  await rig.want(200, { path, key })
  await new Promise((resolve) => setTimeout(resolve, 400))
  const refused = await rig.want(401, { path, key })
  assert.equal(refused.detail, 'The operator key has ended.')
  const renamed = { name: 'Renamed', expiresAt: null }
  const changed = await rig.want(200, { method: 'PATCH', path: `${path}/${id}`, body: renamed })
  assert.deepEqual([changed['name'], changed['expiresAt'], changed['role']], ['Renamed', null, 'admin'])
  await rig.want(200, { path, key })
})

test('a publisher posts events, in batches too, and reads nothing', async () => {
  const { key } = await create({ role: 'publish' })
  const { id: tenant } = await rig.tenant('standard')
  const event = { tenant, type: 'a', data: {} }
  await rig.want(202, { method: 'POST', path: '/v1/events', key, body: event })
  await rig.want(202, { method: 'POST', path: '/v1/events/batch', key, body: { events: [event] } })
  const refused = await rig.want(403, { path: `/v1/tenants/${tenant}`, key })
  assert.equal(refused.detail, 'This needs an operator key of the role admin or read.')
})

const tenant = await rig.tenant('standard')

testCases(rig, [
  { name: 'a key needs a name', method: 'POST', path, body: { role: 'read' }, status: 400, fields: ['name'] },
  {
    name: 'a name is not empty',
    method: 'POST',
    path,
    body: { name: '', role: 'read' },
    status: 400,
    fields: ['name'],
  },
  {
    name: 'a role is one of three',
    method: 'POST',
    path,
    body: { name: 'n', role: 'root' },
    status: 400,
    fields: ['role'],
  },
  {
    name: 'a new key does not end in the past',
    method: 'POST',
    path,
    body: { name: 'n', role: 'read', expiresAt: '2020-01-01T00:00:00Z' },
    status: 400,
    fields: ['expiresAt'],
  },
  {
    name: 'a role cannot be changed',
    method: 'PATCH',
    path: `${path}/x`,
    body: { role: 'admin' },
    status: 400,
    fields: ['role'],
  },
  { name: 'an unknown key cannot be changed', method: 'PATCH', path: `${path}/x`, body: { name: 'n' }, status: 404 },
  { name: 'an unknown key cannot be deleted', method: 'DELETE', path: `${path}/x`, status: 404 },
  {
    name: 'an unknown scope of a standard key is refused',
    method: 'POST',
    path: '/v1/keys',
    body: { tenants: [tenant.id], scopes: ['read', 'admin'] },
    status: 400,
    fields: ['scopes.1'],
  },
])

test('there are only so many operator keys', async () => {
  let { data } = await rig.want(200, { path })
  while (data.length < limits.operatorKeysMax) {
    await create()
    data = (await rig.want(200, { path })).data
  }
  const refused = await rig.want(409, { method: 'POST', path, body: { name: 'one more', role: 'read' } })
  assert.equal(refused.code, 'too_many_operator_keys')
})
