// The catalogue of event types, as an operation.

import type { Dialect, EventType } from '../../contracts/dialect.ts'
import { success } from '../../domain/problem.ts'
import { dialectOf, tenantFor } from '../../operations/context.ts'
import { wrapper } from './answers.ts'
import type { Described, Operation, Wrapped } from './operation.ts'
import { schemaOf } from './schema-of.ts'

/** The event types of the catalogue. `each` is the form of one; default: all facts of the catalogue. */
export function eventTypes({
  wrap,
  tenantless,
  each = (type) => type,
  ...described
}: Described &
  Wrapped<readonly unknown[]> & {
    readonly each?: (type: EventType & Readonly<Record<string, unknown>>) => unknown
    /** The request need not name a tenant, and its key needs no permission. */
    readonly tenantless?: true
  } = {}): Operation {
  return {
    access: 'read',
    kind: 'eventTypes',
    operationId: 'listWebhookEventTypes',
    summary: 'List webhook event types',
    endpointless: true,
    ...(tenantless && { tenantless, needs: null }),
    ...described,
    route({ context, dialect }) {
      const bodyOf = (of: Dialect): unknown => wrapper(wrap)(of.eventTypes.map((type) => each({ ...type })))
      const body = bodyOf(dialect)
      return {
        answers: { 200: schemaOf([body]) },
        async handle({ principal, request }) {
          if (dialect.ofTenant === undefined) return success({ status: 200, body })
          // Without a tenant in the request, the first one of the key decides.
          const tenant = request.tenant ?? (principal.kind === 'customer' ? principal.key.tenants[0] : undefined)
          const found = tenant === undefined ? null : await tenantFor(context, principal, tenant)
          const of = found?.ok === true ? dialectOf(context, found.value.tenant) : dialect
          return success({ status: 200, body: bodyOf(of) })
        },
      }
    },
  }
}
