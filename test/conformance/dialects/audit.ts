// The audit records of the operator show the changes that a customer makes through the vendor's API, and its reads of secrets.

import assert from 'node:assert/strict'
import type { Case } from './case.ts'
import type { Fields } from './profile.ts'
import { until, type World } from './world.ts'

interface AuditRow {
  readonly action: string
  readonly refused: string | null
  readonly actor: { readonly kind: string; readonly id: string | null }
  readonly object: { readonly id: string | null }
}

/** The records of a tenant's customers. */
async function recordsOf(world: World, tenant: string): Promise<readonly AuditRow[]> {
  const { data } = await world.operator(200, 'GET', `/v1/audit?limit=250&tenant=${tenant}`)
  return (data as AuditRow[]).filter(({ actor }) => actor.kind === 'customer')
}

export function auditCases(add: Case): void {
  add('the changes of a customer, and its reads of secrets, have audit records', async (world) => {
    const customer = await world.customer()
    const { id, created } = await customer.endpoint(world.hook().url)
    const stored = await world.operator(200, 'GET', `/v1/tenants/${customer.tenant}/endpoints/${id}`)
    const changed = await customer.change(id, { url: world.hook().url })
    const got = await customer.get(id)
    const listed = await customer.list()
    await customer.remove(id)
    const secrets = [
      ...(stored['secrets'] as { value: string }[]).map(({ value }) => value),
      ...Object.values(stored['headers'] as Record<string, string>),
    ]
    const shows = (answer: Fields | readonly Fields[]): boolean =>
      secrets.some((secret) => JSON.stringify(answer).includes(secret))

    const { keyId: key } = customer
    const expected = [
      ['endpoint.create', key, id],
      ['endpoint.change', key, id],
      ['endpoint.delete', key, id],
      ...([created, changed, got].some(shows) ? [['secret.read', key, id]] : []),
      ...(shows(listed) ? [['secret.read', key, null]] : []),
    ]
    // Each request comes from another address, so that reads of one secret may be several records.
    const facts = async (): Promise<Set<string>> => {
      const rows = await recordsOf(world, customer.tenant)
      assert.ok(rows.every(({ refused }) => refused === null))
      return new Set(rows.map(({ action, actor, object }) => JSON.stringify([action, actor.id, object.id])))
    }
    await until(async () => (await facts()).size >= expected.length, 'the records are stored')
    assert.deepEqual(await facts(), new Set(expected.map((fact) => JSON.stringify(fact))))
    const all = await world.operator(200, 'GET', `/v1/audit?limit=250&tenant=${customer.tenant}`)
    assert.ok(!shows(all), 'no record shows a secret')
  })
}
