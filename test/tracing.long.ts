// Traces of events, received over OTLP from real services on both databases.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { suite, test, type TestContext } from 'node:test'
import { until } from './support/api-rig.ts'
import { createOperatorClient, type OperatorClient } from './support/operator-client.ts'
import { type OtlpReceiver, type ReceivedSpan, startOtlpReceiver } from './support/otlp-receiver.ts'
import { type Receiver, startReceiver } from './support/receiver.ts'
import { createInstallation, startServer, weakenedBy, type ServerProcess } from './support/server-process.ts'
import { runFolder, serve } from './support/serve-run.ts'
import { testDatabase } from './support/test-database.ts'

const databases = ['sqlite', 'postgres'] as const

interface Rig {
  readonly collector: OtlpReceiver
  readonly receiver: Receiver
  /** Starts a server, or one more on PostgreSQL. */
  start(env?: Readonly<Record<string, string>>): Promise<{ server: ServerProcess; client: OperatorClient }>
  post(client: OperatorClient, id: string, traceparent?: string): Promise<void>
  /** Waits until there are so many such spans, at most 15 s. */
  spans(count: number, of: (span: ReceivedSpan) => boolean): Promise<readonly ReceivedSpan[]>
}

async function createTestRig(t: TestContext, database: (typeof databases)[number], fails: () => boolean): Promise<Rig> {
  const [installation, collector] = [await createInstallation(), await startOtlpReceiver()]
  const place = database === 'postgres' ? await testDatabase() : null
  const receiver = await startReceiver({ behave: () => (fails() ? { status: 500 } : {}) })
  const closing: (() => Promise<unknown>)[] = []
  t.after(async () => {
    for (const close of closing) await close()
    await Promise.all([collector.close(), receiver.close(), place?.drop(), installation.remove()])
  })
  return {
    collector,
    receiver,
    async start(env = {}) {
      const server = await startServer(installation, {
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        OTEL_SERVICE_NAME: 'webhooks',
        OTEL_BSP_SCHEDULE_DELAY: '50',
        POSTHORN_RETRY_SCALE: '0.001',
        ...(place !== null && { POSTHORN_DATABASE: place.url }),
        ...env,
      })
      const client = createOperatorClient(server.url, installation.operatorKey)
      closing.push(async () => {
        await client.close()
        await server.kill('SIGKILL')
      })
      return { server, client }
    },
    async post(client, id, traceparent) {
      const authorization = `Bearer ${installation.operatorKey}`
      const headers = { authorization, ...(traceparent !== undefined && { traceparent }) }
      const event = { tenant: 'acme', type: 'order.paid', data: {}, id }
      assert.equal((await client.callAs(headers, 'POST', '/v1/events', event)).status, 202)
    },
    async spans(count, of) {
      await until(() => collector.spans.filter(of).length >= count, `${count} spans arrive`, 15_000)
      return collector.spans.filter(of)
    },
  }
}

async function setUp(client: OperatorClient, { url }: Receiver): Promise<void> {
  await client.createTenant({ id: 'acme', dialect: 'standard' })
  await client.createEndpoint('acme', { url, eventTypes: ['*'] })
}

const ofEvent = (id: string) => (span: ReceivedSpan) => span.attributes['posthorn.event.id'] === id
const newTrace = (flags: string) => {
  const [traceId, spanId] = [randomBytes(16).toString('hex'), randomBytes(8).toString('hex')]
  return { traceId, spanId, traceparent: `00-${traceId}-${spanId}-${flags}` }
}

for (const database of databases) {
  suite(`traces on ${database}`, { timeout: 60_000 }, () => {
    test('join that of the producer, reach receivers of the dialects that are named, and are in the metrics', async (t) => {
      const rig = await createTestRig(t, database, () => false)
      const { server, client } = await rig.start({ POSTHORN_TRACED_DIALECTS: 'standard' })
      await setUp(client, rig.receiver)
      const { traceId, spanId, traceparent } = newTrace('01')
      await rig.post(client, 'joined', traceparent)
      const spans = await rig.spans(3, (span) => span.traceId === traceId)
      const [accept, commit, attempt] = ['accept', 'commit', 'attempt'].map((name) => {
        const found = spans.find((span) => span.name === `posthorn.${name}`)
        assert.ok(found, name)
        return found
      }) as [ReceivedSpan, ReceivedSpan, ReceivedSpan]
      assert.deepEqual([accept.parentId, commit.parentId, attempt.parentId], [spanId, accept.spanId, accept.spanId])
      assert.equal(accept.resource['service.name'], 'webhooks')
      const { 'posthorn.tenant': tenant, 'posthorn.result': result, 'posthorn.deliveries': count } = accept.attributes
      assert.deepEqual([tenant, result, count], ['acme', 'stored', 1])
      assert.equal(attempt.attributes['posthorn.outcome'], 'delivered')
      assert.equal(attempt.attributes['http.response.status_code'], 200)
      assert.ok(accept.startMs <= commit.startMs && commit.endMs <= accept.endMs && attempt.startMs >= accept.startMs)
      const [request] = rig.receiver.requests
      assert.equal(request?.headers['traceparent'], `00-${traceId}-${attempt.spanId}-01`)

      const metrics = await fetch(`${server.url}/metrics`)
      assert.match(metrics.headers.get('content-type') ?? '', /^application\/openmetrics-text/)
      const text = await metrics.text()
      assert.match(text, new RegExp(`^posthorn_attempt_duration_seconds_bucket.* # \\{trace_id="${traceId}"\\} `, 'm'))
      assert.match(text, /^posthorn_events_accepted_total 1$/m)
    })

    test('begin here without one, and are continued by the retry of another process', async (t) => {
      let fails = true
      const rig = await createTestRig(t, database, () => fails)
      const first = await rig.start(database === 'postgres' ? { POSTHORN_ROLE: 'api' } : {})
      const worker = database === 'postgres' ? await rig.start({ POSTHORN_ROLE: 'worker' }) : null
      await setUp(first.client, rig.receiver)
      await rig.post(first.client, 'retried')
      const before = await rig.spans(2, (span) => ofEvent('retried')(span))
      const attempt = before.find(({ name }) => name === 'posthorn.attempt')
      assert.deepEqual([attempt?.status, attempt?.attributes['error.type']], [2, 'rejected'])
      await (worker ?? first).server.stop()
      fails = false
      await rig.start(database === 'postgres' ? { POSTHORN_ROLE: 'worker' } : {})
      const delivered = (span: ReceivedSpan): boolean => span.attributes['posthorn.outcome'] === 'delivered'
      const [last] = await rig.spans(1, (span) => ofEvent('retried')(span) && delivered(span))
      assert.ok(Number(last?.attributes['http.request.resend_count']) >= 1)
      const accept = before.find(({ name }) => name === 'posthorn.accept')
      assert.deepEqual([last?.traceId, last?.parentId], [accept?.traceId, accept?.spanId])
      assert.ok(rig.receiver.requests.every(({ headers }) => headers['traceparent'] === undefined))
    })

    test('of a producer are continued by a retry of the same process, and are not recorded if it says so', async (t) => {
      let fails = true
      const rig = await createTestRig(t, database, () => fails)
      const { server, client } = await rig.start()
      await setUp(client, rig.receiver)
      const [recorded, unrecorded] = [newTrace('01'), newTrace('00')]
      await rig.post(client, 'unrecorded', unrecorded.traceparent)
      await rig.post(client, 'recorded', recorded.traceparent)
      await rig.receiver.untilReceived(4)
      fails = false
      const isLast = (span: ReceivedSpan): boolean => span.attributes['posthorn.outcome'] === 'delivered'
      const [last] = await rig.spans(1, (span) => ofEvent('recorded')(span) && isLast(span))
      assert.equal(last?.traceId, recorded.traceId)
      await server.stop()
      assert.deepEqual(rig.collector.spans.filter(ofEvent('unrecorded')), [])
    })
  })
}

suite('tracing', { timeout: 60_000 }, () => {
  test('is off by default, or by OTEL_SDK_DISABLED; a start without it, tokens and a terminal loads no module for them', async () => {
    const installation = await createInstallation()
    const watched = weakenedBy('lean-start.ts')
    const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' }
    for (const env of [watched, { ...watched, ...endpoint, OTEL_SDK_DISABLED: 'true' }]) {
      const server = await startServer(installation, env)
      await server.stop()
    }
    await assert.rejects(startServer(installation, { ...watched, ...endpoint }), /loads @opentelemetry\/sdk/)
    const tokens = { POSTHORN_JWT_SECRET: randomBytes(32).toString('hex'), POSTHORN_JWT_AUDIENCE: 'posthorn' }
    await assert.rejects(startServer(installation, { ...watched, ...tokens }), /loads jose/)
    await installation.remove()
  })

  test('records the share of OTEL_TRACES_SAMPLER, and a collector that is away delays nothing', async (t) => {
    const rig = await createTestRig(t, 'sqlite', () => false)
    const sampler = { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.1' }
    const { server, client } = await rig.start(sampler)
    await setUp(client, rig.receiver)
    const events = Array.from({ length: 1000 }, (_, at) => ({ tenant: 'acme', type: 'a', data: {}, id: `e${at}` }))
    assert.equal((await client.call('POST', '/v1/events/batch', { events })).status, 202)
    await rig.receiver.untilReceived(1000)
    await server.stop()
    const accepted = rig.collector.spans.filter(({ name }) => name === 'posthorn.accept').length
    assert.ok(accepted > 50 && accepted < 170, String(accepted))
    assert.equal(rig.collector.spans.length, 3 * accepted)

    const alone = await rig.start({
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
      OTEL_EXPORTER_OTLP_TIMEOUT: '500',
    })
    await rig.post(alone.client, 'alone')
    await rig.receiver.untilReceived(1001)
    await until(() => alone.server.output().includes('spans cannot be exported'), 'the log says so', 20_000)
    await alone.server.stop()
  })

  test('refuses variables that it cannot follow, with one line', async (t) => {
    const folder = await runFolder(t)
    const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' }
    for (const [env, message] of [
      [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' }, /OTEL_EXPORTER_OTLP_ENDPOINT must be an http/],
      [{ ...endpoint, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, /OTEL_EXPORTER_OTLP_PROTOCOL must be http\/protobuf/],
      [{ ...endpoint, OTEL_TRACES_SAMPLER: 'xray' }, /OTEL_TRACES_SAMPLER must be one of/],
      [{ ...endpoint, OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '2' }, /ARG must be a number/],
      [{ POSTHORN_TRACED_DIALECTS: 'standart' }, /POSTHORN_TRACED_DIALECTS names standart/],
    ] as const) {
      const started = serve(t, folder, { POSTHORN_PORT: '0', ...env })
      assert.equal(await started.exited(), 2)
      assert.match(started.stderr(), new RegExp(`^posthorn: .*${message.source}.*\\n$`))
    }
  })
})
