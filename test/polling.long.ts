// Consumers of polling endpoints on real servers: nothing is lost when a server is killed between a poll and its
// acknowledgement, a delivery that one node accepts wakes a poll on another one, and waiting polls are bounded.

import assert from 'node:assert/strict'
import { suite, test, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Agent, fetch, type Response } from 'undici'
import { createOperatorClient, expectStatus } from './support/operator-client.ts'
import { type Node, startNodes } from './support/nodes.ts'
import { createInstallation, type Installation, type ServerProcess, startServer } from './support/server-process.ts'
import { testDatabase } from './support/test-database.ts'

const tenant = 'acme'
const timeout = 90_000

interface Polled {
  readonly data: readonly { readonly id: string; readonly event: string; readonly attempt: number }[]
  readonly iterator: string | null
}

interface Site {
  readonly url: string
  readonly key: string
}

/** One connection for each poll that waits. */
const agent = new Agent({ connections: 2000, headersTimeout: 60_000 })

async function post({ url, key }: Site, path: string, body: object): Promise<Response> {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
  return fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body), dispatcher: agent })
}

async function answered(site: Site, path: string, body: object, status = 200): Promise<unknown> {
  const response = await post(site, path, body)
  const text = await response.text()
  assert.equal(response.status, status, text)
  return JSON.parse(text)
}

async function poll(site: Site, endpoint: string, body: object = {}): Promise<Polled> {
  return (await answered(site, `/v1/tenants/${tenant}/endpoints/${endpoint}/poll`, body)) as Polled
}

async function newEndpoint(site: Site): Promise<string> {
  const body = { kind: 'polling', eventTypes: ['*'] }
  return ((await answered(site, `/v1/tenants/${tenant}/endpoints`, body, 201)) as { id: string }).id
}

async function postEvent(site: Site, number: number): Promise<string> {
  const event = { tenant, id: `evt-${number}`, type: 'a', data: { number } }
  return ((await answered(site, '/v1/events', event, 202)) as { id: string }).id
}

function siteOf(server: Pick<ServerProcess, 'url'>, { operatorKey }: Installation): Site {
  return { url: server.url, key: operatorKey }
}

for (const engine of ['SQLite', 'PostgreSQL'] as const) {
  const title = `kill -9 between poll and acknowledgement loses nothing, and gives each again (${engine})`
  void test(title, { timeout }, async (t) => {
    const database = engine === 'PostgreSQL' ? await testDatabase() : null
    const env = { POSTHORN_RATE_LIMITS: 'off', ...(database !== null && { POSTHORN_DATABASE: database.url }) }
    const installation = await createInstallation()
    let server = await startServer(installation, env)
    t.after(async () => {
      await server.kill('SIGKILL')
      await installation.remove()
      await database?.drop()
    })
    const client = createOperatorClient(server.url, installation.operatorKey)
    await client.createTenant({ id: tenant, dialect: 'standard' })
    await client.close()
    let site = siteOf(server, installation)
    const endpoint = await newEndpoint(site)
    const events = new Set<string>()
    for (let number = 0; number < 30; number++) events.add(await postEvent(site, number))
    const processed = new Map<string, number>()
    const ackSeconds = 2
    for (let round = 0; round < 3; round++) {
      const { data, iterator } = await poll(site, endpoint, { limit: 5, ackSeconds })
      assert.equal(data.length, 5)
      for (const { event } of data) processed.set(event, (processed.get(event) ?? 0) + 1)
      // The answer to the acknowledgement is lost in the last round, and there is none in the first.
      if (round > 0) void poll(site, endpoint, { iterator, ackSeconds }).catch(() => {})
      if (round === 2) await sleep(3)
      await server.kill('SIGKILL')
      server = await startServer(installation, env)
      site = siteOf(server, installation)
    }
    for (let iterator: string | null = null, empty = 0; empty < 2;) {
      const polled: Polled = await poll(site, endpoint, { iterator: iterator ?? undefined, waitSeconds: 3 })
      for (const { event } of polled.data) processed.set(event, (processed.get(event) ?? 0) + 1)
      iterator = polled.iterator
      empty = polled.data.length === 0 ? empty + 1 : 0
    }
    assert.deepEqual(new Set(processed.keys()), events)
    assert.ok(
      [...processed.values()].some((count) => count > 1),
      'nothing was given again',
    )
    const path = `/v1/deliveries?tenant=${tenant}&status=delivered&limit=250`
    const delivered = await fetch(site.url + path, { headers: { authorization: `Bearer ${site.key}` } })
    assert.equal(((await delivered.json()) as { data: unknown[] }).data.length, events.size)
  })
}

void suite('several nodes', { timeout }, () => {
  const siteAt = ({ server }: Node, installation: Installation): Site => siteOf(server, installation)

  const open = async (t: TestContext): Promise<{ sites: readonly Site[]; endpoint: string }> => {
    const database = await testDatabase()
    const nodes = await startNodes(2, database.url)
    t.after(async () => {
      await nodes.close()
      await database.drop()
    })
    expectStatus(await nodes.at(0).client.call('POST', '/v1/tenants', { id: tenant, dialect: 'standard' }), 201)
    const sites = nodes.all.map((node) => siteAt(node, nodes.installation))
    return { sites, endpoint: await newEndpoint(sites[0] as Site) }
  }

  void test('a delivery wakes a poll on another node within a second, and is given once', async (t) => {
    const { sites, endpoint } = await open(t)
    const [here, there] = sites as [Site, Site]
    const waits: number[] = []
    for (let number = 0; number < 5; number++) {
      const woken = poll(there, endpoint, { waitSeconds: 20 }).then((polled) => ({ polled, at: Date.now() }))
      await sleep(50 + 130 * number)
      const postedAt = Date.now()
      const event = await postEvent(here, number)
      const { polled, at } = await woken
      assert.deepEqual(
        polled.data.map((delivery) => delivery.event),
        [event],
      )
      waits.push(at - postedAt)
      // The other node records the acknowledgement.
      await poll(here, endpoint, { iterator: polled.iterator ?? undefined })
    }
    assert.ok(waits.toSorted((a, b) => a - b)[2]! < 1000, `woken after ${waits.join(', ')} ms`)
    for (let number = 100; number < 200; number++) await postEvent(number % 2 ? here : there, number)
    const all = await Promise.all(
      Array.from({ length: 16 }, (_, index) => poll(sites[index % 2] as Site, endpoint, { limit: 9, waitSeconds: 1 })),
    )
    const ids = all.flatMap(({ data }) => data.map(({ id }) => id))
    assert.deepEqual([ids.length, new Set(ids).size], [100, 100])
  })
})

void test('1,000 polls wait and no more, each is served, and a stop ends them', { timeout }, async (t) => {
  const installation = await createInstallation()
  const server = await startServer(installation, { POSTHORN_RATE_LIMITS: 'off' })
  t.after(async () => {
    await server.kill('SIGKILL')
    await installation.remove()
  })
  const admin = siteOf(server, installation)
  await answered(admin, '/v1/tenants', { id: tenant, dialect: 'standard' }, 201)
  const endpoint = await newEndpoint(admin)
  const keys = await Promise.all(
    Array.from({ length: 11 }, async () => {
      const { key } = (await answered(admin, '/v1/keys', { tenants: [tenant] }, 201)) as { key: string }
      return { url: server.url, key }
    }),
  )
  const path = `/v1/tenants/${tenant}/endpoints/${endpoint}/poll`
  const answers: Response[] = []
  const waiting = Array.from({ length: 1050 }, async (_, index) => {
    const answer = await post(keys[index % 11] as Site, path, { waitSeconds: 30, limit: 1 })
    answers.push(answer)
    return answer
  })
  while (answers.length < 50) await sleep(50)
  await sleep(500)
  assert.deepEqual([answers.length, new Set(answers.map(({ status }) => status))], [50, new Set([503])])
  assert.equal(answers[0]?.headers.get('retry-after'), '1')
  const events = Array.from({ length: 400 }, (_, number) => ({ tenant, id: `evt-${number}`, type: 'a', data: {} }))
  await answered(admin, '/v1/events/batch', { events }, 202)
  while (answers.length < 450) await sleep(50)
  const given = await Promise.all(answers.slice(50).map(async (answer) => ((await answer.json()) as Polled).data))
  assert.ok(given.every((data) => data.length === 1))
  assert.equal(new Set(given.flat().map(({ id }) => id)).size, 400)
  const stopAt = Date.now()
  await server.stop()
  const all = await Promise.all(waiting)
  assert.ok(Date.now() - stopAt < 5000)
  assert.deepEqual(new Set(all.map(({ status }) => status)), new Set([200, 503]))
  assert.equal(all.filter(({ status }) => status === 200).length, 1000)
})
