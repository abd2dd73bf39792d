// The URLs that a customer can register through the vendors' APIs with production settings: no http, no network
// allowed. Every URL of the table that leads to an internal address is refused at registration, and nothing is stored.

import assert from 'node:assert/strict'
import type { Profile } from './conformance/dialects/profile.ts'
import { onOneServer } from './conformance/dialects/suite.ts'
import type { World } from './conformance/dialects/world.ts'
import { profiles } from './profiles/profiles.ts'
import { onSqlite } from './support/dialect-support.ts'
import { withoutPrivateUrls } from './support/shared-service.ts'
import egress from './vectors/egress.json' with { type: 'json' }

const inProduction: typeof onSqlite = { ...onSqlite, service: () => onSqlite.service(withoutPrivateUrls) }
const addressUrls = Object.values(egress.addresses.refused)
  .flat()
  .map((address) => `https://${address.includes(':') ? `[${address}]` : address}/`)
const refused = [...Object.values(egress.urls.refused).flat(), ...addressUrls]
/** ASCII only: the URL fields of some vendors are URIs. */
const accepted = egress.urls.accepted.filter((url) => /^[\x21-\x7e]+$/.test(url))

for (const profile of profiles) {
  onOneServer(`${profile.dialect.name}: registering a URL`, profile, inProduction, (add) => {
    add('refuses an internal address on create', async (world) => {
      const customer = await world.customer()
      for (const url of refused) {
        const { status, text } = await customer.ask(createOf(profile, customer, url))
        assert.ok(status === 400 || status === 422, `${url}: ${status} ${text}`)
      }
      assert.deepEqual(await customer.list(), [])
    })

    add('refuses an internal address on change', async (world) => {
      const customer = await world.customer()
      const { id } = await customer.endpoint('https://example.com/')
      for (const url of refused) {
        const { status, text } = await customer.ask(
          profile.api.operations.change.request(customer, id, profile.api.sample(url, 0)),
        )
        assert.ok(status === 400 || status === 422, `${url}: ${status} ${text}`)
      }
      assert.equal(await urlOf(world, customer.tenant, id), 'https://example.com/')
    })

    add('accepts a public address', async (world) => {
      for (const url of accepted) {
        const customer = await world.customer()
        const { status, text } = await customer.ask(createOf(profile, customer, url))
        assert.equal(status, profile.api.operations.create.status, `${url}: ${text}`)
      }
    })
  })
}

function createOf(
  profile: Profile,
  customer: Parameters<Profile['api']['operations']['create']['request']>[0],
  url: string,
) {
  return profile.api.operations.create.request(customer, profile.api.sample(url, 0))
}

async function urlOf(world: World, tenant: string, id: string): Promise<unknown> {
  return (await world.operator(200, 'GET', `/v1/tenants/${tenant}/endpoints/${id}`))['url']
}
