import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, get, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import type { FastifyReply } from 'fastify'
import { pino } from 'pino'
import { createRig, failed, ok, type Rig } from '../../test/support/engine-rig.ts'
import type { TailFilter } from '../contracts/node-report.ts'
import type { DeliveryId } from '../domain/ids.ts'
import { settingsOperator } from '../domain/operator-key.ts'
import { limits } from '../domain/limits.ts'
import { Unavailable } from '../domain/unavailable.ts'
import { sendAnswer } from '../http/answer.ts'
import { createEngineObserver } from '../telemetry/engine-observer.ts'
import { Metrics } from '../telemetry/metrics.ts'
import { Live } from './live.ts'
import type { LiveStream, LiveStreamOptions, Second } from './live-stream.ts'

interface LiveRig extends Rig {
  readonly live: Live
  /** How often the counts were read. */
  readonly reads: () => number
}

async function liveRig(t: TestContext): Promise<LiveRig> {
  const metrics = new Metrics({
    inFlight: () => 0,
    queued: () => 0,
    waiting: async () => 0,
    outboxWaiting: async () => 0,
    outboxSetAside: async () => 0,
    droppedLogLines: () => 0,
  })
  const observer = createEngineObserver(metrics, pino({ level: 'silent' }))
  const rig = await createRig(t, { observer })
  rig.sender.respond = () => ok
  let reads = 0
  const counts = () => {
    reads += 1
    return metrics.counts()
  }
  const { store, engine, seals, clock } = rig
  return Object.assign(rig, { live: new Live({ store, engine, seals, counts, clock, observer }), reads: () => reads })
}

const everything: TailFilter = { tenant: null, endpoint: null }

function options(more: Partial<LiveStreamOptions> = {}): LiveStreamOptions {
  const textOf = (shown: Second): string => JSON.stringify(shown)
  return { filter: everything, key: settingsOperator.id, opening: 'opening', textOf, cut: () => {}, ...more }
}

/** Opens a stream whose caller reads. */
async function open({ live }: LiveRig, filter = everything): Promise<LiveStream> {
  const stream = live.open(options({ filter }))
  assert.equal((await stream.next()).value, 'opening')
  return stream
}

/** The next second of the stream, in which `act` happens. */
async function second(rig: LiveRig, stream: LiveStream, act: () => Promise<unknown> = async () => {}): Promise<Second> {
  const next = stream.next()
  await act()
  await rig.clock.advance(limits.streamTickMs)
  return JSON.parse((await next).value) as Second
}

/** Accepts events and waits until their attempts are recorded. */
async function deliver(rig: LiveRig, count: number): Promise<void> {
  const before = (await rig.deliveries('pending')).length
  await rig.accept(count)
  await rig.until(async () => (await rig.deliveries('pending')).length === before, 'the events are delivered')
}

test('a second has the counts since the one before, and the attempts that were recorded', async (t) => {
  const rig = await liveRig(t)
  const endpoint = await rig.addEndpoint('/a')
  await deliver(rig, 3)
  const stream = await open(rig)
  const { tick, rows, leftOut, gap } = await second(rig, stream, () => deliver(rig, 2))
  const attempts = { delivered: 2, rejected: 0, timedOut: 0, unreachable: 0, blocked: 0 }
  assert.deepEqual(tick, { at: tick.at, accepted: 2, attempts, waiting: 0, queued: 0, inFlight: 0, nodes: 1 })
  assert.deepEqual([rows.length, leftOut, gap], [2, 0, null])
  const [row] = rows
  const stored = (await rig.delivery(row?.delivery as DeliveryId))?.delivery
  assert.deepEqual(row, {
    at: stored?.endedAt,
    node: String(rig.engine.membership.incarnation),
    delivery: stored?.id,
    event: stored?.eventId,
    eventType: stored?.eventType,
    tenant: stored?.tenant,
    endpoint: endpoint.id,
    dialect: 'standard',
    status: 'delivered',
    attempt: 1,
    outcome: 'delivered',
    httpStatus: 200,
    durationMs: 0,
  })
  assert.deepEqual((await second(rig, stream)).tick.accepted, 0)
})

test('a failed attempt is shown with the delivery still pending', async (t) => {
  const rig = await liveRig(t)
  await rig.addEndpoint('/a')
  rig.sender.respond = () => failed
  const stream = await open(rig)
  const { tick, rows } = await second(rig, stream, async () => {
    await rig.accept(1)
    await rig.until(async () => (await rig.deliveries('pending'))[0]?.attempts === 1, 'the attempt is recorded')
  })
  assert.equal(tick.attempts.rejected, 1)
  assert.deepEqual(
    rows.map(({ status, outcome, httpStatus }) => [status, outcome, httpStatus]),
    [['pending', 'rejected', 500]],
  )
})

test('a stream shows the last 20 attempts of a second, and counts the others', async (t) => {
  const rig = await liveRig(t)
  const endpoint = await rig.addEndpoint('/a')
  const all = await open(rig)
  const own = await open(rig, { tenant: endpoint.tenant, endpoint: endpoint.id })
  const foreign = await open(rig, { tenant: 'another', endpoint: null })
  const [first, others] = [all.next(), [own.next(), foreign.next()]]
  await deliver(rig, 50)
  await rig.clock.advance(limits.streamTickMs)
  const seconds = [first, ...others].map(async (next) => JSON.parse((await next).value) as Second)
  const shown = (await Promise.all(seconds)).map(({ rows, leftOut, tick }) => [rows.length, leftOut, tick.accepted])
  const shownMax = limits.streamRowsMax
  assert.deepEqual(shown, [
    [shownMax, 50 - shownMax, 50],
    [shownMax, 50 - shownMax, 50],
    [0, 0, 50],
  ])
})

test('nothing runs while no stream is open', async (t) => {
  const rig = await liveRig(t)
  const stream = await open(rig)
  await second(rig, stream)
  await stream.return()
  await rig.clock.advance(limits.streamTickMs)
  const before = rig.reads()
  for (let seconds = 0; seconds < 5; seconds++) await rig.clock.advance(limits.streamTickMs)
  assert.equal(rig.reads(), before)
})

test('a caller that reads too slowly learns how much it has missed', async (t) => {
  const rig = await liveRig(t)
  await rig.addEndpoint('/a')
  const stream = await open(rig)
  for (let seconds = 0; seconds < 3; seconds++) {
    await deliver(rig, 30)
    await rig.clock.advance(limits.streamTickMs)
  }
  const { gap, rows, leftOut } = await second(rig, stream, () => deliver(rig, 1))
  assert.deepEqual([gap, rows.length, leftOut], ['unread', 1, 90])
  assert.equal((await second(rig, stream)).gap, null)
})

test('a node has a bounded number of streams', async (t) => {
  const rig = await liveRig(t)
  const streams = Array.from({ length: limits.streamsMax }, () => rig.live.open(options()))
  assert.throws(() => rig.live.open(options()), Unavailable)
  await streams[0]?.return()
  await open(rig)
})

test('a stop ends all streams, and no other one is opened', async (t) => {
  const rig = await liveRig(t)
  const stream = await open(rig)
  let cut = 0
  rig.live.open(options({ cut: () => (cut += 1) }))
  const next = stream.next()
  rig.live.stop()
  assert.equal((await next).done, true)
  await rig.clock.advance(limits.streamEndMs)
  assert.equal(cut, 1, 'a caller that does not read is cut off')
  assert.throws(() => rig.live.open(options()), Unavailable)
})

test('a caller that does not read costs a bounded amount of memory, and is cut off', async (t) => {
  const rig = await liveRig(t)
  const textBytes = 100_000
  let answer: ServerResponse | undefined
  const server = createServer((request, raw) => {
    const { socket } = request
    const stream = rig.live.open(options({ textOf: () => 'x'.repeat(textBytes), cut: () => socket.destroy() }))
    const reply = { raw, request: { id: 'req_1', answerHeaders: null }, log: { error: assert.fail } }
    sendAnswer(reply as unknown as FastifyReply, { status: 200, body: stream })
    answer = raw
  })
  t.after(() => server.close())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const caller = get({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' })
  caller.on('error', () => {})
  const [response] = await once(caller, 'response')
  response.pause()
  let seconds = 0
  for (; seconds < 1000; seconds++) {
    if (answer?.destroyed !== false) break
    await rig.clock.advance(limits.streamTickMs)
    assert.ok(answer.writableLength < 4 * textBytes, `${answer.writableLength} bytes wait`)
  }
  t.diagnostic(`cut off after ${seconds} s, ${textBytes} bytes a second`)
  assert.equal(answer?.destroyed, true, 'the connection is open')
})
