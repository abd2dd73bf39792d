// A try-out of a webhook configuration: it sends the latest event of its type once, or an example if there is no event.

import type { TenantId } from '../../domain/ids.ts'
import { failure, type Result, success } from '../../domain/problem.ts'
import type { Context } from '../../operations/context.ts'
import type { Principal } from '../../domain/principal.ts'
import type { NewEndpoint } from '../../operations/create-endpoints.ts'
import { listEvents } from '../../operations/events.ts'
import { tryOutEndpoint } from '../../operations/test-endpoint.ts'
import { sampleData } from './samples.ts'

export interface TryoutResult {
  readonly success: boolean
  /** Null: no answer arrived. */
  readonly statusCode: number | null
}

/** @param fieldOf the request's name of a field of the configuration */
export async function tryout(
  context: Context,
  principal: Principal,
  tenant: TenantId,
  input: NewEndpoint,
  fieldOf: (field: string) => string,
): Promise<Result<TryoutResult>> {
  const [type = ''] = input.eventTypes
  const latest = await listEvents(context, { tenant, type, from: null, to: null }, { limit: 1, after: null })
  const data = latest.rows[0]?.data ?? sampleData(type)
  const sent = await tryOutEndpoint(context, principal, tenant, input, { type, data })
  if (!sent.ok) {
    const { problem } = sent
    if (problem.kind !== 'invalid') return sent
    return failure({ ...problem, fields: problem.fields.map((fault) => ({ ...fault, field: fieldOf(fault.field) })) })
  }
  const { outcome } = sent.value
  return success({ success: outcome.kind === 'delivered', statusCode: 'status' in outcome ? outcome.status : null })
}
