// Marks are planted in payloads, responses, secrets and URLs. Once they are erased, no file of the installation has them,
// neither while the service runs nor after a stop.

import assert from 'node:assert/strict'
import { globSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { suite, test, type TestContext } from 'node:test'
import { until } from './support/api-rig.ts'
import { found, mark } from './support/marks.ts'
import { startNodes } from './support/nodes.ts'
import { createOperatorClient, expectStatus, type OperatorClient } from './support/operator-client.ts'
import { startReceiver } from './support/receiver.ts'
import { createInstallation, type Installation, type ServerProcess, startServer } from './support/server-process.ts'
import { testDatabase } from './support/test-database.ts'

const events = 40

interface Running {
  readonly installation: Installation
  readonly receiver: Awaited<ReturnType<typeof startReceiver>>
  readonly server: ServerProcess
  readonly client: OperatorClient
}

async function start(t: TestContext): Promise<Running> {
  const installation = await createInstallation()
  const receiver = await startReceiver({ behave: ({ path }) => ({ body: `answer ${path}` }) })
  const server = await startServer(installation, { POSTHORN_RATE_LIMITS: 'off' })
  const client = createOperatorClient(server.url, installation.operatorKey)
  t.after(async () => {
    await client.close()
    await server.kill('SIGKILL')
    await receiver.close()
    await installation.remove()
  })
  return { installation, receiver, server, client }
}

interface Planted {
  readonly tenant: string
  readonly endpoint: string
  readonly marks: ReadonlyMap<string, string>
  readonly last: { readonly event: string; readonly delivery: string }
}

/** A tenant whose payloads, responses, secrets and URL are marks, and are all stored. */
async function plant({ client, receiver }: Running, dialect: string, type: string): Promise<Planted> {
  const { id: tenant } = await client.createTenant({ dialect })
  const marks = new Map([
    ['payload', mark('payload')],
    ['URL and response', mark('url')],
  ])
  const url = `${receiver.url}/${marks.get('URL and response')}`
  const { id: endpoint, secrets } = await client.createEndpoint(tenant, { url, eventTypes: [type] })
  for (const [index, { value }] of secrets.entries()) marks.set(`secret ${index}`, value)
  let event = ''
  for (let count = 0; count < events; count++) {
    const data = { planted: marks.get('payload'), long: 'x'.repeat(count % 10 === 0 ? 9000 : count) }
    event = (expectStatus(await client.postEvent({ tenant, type, data }), 202) as { id: string }).id
  }
  const rows = async () => client.listDeliveries({ tenant, status: 'delivered', limit: '250' })
  await until(async () => (await rows()).length === events, 'all are delivered', 30_000)
  const shown = await client.call('GET', `/v1/events/${event}?tenant=${tenant}`)
  const [{ id: delivery }] = (shown.body as { deliveries: [{ id: string }] }).deliveries
  return { tenant, endpoint, marks, last: { event, delivery } }
}

function filesOf({ folder }: Installation): Buffer {
  const files = globSync(join(folder, '**')).filter((path) => statSync(path).isFile())
  return Buffer.concat(files.map((path) => readFileSync(path)))
}

async function isDone({ client }: Pick<Running, 'client'>, answer: { body: unknown }): Promise<void> {
  const { id } = answer.body as { id: string }
  const endedAt = async () => ((await client.call('GET', `/v1/erasures/${id}`)).body as { endedAt: string }).endedAt
  await until(async () => (await endedAt()) !== null, 'the erasure is done', 30_000)
}

suite('no file of the installation holds', { concurrency: 2 }, () => {
  test('a mark of a deleted tenant, and those of another tenant are kept', async (t) => {
    const running = await start(t)
    const { client, installation, server } = running
    const [gone, kept] = [await plant(running, 'standard', 'a'), await plant(running, 'standard', 'a')]
    assert.deepEqual(found(filesOf(installation), gone.marks), ['payload', 'URL and response'])
    await isDone(running, await client.call('DELETE', `/v1/tenants/${gone.tenant}`))
    assert.deepEqual(found(filesOf(installation), gone.marks), [])
    assert.deepEqual(found(filesOf(installation), kept.marks), ['payload', 'URL and response'])
    await server.stop()
    assert.deepEqual(found(filesOf(installation), gone.marks), [])
  })

  test('an erased payload and an erased response', async (t) => {
    const running = await start(t)
    const { client, installation, server } = running
    const { tenant, last } = await plant(running, 'standard', 'a')
    const payload = mark('payload')
    const posted = await client.postEvent({ tenant, type: 'a', data: { payload, long: 'x'.repeat(20_000) } })
    const marks = new Map([['payload', payload]])
    assert.deepEqual(found(filesOf(installation), marks), ['payload'])
    const { id } = posted.body as { id: string }
    await isDone(running, await client.call('DELETE', `/v1/deliveries/${last.delivery}/attempts/1/response`))
    await isDone(running, await client.call('DELETE', `/v1/events/${id}/data`))
    assert.deepEqual(found(filesOf(installation), marks), [])
    await server.stop()
    assert.deepEqual(found(filesOf(installation), marks), [])
  })

  test('a mark of an endpoint whose vendor deletes the history too, but those of its events', async (t) => {
    const running = await start(t)
    const { client, installation, server } = running
    const { tenant, endpoint, marks, last } = await plant(running, 'storno', 'invoice.created')
    expectStatus(await client.call('DELETE', `/v1/tenants/${tenant}/endpoints/${endpoint}`), 204)
    expectStatus(await client.call('GET', `/v1/deliveries/${last.delivery}`), 404)
    assert.deepEqual(await client.listDeliveries({ tenant }), [])
    await until(() => found(filesOf(installation), marks).length === 1, 'the erasure is done')
    await server.stop()
    assert.deepEqual(found(filesOf(installation), marks), ['payload'])
  })
})

test('an erasure goes on after a kill, and events of others are accepted meanwhile', async (t) => {
  const running = await start(t)
  const { client, installation, server } = running
  const [gone, kept] = [await plant(running, 'standard', 'a'), await plant(running, 'standard', 'a')]
  // A reader that needs the log delays the end of the erasure until after the kill.
  const reader = new DatabaseSync(join(installation.folder, 'posthorn.db'), { readOnly: true })
  reader.exec('BEGIN')
  reader.prepare('SELECT count(*) FROM tenants').get()
  const erasure = await client.call('DELETE', `/v1/tenants/${gone.tenant}`)
  await server.kill('SIGKILL')
  reader.close()
  assert.notDeepEqual(found(filesOf(installation), gone.marks), [], 'control: the kill has interrupted the erasure')
  const next = await startServer(installation)
  const again = createOperatorClient(next.url, installation.operatorKey)
  t.after(async () => {
    await again.close()
    await next.kill('SIGKILL')
  })
  expectStatus(await again.postEvent({ tenant: kept.tenant, type: 'a', data: {} }), 202)
  await isDone({ client: again }, erasure)
  assert.deepEqual(found(filesOf(installation), gone.marks), [])
})

test('several nodes erase one tenant, and none sends an event whose data another one has erased', async (t) => {
  const database = await testDatabase()
  const receiver = await startReceiver({ behave: () => ({ delayMs: 1500 }) })
  const nodes = await startNodes(2, database.url)
  t.after(async () => {
    await nodes.close()
    await receiver.close()
    await database.drop()
  })
  const [{ client: first }, { client: second }] = [nodes.at(0), nodes.at(1)]
  const { id: tenant } = await first.createTenant({ dialect: 'standard' })
  await first.createEndpoint(tenant, { url: receiver.url, eventTypes: ['a'] })
  const posted: string[] = []
  for (let count = 0; count < 20; count++) {
    const answer = await first.postEvent({ tenant, type: 'a', data: { count } })
    posted.push((expectStatus(answer, 202) as { id: string }).id)
  }
  const last = posted.at(-1) ?? ''
  const erased = expectStatus(await second.call('DELETE', `/v1/events/${last}/data`), 202) as { endedAt: string }
  assert.notEqual(erased.endedAt, null)
  const shown = async () =>
    (await second.call('GET', `/v1/events/${last}`)).body as { deliveries: { reason: string }[] }
  await until(async () => (await shown()).deliveries[0]?.reason === 'payload erased', 'it is cancelled', 1000)
  const erasure = await second.call('DELETE', `/v1/tenants/${tenant}`)
  expectStatus(erasure, 202)
  await second.createTenant({ id: tenant, dialect: 'standard' })
  for (const client of [first, second]) {
    assert.deepEqual(await client.listDeliveries({ tenant }), [])
    expectStatus(await client.call('GET', `/v1/events/${posted[0]}`), 404)
  }
  await isDone({ client: first }, erasure)
  assert.ok(receiver.requests.every(({ body }) => !body.includes('"count":19')))
})
