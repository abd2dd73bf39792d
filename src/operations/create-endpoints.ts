import type { Endpoint } from '../domain/endpoint.ts'
import type { EndpointId, TenantId } from '../domain/ids.ts'
import { systemTenant } from '../domain/operational-events.ts'
import type { Principal } from '../domain/principal.ts'
import { failure, type Result, success } from '../domain/problem.ts'
import type { Dialect } from '../contracts/dialect.ts'
import { endpointChange } from '../domain/audited-changes.ts'
import { type Context, dialectOf, tenantFor } from './context.ts'
import { endpointsTooLarge, growsTooLarge, problemOfWrite } from './endpoint-problems.ts'
import { detailsOf } from './endpoint-details.ts'
import { endpointFaults, type EndpointInput, eventTypesOf, filtersOf } from './endpoint-rules.ts'
import { type IdempotentAnswer, sealAnswer } from './idempotent-answer.ts'
import { ensureSystemTenant } from './system-tenant.ts'

/** A new endpoint of the kind `push`. */
export type NewEndpoint = EndpointInput & { readonly url: string }

/** Creates one endpoint, as `createEndpoints` does. */
export async function createEndpoint(
  context: Context,
  principal: Principal,
  tenant: TenantId,
  input: EndpointInput,
  answer: IdempotentAnswer<Endpoint> | null = null,
): Promise<Result<Endpoint>> {
  const answerOfAll = answer && {
    ...answer,
    render: ([endpoint]: readonly Endpoint[]) => answer.render(endpoint as Endpoint),
  }
  const created = await createEndpoints(context, principal, tenant, [input], answerOfAll)
  return created.ok ? success(created.value[0] as Endpoint) : created
}

/**
 * Creates all endpoints, or none.
 *
 * @param answer stores the response under the caller's Idempotency-Key; null: the request has no such key
 * @param fieldOf names the field of a fault by the index of its input, for APIs that take a list; default: the field
 * alone
 */
export async function createEndpoints(
  context: Context,
  principal: Principal,
  tenant: TenantId,
  inputs: readonly EndpointInput[],
  answer: IdempotentAnswer<readonly Endpoint[]> | null = null,
  fieldOf: (index: number, field: string) => string = (_index, field) => field,
): Promise<Result<readonly Endpoint[]>> {
  if (tenant === systemTenant) await ensureSystemTenant(context, principal)
  const found = await tenantFor(context, principal, tenant)
  if (!found.ok) return found
  const dialect = dialectOf(context, found.value.tenant)
  const faults = inputs.flatMap((input, index) =>
    endpointFaults(context, dialect, input).map((fault) => ({
      ...fault,
      field: fieldOf(index, fault.field),
    })),
  )
  if (faults.length > 0) return failure({ kind: 'invalid', where: 'body', fields: faults })
  const endpoints: Endpoint[] = []
  for (const input of inputs) endpoints.push(await newEndpoint(context, dialect, tenant, input))
  if (growsTooLarge(found.value, null, endpoints)) return failure(endpointsTooLarge)
  const audit = endpoints.map((endpoint) =>
    context.auditTrail.recordOf(principal, {
      action: 'endpoint.create',
      object: endpoint.id,
      tenant,
      endpoint: endpoint.key,
      change: endpointChange(null, endpoint),
    }),
  )
  const envelope = { answer: sealAnswer(context, tenant, answer, endpoints), audit }
  const written = await context.writer.createEndpoints(tenant, dialect, endpoints, envelope)
  if (written !== 'written') return failure(problemOfWrite(written, 'tenant', tenant))
  return success(endpoints.map((endpoint) => context.rehearsal?.shown(endpoint) ?? endpoint))
}

async function newEndpoint(
  context: Context,
  dialect: Dialect,
  tenant: TenantId,
  input: EndpointInput,
): Promise<Endpoint> {
  const key = await context.writer.nextEndpointKey()
  const now = context.clock.now()
  const { randomBytes } = context
  const secrets = input.secrets ?? [dialect.endpointRules.newSecret?.(randomBytes)].filter((one) => one !== undefined)
  const enabled = input.enabled ?? true
  return {
    key,
    id: dialect.newEndpointId(key, randomBytes) as EndpointId,
    tenant,
    url: input.url ?? '',
    eventTypes: eventTypesOf(dialect, input, null),
    filters: filtersOf(dialect, input, null),
    details: detailsOf(dialect, input.details ?? {}, null),
    description: input.description ?? null,
    enabled,
    disabledReason: enabled ? null : 'requested',
    headers: input.headers ?? {},
    writeOnlyHeaders: input.writeOnlyHeaders ?? [],
    secrets: secrets.map((value) => ({ value, createdAt: now, expiresAt: null })),
    createdAt: now,
    updatedAt: now,
  }
}
