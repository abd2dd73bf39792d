// A change takes effect on every node at once, no matter through which node it was made: it is in effect from its
// response on. Each kind of change runs many times under load on three nodes, so that races show.

import assert from 'node:assert/strict'
import { availableParallelism, loadavg } from 'node:os'
import { after, before, suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { isSignedWith } from './support/bookkeeper.ts'
import { type Answered, change, type ChangingLoad, startChangingLoad } from './support/changing-load.ts'
import { type Node, type Nodes, startNodes } from './support/nodes.ts'
import { type Endpoint, expectStatus } from './support/operator-client.ts'
import { testDatabase } from './support/test-database.ts'

const rounds = 20
/** Requests in flight when the change is answered may still arrive for so long; longer on an overloaded machine. */
const inFlightMs = 50 * Math.max(1, (loadavg()[0] ?? 0) / availableParallelism())
const watchMs = 300
const timeout = 60_000

let database: Awaited<ReturnType<typeof testDatabase>>
let nodes: Nodes
let load: ChangingLoad
/** By kind of change, for the figures: ms from the response to the last request that should not have come. */
const latest: Record<string, number> = {}

before(async () => {
  database = await testDatabase()
  nodes = await startNodes(3, database.url)
  load = await startChangingLoad(nodes)
})

after(async () => {
  await load?.close()
  await nodes?.close()
  await database?.drop()
})

function nodeOf(round: number): Node {
  return nodes.at(round % nodes.all.length)
}

/** Runs the rounds. Each round has its own endpoint, which receives events when the round begins. */
async function eachRound(
  kind: string,
  round: (at: { path: string; url: string; item: string; endpoint: Endpoint; node: Node }) => Promise<void>,
): Promise<void> {
  await load.startTenant(kind)
  for (let index = 0; index < rounds; index++) {
    const path = `/${kind}/${index}`
    const endpoint = await nodeOf(index + 1).client.createEndpoint(kind, { url: load.url + path, eventTypes: ['*'] })
    await load.untilArrived(path, 5)
    const item = `/v1/tenants/${kind}/endpoints/${endpoint.id}`
    await round({ path, url: load.url, item, endpoint, node: nodeOf(index) })
    await nodeOf(index).client.call('DELETE', item)
  }
}

async function assertSilent(kind: string, path: string, { at }: Answered): Promise<void> {
  await sleep(watchMs)
  for (const { receivedAt } of load.arrivedAt(path)) latest[kind] = Math.max(latest[kind] ?? -1000, receivedAt - at)
  const late = load.arrivedAt(path).filter(({ receivedAt }) => receivedAt > at + inFlightMs)
  const lateness = late.map(({ receivedAt }) => `${receivedAt - at} ms`)
  assert.deepEqual(lateness, [], `requests to ${path} after the response to the change`)
}

suite('a change takes effect on every node at once', { concurrency: true, timeout }, () => {
  test('a disabled endpoint gets no more requests', async () => {
    await eachRound('disabled', async ({ path, item, node }) => {
      await assertSilent('disabled', path, await change(node, 'PATCH', item, { enabled: false }))
    })
  })

  test('a deleted endpoint gets no more requests', async () => {
    await eachRound('deleted', async ({ path, item, node }) => {
      await assertSilent('deleted', path, await change(node, 'DELETE', item))
    })
  })

  test('after a change of the URL the new one gets every request and the old one none', async () => {
    await eachRound('moved', async ({ path, url, item, node }) => {
      const moved = await change(node, 'PATCH', item, { url: `${url}${path}/new` })
      await assertSilent('moved', path, moved)
      await load.untilArrived(`${path}/new`, 3)
    })
  })

  test('after a rotation without overlap only the new secret signs', async () => {
    await eachRound('rotated', async ({ path, item, endpoint, node }) => {
      const { body, at } = await change(node, 'POST', `${item}/rotate-secret`, { overlapSeconds: 0 })
      const secret = (body as Endpoint).secrets[0]?.value ?? ''
      assert.notEqual(secret, endpoint.secrets[0]?.value)
      await load.untilArrived(path, 5, at + inFlightMs)
      const later = load.arrivedAt(path).filter(({ receivedAt }) => receivedAt > at + inFlightMs)
      const wrong = later.filter((request) => !isSignedWith(secret, request))
      const described = wrong.map(({ headers, receivedAt }) => `${receivedAt - at} ms: ${JSON.stringify(headers)}`)
      assert.deepEqual(
        described,
        [],
        `requests to ${path} signed with another secret after the response to the rotation`,
      )
    })
  })

  test('every node finds a new endpoint and matches events with it', async () => {
    await nodes.at(0).client.createTenant({ id: 'new', dialect: 'standard' })
    for (let index = 0; index < rounds; index++) {
      const url = `${load.url}/new/${index}`
      const { id } = await nodeOf(index).client.createEndpoint('new', { url, eventTypes: ['*'] })
      await Promise.all(
        nodes.all.map(async ({ client, place }) => {
          const posted = await client.postEvent({ tenant: 'new', type: 'a', data: {} })
          assert.deepEqual([posted.status, (posted.body as { deliveries: number }).deliveries], [202, index + 1])
          const found = await client.call('GET', `/v1/tenants/new/endpoints/${id}`)
          assert.equal(found.status, 200, `node ${place}`)
        }),
      )
    }
  })

  test('a revoked API key is refused by every node', async () => {
    await nodes.at(0).client.createTenant({ id: 'revoked', dialect: 'standard' })
    for (let index = 0; index < rounds; index++) {
      const { id, key } = await nodeOf(index + 1).client.createKey({ tenants: ['revoked'] })
      const use = (node: Node): Promise<{ status: number }> =>
        node.client.callAs({ authorization: `Bearer ${key}` }, 'GET', '/v1/tenants/revoked/endpoints')
      const statuses = async (): Promise<number[]> =>
        (await Promise.all(nodes.all.map(use))).map(({ status }) => status)
      assert.deepEqual(await statuses(), [200, 200, 200])
      // The key is in use during the revocation, so nodes load it again and again.
      const revoked = new AbortController()
      const using = nodes.all.map(async (node) => {
        while (!revoked.signal.aborted) await use(node)
      })
      expectStatus(await nodeOf(index).client.call('DELETE', `/v1/keys/${id}`), 204)
      assert.deepEqual(await statuses(), [401, 401, 401])
      revoked.abort()
      await Promise.all(using)
    }
  })
})

test('control: the load was high enough and no post was refused', (t) => {
  t.diagnostic(JSON.stringify({ posted: load.posted, refused: load.refused.length, lastRequestAfterMs: latest }))
  assert.ok(load.posted > 50 * rounds)
  assert.deepEqual(load.refused.slice(0, 5), [], `of ${load.posted}`)
})
