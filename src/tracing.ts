// Tracing, whose modules are loaded only if it is on.

import type { Logger } from 'pino'
import { SettingError, type Settings } from './config/settings.ts'
import type { TracingSettings } from './config/tracing-settings.ts'
import type { OtelTracer } from './telemetry/tracer.ts'

/** Null: there is no tracing. @throws SettingError */
export async function openTracer(
  tracing: TracingSettings | null,
  { tracedDialects }: Settings,
  dialects: ReadonlyMap<string, unknown>,
  { logger, version }: { readonly logger: Logger; readonly version: string },
): Promise<OtelTracer | null> {
  const unknown = tracedDialects.find((name) => name !== 'all' && !dialects.has(name))
  if (unknown !== undefined) throw new SettingError(`POSTHORN_TRACED_DIALECTS names ${unknown}, which is not a dialect`)
  if (tracing === null) return null
  const { OtelTracer: Tracer } = await import('./telemetry/tracer.ts')
  const traced = new Set(tracedDialects)
  return new Tracer({
    ...tracing,
    reaches: (dialect) => traced.has(dialect) || traced.has('all'),
    version,
    failed: (reason) => logger.warn({ reason }, 'spans cannot be exported'),
  })
}
