import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { ROOT_CONTEXT, SamplingDecision } from '@opentelemetry/api'
import { TraceIdRatioBasedSampler } from '@opentelemetry/sdk-trace'
import type { Event } from '../domain/event.ts'
import type { EventId, TenantId } from '../domain/ids.ts'
import { acceptIdOf, isInShare, producerContext, traceIdOf, wordsOf, wordsOfTraceId } from './trace-ids.ts'

const recordAndSampled: number = SamplingDecision.RECORD_AND_SAMPLED

const eventOf = (id: string, tenant = 'acme'): Event => ({
  id: id as EventId,
  tenant: tenant as TenantId,
  type: 'a',
  data: '{}',
  attributes: null,
  occurredAt: 0,
  acceptedAt: 0,
})

suite('trace ids of events', () => {
  test('are different for all events, and the same each time', () => {
    const ids = Array.from({ length: 20_000 }, (_, at) => traceIdOf(wordsOf(eventOf(`e${at}`))))
    assert.equal(new Set(ids).size, ids.length)
    assert.ok(ids.every((id) => /^[\da-f]{32}$/.test(id)))
    assert.equal(traceIdOf(wordsOf(eventOf('e7'))), ids[7])
    assert.notEqual(traceIdOf(wordsOf(eventOf('e7', 'other'))), ids[7])
    assert.match(acceptIdOf(wordsOf(eventOf('e7'))), /^(?!0{16})[\da-f]{16}$/)
  })

  test('are sampled as the sampler of OpenTelemetry does', () => {
    for (const ratio of [0, 0.01, 0.5, 1]) {
      const sampler = new TraceIdRatioBasedSampler(ratio)
      let sampled = 0
      for (let at = 0; at < 20_000; at++) {
        const words = wordsOf(eventOf(`msg_${at}`))
        const traceId = traceIdOf(words)
        assert.deepEqual(wordsOfTraceId(traceId), words)
        const decision: number = sampler.shouldSample(ROOT_CONTEXT, traceId).decision
        assert.equal(decision, isInShare(words, ratio) ? recordAndSampled : 0)
        if (isInShare(words, ratio)) sampled += 1
      }
      assert.ok(Math.abs(sampled / 20_000 - ratio) < 0.01, `${ratio}: ${sampled}`)
    }
  })

  test('of a producer are read from a right header only', () => {
    const [trace, span] = ['4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7']
    const right = { traceId: trace, spanId: span }
    assert.deepEqual(producerContext(`00-${trace}-${span}-01`), { ...right, isSampled: true })
    assert.deepEqual(producerContext(`00-${trace}-${span}-02`), { ...right, isSampled: false })
    assert.deepEqual(producerContext(`01-${trace}-${span}-01-more`), { ...right, isSampled: true })
    for (const wrong of [
      '',
      `ff-${trace}-${span}-01`,
      `00-${'0'.repeat(32)}-${span}-01`,
      `00-${trace}-${'0'.repeat(16)}-01`,
      `00-${trace.toUpperCase()}-${span}-01`,
      `00-${trace}-${span}`,
      `00-${trace}-${span}-01, 00-${trace}-${span}-01`,
    ]) {
      assert.equal(producerContext(wrong), null, wrong)
    }
  })
})
