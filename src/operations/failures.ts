// The failures of an endpoint in groups: attempts with the same outcome, status and text. Parts of texts that differ from
// attempt to attempt do not count.

import { describeOutcome, type Outcome, shownToCustomers } from '../domain/attempt.ts'
import type { DeliveryId, EndpointId, TenantId } from '../domain/ids.ts'
import { limits } from '../domain/limits.ts'
import type { Principal } from '../domain/principal.ts'
import { type Result, success } from '../domain/problem.ts'
import type { FailedAttempt } from '../contracts/history-store.ts'
import type { Context } from './context.ts'
import { getEndpoint } from './endpoints.ts'

export interface FailureGroup {
  readonly outcome: Outcome['kind']
  /** The status of the responses; null: there were none. */
  readonly status: number | null
  /** The beginning of the responses, or the reason why there were none, with marks in place of the parts that differ. */
  readonly text: string
  readonly count: number
  /** When the first and the last of the attempts started, Unix time in milliseconds. */
  readonly firstAt: number
  readonly lastAt: number
  /** The newest attempt. */
  readonly sample: { readonly delivery: DeliveryId; readonly attempt: number }
}

/**
 * The groups of failures among the newest attempts of an endpoint, at most `limits.failureGroupsMax`, the largest first.
 * `searchedTo` is the time of the oldest delivery that was read; null: all were.
 */
export async function listFailures(
  context: Context,
  principal: Principal,
  tenant: TenantId,
  id: EndpointId,
): Promise<Result<{ readonly groups: readonly FailureGroup[]; readonly searchedTo: number | null }>> {
  const endpoint = await getEndpoint(context, principal, tenant, id)
  if (!endpoint.ok) return endpoint
  const { rows, searchedTo } = await context.store.newestFailures(endpoint.value.key, {
    deliveriesMax: limits.failureDeliveriesMax,
    attemptsMax: limits.failureAttemptsMax,
    charsMax: limits.failureCharsMax,
  })
  const groups = new Map<string, FailureGroup>()
  for (const row of rows) {
    const outcome = principal.kind === 'customer' ? shownToCustomers(row.outcome) : row.outcome
    const group = groupOf(row, outcome)
    const name = JSON.stringify([group.outcome, group.status, group.text])
    const known = groups.get(name)
    groups.set(name, known === undefined ? group : joined(known, group))
  }
  const largest = [...groups.values()].toSorted((one, other) => other.count - one.count || other.lastAt - one.lastAt)
  return success({ groups: largest.slice(0, limits.failureGroupsMax), searchedTo })
}

function groupOf({ delivery, number, startedAt, response }: FailedAttempt, outcome: Outcome): FailureGroup {
  const said = 'status' in outcome ? normalized(response ?? '') : ''
  return {
    outcome: outcome.kind,
    status: 'status' in outcome ? outcome.status : null,
    text: said === '' ? describeOutcome(outcome) : said,
    count: 1,
    firstAt: startedAt,
    lastAt: startedAt,
    sample: { delivery, attempt: number },
  }
}

function joined(one: FailureGroup, other: FailureGroup): FailureGroup {
  const { sample } = other.lastAt > one.lastAt ? other : one
  return {
    ...one,
    count: one.count + other.count,
    firstAt: Math.min(one.firstAt, other.firstAt),
    lastAt: Math.max(one.lastAt, other.lastAt),
    sample,
  }
}

/** A text with marks in place of ids, numbers and long quotations. */
export function normalized(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/\s+/g, ' ')
    .trim()
    .replaceAll(/[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/gi, '<id>')
    .replaceAll(/\b0x[\da-f]+\b|\b(?=[a-f]*\d)[\da-f]{8,}\b/gi, '<hex>')
    .replaceAll(/\b(?=[\w-]*\d)[\w-]{16,}\b/g, '<id>')
    .replaceAll(/"[^"]{33,}"/g, '"…"')
    .replaceAll(/'[^']{33,}'/g, "'…'")
    .replaceAll(/\d+(?:[.,:]\d+)*/g, '<n>')
}
