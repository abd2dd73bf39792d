// The time that tracing takes for an event that is not sampled, and for one that is, without a database and a network:
//
//     node bench/tracing.ts
//
// A stage does the same calls as the engine. `npm run bench -- P1 --tracing 0.01 --against .` measures a whole service.

import type { Attempt } from '../src/domain/attempt.ts'
import type { Event } from '../src/domain/event.ts'
import type { DeliveryId, EventId, TenantId } from '../src/domain/ids.ts'
import { OtelTracer } from '../src/telemetry/tracer.ts'
import { percentile } from './statistics.ts'

const events = 200_000
const rounds = 7
const attempt: Attempt = {
  number: 1,
  startedAt: 0,
  durationMs: 1,
  outcome: { kind: 'delivered', status: 200 },
  response: '',
}

function eventOf(at: number): Event {
  const [id, tenant] = [`msg_0VcN0F9nmPA5MyrMQB8J${at}`, 'team-1'] as [EventId & string, TenantId & string]
  return { id, tenant, type: 'a', data: '{}', attributes: null, occurredAt: 0, acceptedAt: 0 }
}

function nanosecondsAt(ratio: number): number {
  const tracer = new OtelTracer({
    ratio,
    followsProducer: true,
    delayMs: 60_000,
    queueMax: 1,
    batchMax: 1,
    reaches: () => false,
    version: 'bench',
    failed: () => {},
  })
  const all = Array.from({ length: events }, (_, at) => eventOf(at))
  const target = { dialect: 'standard', endpoint: 'ep_1', url: 'https://example.com/' }
  const times = Array.from({ length: rounds }, () => {
    const startedAt = performance.now()
    for (const event of all) {
      const trace = tracer.accepting(event, undefined)
      tracer.committed(trace, startedAt)
      tracer.accepted(trace, 'stored', 1)
      tracer.attempting({ id: event.id as string as DeliveryId, event, attempts: 0, trace }, target)?.end(attempt)
    }
    return (1e6 * (performance.now() - startedAt)) / events
  })
  return Math.round(percentile(times.slice(2), 0.5))
}

console.log(`not sampled: ${nanosecondsAt(0)} ns an event`)
console.log(`1 % sampled: ${nanosecondsAt(0.01)} ns an event`)
console.log(`all sampled: ${nanosecondsAt(1)} ns an event, three spans each`)
process.exit(0)
