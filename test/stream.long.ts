// `GET /v1/stream` and `GET /v1/status` of a real server. src/operations/live.test.ts tests the bounds of a stream whose
// caller does not read.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { limits } from '../src/domain/limits.ts'
import { eventType, startApiRig, type TestTenant, until } from './support/api-rig.ts'
import { background, commandLines, withoutCurl } from './support/documented.ts'
import { type EventStream, eventsIn, eventStream, openStream } from './support/event-stream.ts'
import { createInstallation, startServer } from './support/server-process.ts'

const rig = await startApiRig()
after(() => rig.close())
const bearer = (key: string) => ({ authorization: `Bearer ${key}` })
const asOperator = bearer(rig.installation.operatorKey)
const open = (path?: string, headers: Readonly<Record<string, string>> = asOperator): Promise<EventStream> =>
  openStream(rig.server.url, headers, path)

/** Posts events in one request. */
async function post({ id }: TestTenant, count: number): Promise<void> {
  const events = Array.from({ length: count }, () => ({ tenant: id, type: eventType, data: {} }))
  await rig.want(202, { method: 'POST', path: '/v1/events/batch', body: { events } })
}

/** The attempts that a stream has shown or counted. */
function tailed(stream: EventStream): number {
  const leftOut = stream.of('left-out').reduce((total, { count }) => total + Number(count), 0)
  return stream.of('delivery').length + leftOut
}

suite('a stream', () => {
  test('shows each second what happened, and the attempts with their fields', async () => {
    const tenant = await rig.tenant('allo')
    const endpoint = await rig.endpoint(tenant)
    rig.behaviours.set(endpoint.path, () => ({ status: 503 }))
    const stream = await open()
    assert.deepEqual(
      ['content-type', 'x-accel-buffering', 'cache-control', 'x-content-type-options', 'content-encoding'].map(
        (name) => stream.headers[name],
      ),
      [eventStream, 'no', 'no-store', 'nosniff', undefined],
    )
    assert.match(String(stream.headers['x-request-id']), /^req_/)
    const event = await rig.event(tenant)
    await stream.until(() => stream.sum(({ attempts }) => attempts['rejected'] ?? 0) === 1, 'the attempt is counted')
    assert.equal(
      stream.sum(({ accepted }) => accepted),
      1,
    )
    await stream.until(() => stream.of('delivery').length === 1, 'the attempt is shown')
    const [row] = stream.of('delivery')
    const delivery = await rig.want(200, { path: `/v1/deliveries/${String(row?.['delivery'])}` })
    const [attempt] = delivery.history
    assert.deepEqual(row, {
      at: row?.['at'],
      node: '1',
      delivery: delivery.id,
      event,
      eventType,
      tenant: tenant.id,
      endpoint: endpoint.id,
      dialect: 'allo',
      status: 'pending',
      attempt: 1,
      outcome: 'rejected',
      httpStatus: 503,
      durationMs: attempt?.['durationMs'],
    })
    const ended = Date.parse(String(attempt?.['startedAt'])) + Number(attempt?.['durationMs'])
    assert.equal(Date.parse(String(row?.['at'])), ended)
    const ticks = stream.of('tick').length
    await stream.until(() => stream.of('tick').length === ticks + 2, 'it goes on')
    stream.close()
  })

  test('shows at most 20 attempts a second, and counts the others', async () => {
    const tenant = await rig.tenant('standard')
    await rig.endpoint(tenant)
    const stream = await open()
    await post(tenant, 200)
    await stream.until(() => tailed(stream) === 200, 'all attempts are shown or counted')
    assert.equal(
      stream.sum(({ attempts }) => attempts['delivered'] ?? 0),
      200,
    )
    let inSecond = 0
    for (const { event } of stream.events) {
      inSecond = event === 'tick' ? 0 : inSecond + Number(event === 'delivery')
      assert.ok(inSecond <= limits.streamRowsMax)
    }
    stream.close()
  })

  test('shows a tenant or an endpoint alone', async () => {
    const [own, foreign] = [await rig.tenant('standard'), await rig.tenant('standard')]
    const [first, second] = [await rig.endpoint(own), await rig.endpoint(own)]
    await rig.endpoint(foreign)
    const ofTenant = await open(`/v1/stream?tenant=${own.id}`)
    const ofEndpoint = await open(`/v1/stream?tenant=${own.id}&endpoint=${first.id}`)
    await post(foreign, 30)
    await post(own, 1)
    await ofTenant.until(() => ofTenant.sum(({ accepted }) => accepted) === 31, 'all events are counted')
    await ofTenant.until(() => tailed(ofTenant) === 2, 'both attempts are shown')
    const shown = (stream: EventStream) => stream.of('delivery').map(({ endpoint }) => endpoint)
    assert.deepEqual(new Set(shown(ofTenant)), new Set([first.id, second.id]))
    await ofEndpoint.until(() => tailed(ofEndpoint) === 1, 'its attempt is shown')
    assert.deepEqual(shown(ofEndpoint), [first.id])
    for (const stream of [ofTenant, ofEndpoint]) stream.close()

    await rig.want(404, { path: '/v1/stream?tenant=nobody' })
    await rig.want(404, { path: `/v1/stream?tenant=${own.id}&endpoint=nothing` })
    const { errors } = await rig.want(400, { path: `/v1/stream?endpoint=${first.id}` })
    assert.deepEqual(errors, [{ field: 'tenant', message: 'is required with endpoint' }])
  })

  test('begins with `reset` for a browser that connects again', async () => {
    const [again, first] = [await open('/v1/stream', { ...asOperator, 'last-event-id': '1' }), await open()]
    await again.until(() => again.of('tick').length > 0, 'a tick')
    assert.deepEqual(again.events[0], { event: 'reset', data: { reason: 'reconnected' } })
    await first.until(() => first.of('tick').length > 0, 'a tick')
    assert.equal(first.events[0]?.event, 'tick')
    for (const stream of [again, first]) stream.close()
  })

  test('ends within a few seconds when its operator key is deleted or ends', async () => {
    const [deleted, ended] = await Promise.all(
      ['a', 'b'].map((name) =>
        rig.want(201, { method: 'POST', path: '/v1/operator-keys', body: { name, role: 'read' } }),
      ),
    )
    assert.ok(deleted !== undefined && ended !== undefined)
    const streams = [await open('/v1/stream', bearer(deleted.key)), await open('/v1/stream', bearer(ended.key))]
    const other = await open()
    for (const stream of streams) await stream.until(() => stream.of('tick').length > 3, 'ticks')
    await rig.want(204, { method: 'DELETE', path: `/v1/operator-keys/${deleted.id}` })
    const expiresAt = new Date(Date.now() + 500).toISOString()
    await rig.want(200, { method: 'PATCH', path: `/v1/operator-keys/${ended.id}`, body: { expiresAt } })
    const startedAt = Date.now()
    assert.deepEqual(await Promise.all(streams.map((stream) => stream.ended)), [true, true])
    assert.ok(Date.now() - startedAt < 5000)
    const ticks = other.of('tick').length
    await other.until(() => other.of('tick').length > ticks, 'the stream of another key goes on')
    other.close()
  })

  test('is refused with 503 when a node has too many, until one is closed', async () => {
    // The streams of other tests end first.
    await sleep(2 * limits.streamTickMs)
    const streams = await Promise.all(Array.from({ length: limits.streamsMax }, () => open()))
    assert.deepEqual(new Set(streams.map(({ status }) => status)), new Set([200]))
    const refused = await rig.ask({ path: '/v1/stream' })
    assert.deepEqual([refused.status, refused.headers['retry-after']], [503, '1'])
    streams.pop()?.close()
    await sleep(2 * limits.streamTickMs)
    streams.push(await open())
    assert.equal(streams.at(-1)?.status, 200)
    for (const stream of streams) stream.close()
  })
})

test('open streams do not delay a stop', async (t) => {
  const installation = await createInstallation()
  const server = await startServer(installation)
  t.after(async () => {
    await server.kill('SIGKILL')
    await installation.remove()
  })
  const headers = bearer(installation.operatorKey)
  const streams = await Promise.all([1, 2, 3].map(() => openStream(server.url, headers)))
  const unread = connect(server.port, '127.0.0.1')
  await once(unread, 'connect')
  unread.pause()
  unread.on('error', () => {})
  unread.write(`GET /v1/stream HTTP/1.1\r\nhost: x\r\nauthorization: ${headers.authorization}\r\n\r\n`)
  for (const stream of streams) await stream.until(() => stream.of('tick').length > 1, 'ticks')
  const startedAt = Date.now()
  await server.stop()
  assert.ok(Date.now() - startedAt < 3000, `${Date.now() - startedAt} ms`)
  assert.deepEqual(await Promise.all(streams.map(({ ended }) => ended)), [true, true, true])
  unread.destroy()
})

test('the command of docs/operating.md shows the stream', { skip: withoutCurl }, async (t) => {
  const lines = commandLines('docs/operating.md', 'Watch it live')
  assert.equal(lines.length, 2)
  const folder = await mkdtemp(join(tmpdir(), 'posthorn-watch-'))
  t.after(() => rm(folder, { recursive: true }))
  await mkdir(join(folder, 'data'))
  await writeFile(join(folder, 'data', 'operator-key'), `${rig.installation.operatorKey}\n`)
  const watching = background(t, folder, `export POSTHORN_PORT=${rig.server.port}\n${lines.join('\n')}`)
  await until(() => eventsIn(watching.output()).length > 1, 'two ticks')
  assert.deepEqual(new Set(eventsIn(watching.output()).map(({ event }) => event)), new Set(['tick']))
  await watching.stop('SIGTERM')
})

test('the status has the node, the database and the retention', async () => {
  const { nodes, database, retention, version, ...counts } = await rig.want(200, { path: '/v1/status' })
  const [node, ...others] = nodes as Readonly<Record<string, unknown>>[]
  assert.deepEqual(
    [node, others],
    [{ id: '1', startedAt: node?.['startedAt'], version, role: 'all', isLive: true, heartbeatAt: null }, []],
  )
  assert.match(String(version), /^\d+\.\d+\.\d+/)
  const { kind, bytes } = database as { kind: string; bytes: number }
  assert.ok(kind === 'sqlite' && bytes > 100_000 && bytes < 100_000_000, `${bytes} bytes`)
  assert.deepEqual(retention, { historyDays: 30, auditDays: 400 })
  assert.deepEqual(Object.keys(counts).toSorted(), ['inFlight', 'queued', 'waiting'])
})
