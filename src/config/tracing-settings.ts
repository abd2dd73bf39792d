// Tracing is set up by the variables of OpenTelemetry. The exporter and the resource read those that are not here:
// OTEL_EXPORTER_OTLP_*, OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES.

import { SettingError } from './settings.ts'

export interface TracingSettings {
  /** The share of traces that are recorded, 0 to 1. */
  readonly ratio: number
  /** Whether the decision of the producer counts, if an event has a `traceparent`. */
  readonly followsProducer: boolean
  /** How long finished spans wait for more, ms. */
  readonly delayMs: number
  /** More finished spans than these are dropped. */
  readonly queueMax: number
  /** Spans in one request. */
  readonly batchMax: number
}

type Environment = Readonly<Record<string, string | undefined>>

const samplers = ['always_on', 'always_off', 'traceidratio']

/** Null: there is no tracing, which is the default. @throws SettingError that names the variable */
export function tracingSettings(environment: Environment): TracingSettings | null {
  // An empty variable counts as absent.
  const read = (name: string): string => environment[name]?.trim() ?? ''
  const endpoint = read('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT') || read('OTEL_EXPORTER_OTLP_ENDPOINT')
  const exporter = read('OTEL_TRACES_EXPORTER')
  if (endpoint === '' || exporter === 'none' || read('OTEL_SDK_DISABLED').toLowerCase() === 'true') return null
  if (!/^https?:/.test(endpoint) || !URL.canParse(endpoint)) {
    throw new SettingError('OTEL_EXPORTER_OTLP_ENDPOINT must be an http(s) URL')
  }
  if (exporter !== '' && exporter !== 'otlp') throw new SettingError('OTEL_TRACES_EXPORTER must be otlp or none')
  const protocol = read('OTEL_EXPORTER_OTLP_TRACES_PROTOCOL') || read('OTEL_EXPORTER_OTLP_PROTOCOL')
  if (protocol !== '' && protocol !== 'http/protobuf') {
    throw new SettingError('OTEL_EXPORTER_OTLP_PROTOCOL must be http/protobuf, usually on port 4318')
  }
  const sampler = read('OTEL_TRACES_SAMPLER') || 'parentbased_always_on'
  const root = sampler.replace(/^parentbased_/, '')
  if (!samplers.includes(root)) {
    throw new SettingError(
      `OTEL_TRACES_SAMPLER must be one of: ${samplers.join(', ')}, or parentbased_ and one of them`,
    )
  }
  const number = (name: string, standard: number, max: number): number => {
    const value = read(name) === '' ? standard : Number(read(name))
    if (!(value >= 0 && value <= max)) throw new SettingError(`${name} must be a number from 0 to ${max}`)
    return value
  }
  const queueMax = number('OTEL_BSP_MAX_QUEUE_SIZE', 2048, 100_000)
  return {
    ratio: root === 'traceidratio' ? number('OTEL_TRACES_SAMPLER_ARG', 1, 1) : root === 'always_on' ? 1 : 0,
    followsProducer: root !== sampler,
    delayMs: number('OTEL_BSP_SCHEDULE_DELAY', 5000, 60_000),
    queueMax,
    batchMax: Math.min(queueMax, number('OTEL_BSP_MAX_EXPORT_BATCH_SIZE', 512, 10_000)),
  }
}
