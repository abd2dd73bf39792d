// A change acts at once on every node, whichever of them it was made through: what was answered holds from the answer
// on. Each kind of change is tried many times under load through three nodes, so that races show.

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
/** What was under way when the change was answered may still come in; it takes longer on a machine with too much to do. */
const underWayMs = 50 * Math.max(1, (loadavg()[0] ?? 0) / availableParallelism())
const watchMs = 300
const timeout = 60_000

let database: Awaited<ReturnType<typeof testDatabase>>
let nodes: Nodes
let load: ChangingLoad
/** How long after the answer the last request came that the change should have kept from coming; for the figures. */
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

/** Runs the rounds; each has an endpoint of its own that is getting events when it begins. */
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
  const late = load.arrivedAt(path).filter(({ receivedAt }) => receivedAt > at + underWayMs)
  const lateness = late.map(({ receivedAt }) => `${receivedAt - at} ms`)
  assert.deepEqual(lateness, [], `requests came to ${path} after the change was answered`)
}

suite('a change acts at once on every node', { concurrency: true, timeout }, () => {
  test('a disabled endpoint gets nothing more', async () => {
    await eachRound('disabled', async ({ path, item, node }) => {
      await assertSilent('disabled', path, await change(node, 'PATCH', item, { enabled: false }))
    })
  })

  test('nor does a deleted one', async () => {
    await eachRound('deleted', async ({ path, item, node }) => {
      await assertSilent('deleted', path, await change(node, 'DELETE', item))
    })
  })

  test('a changed URL gets everything, and the old one nothing', async () => {
    await eachRound('moved', async ({ path, url, item, node }) => {
      const moved = await change(node, 'PATCH', item, { url: `${url}${path}/new` })
      await assertSilent('moved', path, moved)
      await load.untilArrived(`${path}/new`, 3)
    })
  })

  test('a secret rotated without overlap signs everything', async () => {
    await eachRound('rotated', async ({ path, item, endpoint, node }) => {
      const { body, at } = await change(node, 'POST', `${item}/rotate-secret`, { overlapSeconds: 0 })
      const secret = (body as Endpoint).secrets[0]?.value ?? ''
      assert.notEqual(secret, endpoint.secrets[0]?.value)
      await load.untilArrived(path, 5, at + underWayMs)
      const later = load.arrivedAt(path).filter(({ receivedAt }) => receivedAt > at + underWayMs)
      const wrong = later.filter((request) => !isSignedWith(secret, request))
      const described = wrong.map(({ headers, receivedAt }) => `${receivedAt - at} ms: ${JSON.stringify(headers)}`)
      assert.deepEqual(described, [], `${path} is signed with another secret after its rotation was answered`)
    })
  })

  test('a new endpoint is found, and matched with events, through any node', async () => {
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

  test('a revoked API key opens nothing more', async () => {
    await nodes.at(0).client.createTenant({ id: 'revoked', dialect: 'standard' })
    for (let index = 0; index < rounds; index++) {
      const { id, key } = await nodeOf(index + 1).client.createKey({ tenants: ['revoked'] })
      const use = (node: Node): Promise<{ status: number }> =>
        node.client.callAs({ authorization: `Bearer ${key}` }, 'GET', '/v1/tenants/revoked/endpoints')
      const statuses = async (): Promise<number[]> =>
        (await Promise.all(nodes.all.map(use))).map(({ status }) => status)
      assert.deepEqual(await statuses(), [200, 200, 200])
      // In use all the while, so that it is read again and again.
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

test('the load was one, and was served', (t) => {
  t.diagnostic(JSON.stringify({ posted: load.posted, refused: load.refused.length, lastCameAfterMs: latest }))
  assert.ok(load.posted > 1000)
  assert.deepEqual(load.refused.slice(0, 5), [], `of ${load.posted}`)
})
