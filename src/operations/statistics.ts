import { byOutcome, stepMs, type StatsSeries, type StatsStep } from '../domain/statistics.ts'
import type { EndpointId, TenantId } from '../domain/ids.ts'
import { limits } from '../domain/limits.ts'
import type { Principal } from '../domain/principal.ts'
import { failure, invalidField, type Result, success } from '../domain/problem.ts'
import type { StatsQuery } from '../contracts/stats-store.ts'
import { type Context, tenantFor } from './context.ts'
import { endpointOf } from './endpoints.ts'

/** Times in milliseconds since 1970. Null: no condition. */
export interface StatisticsInput {
  /** Null: 60 steps before `to`. */
  readonly from: number | null
  /** Null: now. */
  readonly to: number | null
  readonly step: StatsStep
  readonly by: StatsQuery['by'] | 'outcome'
  readonly dialect: string | null
  readonly tenant: TenantId | null
  readonly endpoint: EndpointId | null
}

export interface Statistics {
  /** The asked range, rounded to whole steps. */
  readonly from: number
  readonly to: number
  /** The largest first. */
  readonly series: readonly StatsSeries[]
  /** The number of further series. */
  readonly more: number
}

const stepsByDefault = 60

/** Counts of a range of time, in steps and in series. */
export async function readStatistics(
  context: Context,
  principal: Principal,
  input: StatisticsInput,
): Promise<Result<Statistics>> {
  const { step, by } = input
  const range = rangeOf(input, context.clock.now())
  if (!range.ok) return range
  const conditions = await conditionsOf(context, principal, input)
  if (!conditions.ok) return conditions
  const query = { ...range.value, ...conditions.value, step, by: by === 'outcome' ? null : by }
  const { series, more } = await context.store.readStats(query, limits.statsSeriesMax)
  const [whole] = series
  const shown = by === 'outcome' && whole !== undefined ? byOutcome(whole) : series
  return success({ ...range.value, series: shown, more })
}

function rangeOf(
  { from, to, step }: StatisticsInput,
  now: number,
): Result<{ readonly from: number; readonly to: number }> {
  const ms = stepMs[step]
  const end = Math.ceil((to ?? now) / ms) * ms
  const begin = from === null ? end - stepsByDefault * ms : Math.floor(from / ms) * ms
  if (begin >= end) return invalidField('to', 'range', 'must be after from', 'query')
  if (end - begin > limits.statsPointsMax * ms) {
    return invalidField('from', 'range', `must be at most ${limits.statsPointsMax} steps before to`, 'query')
  }
  return success({ from: begin, to: end })
}

async function conditionsOf(
  context: Context,
  principal: Principal,
  { by, dialect, tenant, endpoint }: StatisticsInput,
): Promise<Result<Pick<StatsQuery, 'dialect' | 'tenant' | 'endpoint'>>> {
  if (dialect !== null && !context.allDialects.has(dialect)) {
    return failure({ kind: 'notFound', what: 'dialect', id: dialect })
  }
  if (tenant === null) {
    if (endpoint !== null) return invalidField('tenant', 'required', 'is required with endpoint', 'query')
    return success({ dialect, tenant, endpoint })
  }
  const found = await tenantFor(context, principal, tenant)
  if (!found.ok) return found
  if (endpoint === null) return success({ dialect, tenant, endpoint })
  if (by === 'type') return invalidField('by', 'choice', 'cannot be type with endpoint', 'query')
  const owned = endpointOf(found.value, endpoint)
  return owned.ok ? success({ dialect, tenant, endpoint: owned.value.key }) : owned
}
