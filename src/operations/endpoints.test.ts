// The number and the size of a tenant's endpoints are bounded, because whole tenants are read and held in memory.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { contextOf } from '../../test/support/context.ts'
import { createRig, tenant } from '../../test/support/engine-rig.ts'
import type { Endpoint } from '../domain/endpoint.ts'
import type { TenantId } from '../domain/ids.ts'
import { limits } from '../domain/limits.ts'
import type { Result } from '../domain/problem.ts'
import { deleteEndpoint, listEndpoints } from './endpoints.ts'
import { changeEndpoint, rotateSecret } from './change-endpoint.ts'
import { createEndpoint, createEndpoints, type NewEndpoint } from './create-endpoints.ts'
import { createTenant } from './tenants.ts'
import { settingsOperator } from '../domain/operator-key.ts'

const operator = { kind: 'operator', key: settingsOperator, from: { clientAddress: '127.0.0.1' } } as const
const small: NewEndpoint = { url: 'https://receiver.example/', eventTypes: ['x'] }
/** An endpoint of about 25,000 characters. */
const large: NewEndpoint = {
  ...small,
  eventTypes: Array.from({ length: 100 }, (_, n) => `${n}.`.padEnd(limits.eventTypeCharsMax, 'x')),
  headers: Object.fromEntries(['a', 'b', 'c'].map((name) => [`x-${name}`, name.repeat(limits.customHeaderCharsMax)])),
}
const manyLarge = Array.from({ length: 155 }, () => large)

function valueOf<Value>(result: Result<Value>): Value {
  if (!result.ok) assert.fail(JSON.stringify(result.problem))
  return result.value
}

function codeOf(result: Result<unknown>): string | null {
  return result.ok ? null : result.problem.kind === 'conflict' ? result.problem.code : result.problem.kind
}

test('the number of endpoints of a tenant is bounded', async (t) => {
  const context = contextOf(await createRig(t))
  const almost = Array.from({ length: limits.endpointsPerTenantMax - 1 }, () => small)
  valueOf(await createEndpoints(context, operator, tenant, almost))
  assert.equal(codeOf(await createEndpoints(context, operator, tenant, [small, small])), 'too_many_endpoints')
  const last = valueOf(await createEndpoint(context, operator, tenant, small))
  assert.equal(codeOf(await createEndpoint(context, operator, tenant, small)), 'too_many_endpoints')
  valueOf(await deleteEndpoint(context, operator, tenant, last.id))
  valueOf(await createEndpoint(context, operator, tenant, small))
})

test('the text of all endpoints of a tenant is bounded', async (t) => {
  const context = contextOf(await createRig(t))
  const { id } = valueOf(await createEndpoint(context, operator, tenant, small))
  const [first] = valueOf(await createEndpoints(context, operator, tenant, manyLarge))
  const create = (): Promise<Result<Endpoint>> => createEndpoint(context, operator, tenant, large)
  let created = await create()
  for (let more = 0; more < 20 && created.ok; more++) created = await create()
  assert.equal(codeOf(created), 'endpoints_too_large')

  const change = (input: object): Promise<Result<Endpoint>> => changeEndpoint(context, operator, tenant, id, input)
  assert.equal(codeOf(await change(large)), 'endpoints_too_large')
  const fill = { description: 'x'.repeat(limits.descriptionCharsMax) }
  for (const { id: other } of valueOf(await listEndpoints(context, operator, tenant))) {
    if (!(await changeEndpoint(context, operator, tenant, other, fill)).ok) break
  }
  // Exactly as many characters as are left are allowed, and not one more.
  const view = await context.tenantCache.load(tenant)
  const left = limits.endpointCharsPerTenantMax - (view?.chars ?? 0)
  assert.ok(left < limits.descriptionCharsMax, `${left}`)
  valueOf(await change({ description: 'x'.repeat(left + 2) }))
  assert.equal(codeOf(await change({ description: 'x'.repeat(left + 3) })), 'endpoints_too_large')
  assert.equal(valueOf(await change({ enabled: false })).enabled, false)
  assert.equal(valueOf(await rotateSecret(context, operator, tenant, id)).secrets.length, 2)
  valueOf(await changeEndpoint(context, operator, tenant, (first as Endpoint).id, { ...small, headers: {} }))
  valueOf(await change(large))
})

test('the most recently used of many large tenants are in memory', async (t) => {
  const rig = await createRig(t)
  const context = contextOf(rig)
  const names = Array.from({ length: 20 }, (_, n) => `tenant-${n}` as TenantId)
  for (const id of names) {
    valueOf(await createTenant(context, operator, { id, dialect: 'standard' }))
    valueOf(await createEndpoints(context, operator, id, manyLarge))
    await rig.tenantCache.load(id)
  }
  const held = names.filter((id) => rig.tenantCache.peek(id) !== undefined)
  assert.deepEqual(held, names.slice(-held.length))
  assert.ok(held.length > 10 && held.length < names.length, `${held.length}`)
})
