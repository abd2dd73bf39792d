// Traces in OpenTelemetry. This file is loaded only if tracing is on. The decision to sample is made before any span, so
// that an event that is not sampled costs a hash of its id and nothing more.

import {
  type Attributes,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
} from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources'
import {
  AlwaysOnSampler,
  BatchSpanProcessor,
  type IdGenerator,
  RandomIdGenerator,
  type SpanExporter,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import { LRUCache } from 'lru-cache'
import type { AttemptSpan, AttemptTarget, Trace, TracedDelivery, Tracer } from '../contracts/tracer.ts'
import type { Attempt } from '../domain/attempt.ts'
import type { Event } from '../domain/event.ts'
import type { DeliveryId } from '../domain/ids.ts'
import { limits } from '../domain/limits.ts'
import { acceptIdOf, isInShare, producerContext, traceIdOf, wordsOf, wordsOfTraceId } from './trace-ids.ts'

export interface TracerOptions {
  readonly ratio: number
  readonly followsProducer: boolean
  readonly delayMs: number
  readonly queueMax: number
  readonly batchMax: number
  /** Whether deliveries of a dialect have the header `traceparent`. */
  readonly reaches: (dialect: string) => boolean
  readonly version: string
  /** Called with the reason when spans could not be exported, at most once in `limits.repeatedFailureMs`. */
  readonly failed: (reason: string) => void
}

/** The trace of an event. `traceId` and `spanId`, those of the span that accepts it, are empty unless it is sampled. */
interface OwnTrace extends Trace {
  /** Whether the producer sent it. Then no other node knows it. */
  readonly isJoined: boolean
  readonly traceId: string
  readonly spanId: string
  /** Absent on a node that has not accepted the event. */
  readonly span?: Span
}

const unsampled = { isSampled: false, isJoined: false, traceId: '', spanId: '' } as const
const unsampledByProducer = { ...unsampled, isJoined: true } as const

export class OtelTracer implements Tracer {
  readonly #options: TracerOptions
  readonly #ids = new GivenIds()
  readonly #provider: TracerProvider
  readonly #tracer: ReturnType<TracerProvider['getTracer']>
  /** Traces of producers whose deliveries wait in the database: a retry on this node continues them. */
  readonly #waiting = new LRUCache<DeliveryId, OwnTrace>({ max: limits.waitingTracesMax })

  constructor(options: TracerOptions) {
    this.#options = options
    const { version, delayMs, queueMax, batchMax } = options
    const own = resourceFromAttributes({ 'service.name': 'posthorn', 'service.version': version })
    this.#provider = new TracerProvider({
      resource: defaultResource()
        .merge(own)
        .merge(detectResources({ detectors: [envDetector] })),
      sampler: new AlwaysOnSampler(),
      idGenerator: this.#ids,
      spanProcessors: [
        new BatchSpanProcessor({
          exporter: reporting(new OTLPTraceExporter(), options.failed),
          scheduledDelayMillis: delayMs,
          maxQueueSize: queueMax,
          maxExportBatchSize: batchMax,
        }),
      ],
    })
    this.#tracer = this.#provider.getTracer('posthorn', version)
  }

  accepting(event: Event, traceparent: string | undefined): OwnTrace {
    const { ratio, followsProducer } = this.#options
    const producer = traceparent === undefined ? null : producerContext(traceparent)
    if (producer === null) {
      const words = wordsOf(event)
      if (!isInShare(words, ratio)) return unsampled
      const [traceId, spanId] = [traceIdOf(words), acceptIdOf(words)]
      this.#ids.next = { traceId, spanId }
      return { isSampled: true, isJoined: false, traceId, spanId, span: this.#start('accept', SpanKind.SERVER, event) }
    }
    const { traceId, spanId: parent, isSampled } = producer
    if (!(followsProducer ? isSampled : isInShare(wordsOfTraceId(traceId), ratio))) return unsampledByProducer
    const span = this.#start('accept', SpanKind.SERVER, event, { traceId, spanId: parent })
    return { isSampled: true, isJoined: true, traceId, spanId: span.spanContext().spanId, span }
  }

  committed(given: Trace, queuedAt: number): void {
    if (!given.isSampled) return
    const startTime = performance.timeOrigin + queuedAt
    this.#tracer.startSpan('posthorn.commit', { startTime }, contextOf(given as OwnTrace)).end()
  }

  accepted(given: Trace, result: string | null, deliveries: number): void {
    const { span } = given as OwnTrace
    if (span === undefined) return
    span.setAttributes({ 'posthorn.result': result ?? 'unavailable', 'posthorn.deliveries': deliveries })
    if (result === null) span.setStatus({ code: SpanStatusCode.ERROR, message: 'unavailable' })
    span.end()
  }

  waits({ id, trace: given }: TracedDelivery): void {
    const own = given as OwnTrace | undefined
    if (!own?.isJoined) return
    // Without its span, which may have ended long ago.
    const { isSampled, isJoined, traceId, spanId } = own
    this.#waiting.set(id, { isSampled, isJoined, traceId, spanId })
  }

  attempting(delivery: TracedDelivery, { dialect, endpoint, url }: AttemptTarget): AttemptSpan | null {
    const found = (delivery.trace as OwnTrace | undefined) ?? this.#found(delivery)
    if (!found.isSampled) return null
    const span = this.#start('attempt', SpanKind.CLIENT, delivery.event, found, {
      'posthorn.dialect': dialect,
      'posthorn.endpoint.id': endpoint,
      'posthorn.delivery.id': delivery.id,
      'http.request.resend_count': delivery.attempts,
      // The path and the query of an endpoint may have a secret.
      'server.address': URL.parse(url)?.hostname ?? '',
    })
    const { traceId, spanId } = span.spanContext()
    return {
      traceId,
      traceparent: this.#options.reaches(dialect) ? `00-${traceId}-${spanId}-01` : null,
      end: (attempt) => endAttempt(span, attempt),
    }
  }

  /** Exports the finished spans, for at most `limits.lastSpansMs`. */
  async stop(): Promise<void> {
    const late = Promise.withResolvers<void>()
    const timer = setTimeout(late.resolve, limits.lastSpansMs)
    await Promise.race([this.#provider.shutdown().catch(() => {}), late.promise])
    clearTimeout(timer)
  }

  /** The trace of a delivery that was read from the database. */
  #found({ id, event }: TracedDelivery): OwnTrace {
    const kept = this.#waiting.get(id)
    if (kept !== undefined) return kept
    const words = wordsOf(event)
    if (!isInShare(words, this.#options.ratio)) return unsampled
    return { isSampled: true, isJoined: false, traceId: traceIdOf(words), spanId: acceptIdOf(words) }
  }

  #start(
    name: 'accept' | 'attempt',
    kind: SpanKind,
    { tenant, id, type }: Event,
    parent?: Pick<OwnTrace, 'traceId' | 'spanId'>,
    more?: Attributes,
  ): Span {
    const attributes = { 'posthorn.tenant': tenant, 'posthorn.event.id': id, 'posthorn.event.type': type, ...more }
    const context = parent === undefined ? ROOT_CONTEXT : contextOf(parent)
    return this.#tracer.startSpan(`posthorn.${name}`, { kind, attributes }, context)
  }
}

function contextOf({ traceId, spanId }: Pick<OwnTrace, 'traceId' | 'spanId'>) {
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: TraceFlags.SAMPLED })
}

function endAttempt(span: Span, { outcome, number }: Attempt): void {
  span.setAttributes({ 'posthorn.attempt': number, 'posthorn.outcome': outcome.kind })
  if ('status' in outcome) span.setAttribute('http.response.status_code', outcome.status)
  if (outcome.kind !== 'delivered') {
    span.setAttribute('error.type', outcome.kind)
    span.setStatus({ code: SpanStatusCode.ERROR })
  }
  span.end()
}

/** Random ids, except for a root span whose ids are given. */
class GivenIds implements IdGenerator {
  readonly #random = new RandomIdGenerator()
  next: { readonly traceId: string; readonly spanId: string } | null = null

  // The SDK asks for the id of a span first, and then, if it is a root, for that of its trace.
  generateSpanId(): string {
    return this.next?.spanId ?? this.#random.generateSpanId()
  }

  generateTraceId(): string {
    const { next } = this
    this.next = null
    return next?.traceId ?? this.#random.generateTraceId()
  }
}

/** The exporter, whose failures are reported. */
function reporting(exporter: SpanExporter, failed: TracerOptions['failed']): SpanExporter {
  let reportedAt = Number.NEGATIVE_INFINITY
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        done(result)
        if (result.error === undefined || performance.now() - reportedAt < limits.repeatedFailureMs) return
        reportedAt = performance.now()
        failed(result.error.message)
      })
    },
    shutdown: () => exporter.shutdown(),
    forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
  }
}
