// Portal links and the sessions that they open, over HTTP.

import assert from 'node:assert/strict'
import { after, suite, test } from 'node:test'
import { startApiRig, type TestTenant } from '../support/api-rig.ts'
import { cookieIn, fromPage, pageCalls } from '../support/page-calls.ts'

const parents = 'https://app.example.com,allo=https://allo.example.com'
const rig = await startApiRig({ POSTHORN_PORTAL_PARENTS: parents, POSTHORN_ALLOW_HTTP: 'on' })
after(() => rig.close())

const ask = pageCalls(rig.server.url)
const path = '/portal/session'
const origin = 'http://localhost:4080'

async function newLink({ id }: { readonly id?: unknown }, fields: object = {}): Promise<Record<string, unknown>> {
  return rig.want(201, { method: 'POST', path: `/v1/tenants/${String(id)}/portal-links`, body: fields })
}

const codeOf = ({ url }: Record<string, unknown>): string => String(url).split('#')[1] ?? ''
const open = (link: Record<string, unknown>) => ask('POST', path, { origin }, { code: codeOf(link) })

/** The headers of the page after the link was opened. */
async function sessionOf(tenant: { readonly id?: unknown }, fields: object = {}): Promise<Record<string, string>> {
  const opened = await open(await newLink(tenant, fields))
  assert.equal(opened.status, 200)
  return { host: 'localhost:4080', cookie: cookieIn(opened), ...fromPage }
}

const endpoints = (tenant: TestTenant) => `/portal/api/v1/tenants/${tenant.id}/endpoints`

suite('portal links', () => {
  test('a link opens once, and its session shows the tenant alone', async () => {
    const [tenant, other] = [await rig.tenant('allo'), await rig.tenant('allo')]
    const mine = await rig.endpoint(tenant)
    await rig.endpoint(other)
    const link = await newLink(tenant, { branding: { name: 'Allo', accent: '#123abc' } })
    assert.match(String(link['url']), /\/portal\/allo#\w{43}$/)
    const opened = await open(link)
    assert.deepEqual((await open(link)).status, 401)
    assert.match(String(opened.headers['set-cookie']), /^posthorn-portal=[^;]+; .*SameSite=None; Secure; Partitioned$/)
    const headers = { host: 'localhost', cookie: cookieIn(opened), ...fromPage }
    const session = (await ask('GET', path, headers)).json()
    assert.equal(session['tenant'], tenant.id)
    assert.deepEqual(session['branding'], { name: 'Allo', logo: null, accent: '#123abc', scheme: null })
    assert.deepEqual(session['parents'], ['https://app.example.com', 'https://allo.example.com'])
    const { data } = (await ask('GET', endpoints(tenant), headers)).json() as { data: { id: string }[] }
    assert.deepEqual(
      data.map(({ id }) => id),
      [mine['id']],
    )
    assert.equal((await ask('GET', endpoints(other), headers)).status, 404)
    assert.equal((await ask('GET', '/portal/api/v1/dialects/storno', headers)).status, 404)
    // The session is none of the operator API.
    assert.equal((await ask('GET', `/v1/tenants/${tenant.id}/endpoints`, headers)).status, 401)
    assert.equal((await ask('GET', endpoints(tenant), { ...headers, 'sec-fetch-site': 'cross-site' })).status, 401)
    assert.equal((await ask('GET', endpoints(tenant), { host: 'localhost', cookie: headers.cookie })).status, 401)
  })

  test('a session may do what its capabilities and its dialect allow', async () => {
    // The pages of Allo know no test event, no log of deliveries and no rotation. Those of Storno know all three.
    const all = ['endpoints', 'secrets', 'retry', 'test', 'replay']
    const may = async (dialect: string, capabilities: readonly string[]) => {
      const tenant = await rig.want(201, { method: 'POST', path: '/v1/tenants', body: { dialect } })
      const headers = await sessionOf(tenant, { capabilities })
      return new Set((await ask('GET', path, headers)).json()['may'] as string[])
    }
    const [alloAll, stornoAll] = [await may('allo', all), await may('storno', all)]
    for (const name of ['listEndpoints', 'createEndpoint', 'changeEndpoint', 'deleteEndpoint']) {
      assert.ok(alloAll.has(name) && stornoAll.has(name), name)
    }
    for (const name of ['sendTest', 'listDeliveries', 'rotateSecret']) {
      assert.ok(!alloAll.has(name) && stornoAll.has(name), name)
    }
    assert.deepEqual([...(await may('storno', []))].toSorted(), [
      'getDelivery',
      'getDialect',
      'getEndpoint',
      'getSnippets',
      'getTestVectors',
      'listDeliveries',
      'listEndpoints',
    ])
  })

  test('a call beyond them is refused, and changes nothing', async () => {
    const tenant = await rig.tenant('allo')
    const endpoint = await rig.endpoint(tenant)
    const reader = await sessionOf(tenant)
    const one = `${endpoints(tenant)}/${endpoint.id}`
    assert.equal((await ask('DELETE', one, reader)).status, 403)
    assert.equal((await ask('PATCH', one, reader, { enabled: false })).status, 403)
    const writer = await sessionOf(tenant, { capabilities: ['endpoints', 'test', 'secrets'] })
    assert.equal((await ask('POST', `${one}/test`, writer)).status, 403)
    assert.equal((await ask('PATCH', one, writer, { enabled: false })).status, 200)
    assert.equal((await ask('DELETE', one, writer)).status, 204)
  })

  test('a field that the dialect does not take from customers is refused', async () => {
    const writing = { capabilities: ['endpoints'] }
    const url = 'https://example.com/'
    const made = async (dialect: string) => {
      const tenant = await rig.want(201, { method: 'POST', path: '/v1/tenants', body: { dialect } })
      const target = `/v1/tenants/${tenant.id}/endpoints`
      const eventTypes = dialect === 'partoo' ? ['business_created'] : ['call.received']
      const body = { url, eventTypes, description: 'a note of the operator' }
      const { id } = await rig.want(201, { method: 'POST', path: target, body })
      const list = `/portal/api${target}`
      return { headers: await sessionOf(tenant, writing), list, one: `${list}/${id}` }
    }
    const refused = async (answer: Promise<Awaited<ReturnType<typeof ask>>>) => {
      const { status, json } = await answer
      assert.equal(status, 400)
      return (json()['errors'] as { field: string }[]).map(({ field }) => field)
    }
    const allo = await made('allo')
    const body = { url, eventTypes: ['call.received'] }
    const odd = { enabled: false, headers: { a: 'b' }, filters: { region: 'eu' }, details: { note: 1 } }
    assert.deepEqual((await refused(ask('POST', allo.list, allo.headers, { ...body, ...odd }))).toSorted(), [
      'details.note',
      'enabled',
      'filters.region',
      'headers',
    ])
    assert.deepEqual(await refused(ask('POST', allo.list, allo.headers, { ...body, secrets: ['whsec_x'] })), [
      'secrets',
    ])
    // Allo takes the switch in changes, and the event types in both.
    const changed = await ask('PATCH', allo.one, allo.headers, { enabled: false, eventTypes: ['call.answered'] })
    assert.equal(changed.json()['enabled'], false)
    // Partoo has no description, and changes no event type.
    const partoo = await made('partoo')
    assert.deepEqual(
      await refused(ask('PATCH', partoo.one, partoo.headers, { eventTypes: ['business_updated'], description: 'x' })),
      ['eventTypes', 'description'],
    )
    assert.equal((await ask('GET', partoo.one, partoo.headers)).json()['description'], null)
    assert.equal((await ask('GET', allo.one, allo.headers)).json()['description'], 'a note of the operator')
    // DialNexa makes no secret by itself.
    const dialnexa = await rig.want(201, { method: 'POST', path: '/v1/tenants', body: { dialect: 'dialnexa' } })
    const headers = await sessionOf(dialnexa, writing)
    const list = `/portal/api/v1/tenants/${dialnexa.id}/endpoints`
    assert.deepEqual(await refused(ask('POST', list, headers, body)), ['secrets'])
    const { id } = (await ask('POST', list, headers, { ...body, secrets: ['mine'] })).json()
    // Another secret needs the capability.
    assert.equal((await ask('PATCH', `${list}/${String(id)}`, headers, { secrets: ['other'] })).status, 403)
    const trusted = await sessionOf(dialnexa, { capabilities: ['endpoints', 'secrets'] })
    assert.equal((await ask('PATCH', `${list}/${String(id)}`, trusted, { secrets: ['other'] })).status, 200)
  })

  test('the dialect is that of the tenant, with its catalogue alone', async () => {
    const { tenantSettings, otherCatalogues } = await rig.want(200, { path: '/v1/dialects/storno' })
    const [other] = otherCatalogues as { settings: Record<string, string>; eventTypes: { name: string }[] }[]
    assert.ok(other !== undefined, JSON.stringify(tenantSettings))
    const body = { dialect: 'storno', settings: other.settings }
    const tenant = await rig.want(201, { method: 'POST', path: '/v1/tenants', body })
    const shown = (await ask('GET', '/portal/api/v1/dialects/storno', await sessionOf(tenant))).json()
    assert.deepEqual(shown['eventTypes'], other.eventTypes)
    assert.deepEqual(shown['otherCatalogues'], [])
  })

  test('secrets are shown with the capability alone', async () => {
    const tenant = await rig.tenant('standard')
    const endpoint = await rig.endpoint(tenant)
    const one = `${endpoints(tenant)}/${endpoint.id}`
    const secretIn = async (headers: Record<string, string>) => {
      const { secrets } = (await ask('GET', one, headers)).json() as { secrets: { value: string | null }[] }
      return secrets[0]?.value ?? null
    }
    assert.equal(await secretIn(await sessionOf(tenant, { capabilities: ['endpoints'] })), null)
    assert.match((await secretIn(await sessionOf(tenant, { capabilities: ['secrets'] }))) ?? '', /^whsec_/)
  })

  test('a session ends when its link is deleted, and with its tenant', async () => {
    const tenant = await rig.tenant('allo')
    const link = await newLink(tenant)
    const headers = { host: 'localhost', cookie: cookieIn(await open(link)), ...fromPage }
    assert.equal((await ask('GET', path, headers)).status, 200)
    await rig.want(204, { method: 'DELETE', path: `/v1/tenants/${tenant.id}/portal-links/${String(link['id'])}` })
    assert.equal((await ask('GET', path, headers)).status, 401)
    assert.equal((await ask('GET', endpoints(tenant), headers)).status, 401)
    const again = await sessionOf(tenant)
    await rig.want(202, { method: 'DELETE', path: `/v1/tenants/${tenant.id}` })
    assert.equal((await ask('GET', path, again)).status, 401)
  })

  test('the making, opening and deleting of a link are in the audit', async () => {
    const tenant = await rig.tenant('allo')
    const link = await newLink(tenant, { capabilities: ['endpoints'] })
    await open(link)
    const { data } = (await rig.want(200, { path: `/v1/audit?tenant=${tenant.id}` })) as unknown as {
      data: { action: string; object: { id: string } | null; actor: { kind: string; id: string } }[]
    }
    const of = data.filter(({ object }) => object?.id === link['id'])
    assert.deepEqual(
      of.map(({ action, actor }) => [action, actor.kind, actor.id]),
      [
        ['portal_link.open', 'customer', link['id']],
        ['portal_link.create', 'operator', 'settings'],
      ],
    )
  })

  test('wrong fields are refused with their names', async () => {
    const tenant = await rig.tenant('allo')
    for (const [fields, field] of [
      [{ capabilities: ['everything'] }, 'capabilities'],
      [{ branding: { accent: 'red;}' } }, 'branding.accent'],
      [{ branding: { logo: 'http://example.com/a.png' } }, 'branding.logo'],
      [{ expiresInSeconds: 901 }, 'expiresInSeconds'],
      [{ sessionSeconds: 43_201 }, 'sessionSeconds'],
    ] as const) {
      const refused = await rig.want(400, {
        method: 'POST',
        path: `/v1/tenants/${tenant.id}/portal-links`,
        body: fields,
      })
      assert.ok(refused.detail.includes(field), refused.detail)
    }
  })

  test('the page may be embedded by the parents of its dialect alone', async () => {
    const ancestors = async (target: string) =>
      /frame-ancestors ([^;]*)/.exec(String((await ask('GET', target)).headers['content-security-policy']))?.[1]
    assert.equal(await ancestors('/portal/allo'), 'https://app.example.com https://allo.example.com')
    assert.equal(await ancestors('/portal/storno/endpoints'), 'https://app.example.com')
  })
})
