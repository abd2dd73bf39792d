// Endpoints that the caller must not see: absent ones, another tenant's, deleted ones, and malformed ids. All must get
// the same answer. Otherwise a tenant could learn which endpoints another tenant has.

import assert from 'node:assert/strict'
import { checkIndistinguishable, checkRefusal, urlIn } from './answers.ts'
import type { Case } from './case.ts'
import type { ApiRequest, Caller, Profile } from './profile.ts'

export function idCases(profile: Profile, add: Case): void {
  const { api } = profile
  const { get, change, remove } = api.operations
  const headers = { 'x-request-id': 'req_conformance1' }
  const onId: Record<string, (caller: Caller, id: string, url: string) => ApiRequest> = {
    get: (caller, id) => get.request(caller, id),
    change: (caller, id, url) => change.request(caller, id, { [api.urlField]: url }),
    remove: (caller, id) => remove.request(caller, id),
  }

  for (const [name, requestOf] of Object.entries(onId)) {
    add(
      `${name}: another tenant's endpoint gets the same answer as an absent one, byte for byte, and does not change`,
      async (world) => {
        const [own, other] = await Promise.all([world.customer(), world.customer()])
        await own.endpoint(world.hook().url)
        const { id } = await other.endpoint(world.hook().url)
        const before = urlIn(profile, await other.get(id))
        const { url } = world.hook()
        const ask = async (asked: string) => {
          const request = requestOf(own, asked, url)
          const answer = await own.ask({ ...request, headers })
          checkRefusal(profile, 'notFound', answer, { request, id: asked })
          return { answer, id: asked }
        }
        checkIndistinguishable(await ask(id), await ask(api.idAbsent))
        assert.equal(urlIn(profile, await other.get(id)), before)
      },
    )

    add(`${name}: a deleted endpoint gets the same answer as an absent one`, async (world) => {
      const customer = await world.customer()
      const { id } = await customer.endpoint(world.hook().url)
      await customer.remove(id)
      const { url } = world.hook()
      const ask = async (asked: string) => {
        const request = requestOf(customer, asked, url)
        const answer = await customer.ask({ ...request, headers })
        checkRefusal(profile, 'notFound', answer, { request, id: asked })
        return { answer, id: asked }
      }
      checkIndistinguishable(await ask(id), await ask(api.idAbsent))
    })

    add(`${name}: a malformed id is refused as an unknown one`, async (world) => {
      const customer = await world.customer()
      const { url } = world.hook()
      for (const id of [...api.idsMalformed, 'x'.repeat(8000)]) {
        const request = requestOf(customer, id, url)
        checkRefusal(profile, 'notFound', await customer.ask(request), { request, id })
      }
    })
  }
}
