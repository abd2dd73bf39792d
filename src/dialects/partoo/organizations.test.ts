// The organization of a request: `org_id`, roles, and the quota of each organization.

import assert from 'node:assert/strict'
import { onSqlite } from '../../../test/support/dialect-support.ts'
import { checkRefusal } from '../../../test/conformance/dialects/answers.ts'
import type { ApiRequest, ApiAnswer } from '../../../test/conformance/dialects/profile.ts'
import type { World } from '../../../test/conformance/dialects/world.ts'
import { onOneServer } from '../../../test/conformance/dialects/suite.ts'
import { profileOf } from '../../../test/profiles/profiles.ts'

const profile = profileOf('partoo')

const path = '/v2/webhooks'
const forbidden = '{"errors":{"authorization":"Operation not allowed"}}'
const notFound = '{"errors":{"json":"Resource not found"}}'
const required = '{"errors":{"json":{"org_id":"is required"}}}'
const malformed = ['', 'x', '1.5', '01', '1e3', '%201', '1,2', 'null']

onOneServer('partoo: organizations', profile, onSqlite, (add) => {
  add('a PROVIDER acts for the organization that it names, and for no other', async (world) => {
    const { key, tenants } = await provider(world)
    const [one = '', other = ''] = tenants
    const hook = world.hook()
    const created: string[] = []
    for (const org of tenants) {
      const answer = await ask(world, key, { ...createOf(hook.url), query: `org_id=${org}` })
      assert.equal(answer.status, 200, answer.text)
      const [item] = (answer.body as { items: { id: number; org_id: number }[] }).items
      assert.equal(item?.org_id, Number(org))
      created.push(String(item?.id))
    }
    for (const [name, request] of Object.entries(everyOperation(hook.url, created[0] ?? ''))) {
      if (name === 'create') continue
      if (request.path.endsWith(`/${created[0]}`)) {
        const foreign = await ask(world, key, { ...request, query: `org_id=${other}` })
        assert.deepEqual([foreign.status, foreign.text], [404, notFound], name)
      }
      const own = await ask(world, key, { ...request, query: `org_id=${one}` })
      assert.equal(own.status, 200, name)
    }
  })

  add('a PROVIDER must name one of its own organizations in every operation', async (world) => {
    const { key } = await provider(world)
    const { tenant: stranger } = await world.customer()
    for (const [name, request] of Object.entries(everyOperation(world.hook().url, '1'))) {
      const answer = await ask(world, key, request)
      assert.deepEqual([answer.status, answer.text], [400, required], name)
      for (const org of [stranger, '999999999999999', '0', '-1', '9'.repeat(30)]) {
        const foreign = await ask(world, key, { ...request, query: `org_id=${org}` })
        assert.deepEqual([foreign.status, foreign.text], [403, forbidden], `${name} ${org}`)
      }
      for (const org of malformed) {
        const wrong = await ask(world, key, { ...request, query: `org_id=${org}` })
        assert.deepEqual([wrong.status, wrong.text], [403, forbidden], `${name} ${org}`)
      }
    }
  })

  add('any other role acts for its own organization, named or not', async (world) => {
    const [own, stranger] = await Promise.all([world.customer(), world.customer()])
    const { id } = await own.endpoint(world.hook().url)
    const { id: foreign } = await stranger.endpoint(world.hook().url)
    const get = { method: 'GET', path: `${path}/${id}` }
    const answer = await ask(world, own.key, { ...get, query: `org_id=${own.tenant}` })
    assert.deepEqual(answer.body, await own.get(id))
    for (const org of [stranger.tenant, '999999999999999', '0', '-1']) {
      for (const one of [id, foreign]) {
        const refused = await ask(world, own.key, { method: 'GET', path: `${path}/${one}`, query: `org_id=${org}` })
        assert.deepEqual([refused.status, refused.text], [403, forbidden])
      }
    }
    for (const org of [...malformed, `${own.tenant}&org_id=${own.tenant}`]) {
      const wrong = await ask(world, own.key, { ...get, query: `org_id=${org}` })
      assert.deepEqual([wrong.status, wrong.text], [403, forbidden], org)
    }
  })

  add('a key that may not use webhooks and an unknown key are refused before the query is checked', async (world) => {
    const customer = await world.customer()
    for (const role of ['GROUP_MANAGER', 'BUSINESS_MANAGER', 'PUBLISHER']) {
      const { key } = await customer.withKey({ role }).newKey()
      assert.equal((await ask(world, key, { method: 'GET', path })).text, forbidden, role)
    }
    const weak = await customer.withKey({ role: 'PUBLISHER' }).newKey()
    for (const query of ['org_id=x', 'org_id=1', 'page=0']) {
      const request = { method: 'GET', path, query }
      assert.equal((await ask(world, weak.key, request)).text, forbidden)
      assert.equal((await ask(world, 'unknown', request)).status, 401)
    }
  })

  add('all keys of an organization share its quota', async (world) => {
    const { key, tenants } = await provider(world)
    const [one = '', other = ''] = tenants
    const { key: admin } = await world.operator(201, 'POST', '/v1/keys', { tenants: [one] })
    for (let tries = 1; ; tries++) {
      const minute = Math.floor(Date.now() / 60_000)
      const request = { method: 'GET', path: `${path}/events`, query: `org_id=${one}` }
      const answers = await Promise.all(Array.from({ length: 300 }, () => ask(world, String(admin), request)))
      const refused = await ask(world, key, request)
      const free = await ask(world, key, { ...request, query: `org_id=${other}` })
      if (Math.floor(Date.now() / 60_000) !== minute && tries < 3) continue
      assert.ok(answers.every(({ status }) => status === 200))
      checkRefusal(profile, 'tooManyRequests', refused, { request })
      const seconds = Number(refused.headers['retry-after'])
      assert.ok(Number.isInteger(seconds) && seconds >= 1 && seconds <= 60)
      assert.equal(free.status, 200)
      return
    }
  })
})

interface Query extends ApiRequest {
  readonly query?: string
}

function createOf(url: string): ApiRequest {
  return { method: 'POST', path, body: { items: [{ url, event_type: 'business_created' }] } }
}

function everyOperation(url: string, id: string): Readonly<Record<string, ApiRequest>> {
  const create = createOf(url)
  return {
    list: { method: 'GET', path },
    create,
    events: { method: 'GET', path: `${path}/events` },
    tryout: { ...create, path: `${path}/tryout` },
    get: { method: 'GET', path: `${path}/${id}` },
    update: { method: 'PUT', path: `${path}/${id}`, body: { url } },
    patch: { method: 'PATCH', path: `${path}/${id}`, body: { url } },
    remove: { method: 'DELETE', path: `${path}/${id}` },
  }
}

async function provider(world: World): Promise<{ key: string; tenants: readonly string[] }> {
  const [one, other] = await Promise.all([world.customer(), world.customer()])
  const tenants = [one.tenant, other.tenant]
  const { key } = await world.operator(201, 'POST', '/v1/keys', { tenants, role: 'PROVIDER' })
  return { key: String(key), tenants }
}

function ask(world: World, key: string, { query, ...request }: Query): Promise<ApiAnswer> {
  const asked = query === undefined ? request : { ...request, path: `${request.path}?${query}` }
  return world.ask(asked, { 'x-APIKey': key })
}
