import type { FastifyRequest } from 'fastify'
import type { TenantId } from '../domain/ids.ts'
import type { Problem } from '../domain/problem.ts'
import type { AnyRoute } from '../http/route.ts'
import type { AuditTrail } from '../operations/audit-trail.ts'

/** The problems that say that a caller may not do what it tried. */
const refusals: ReadonlySet<Problem['kind']> = new Set(['unauthenticated', 'forbidden', 'notFound', 'loopDetected'])

/** Records a refused attempt to do what the route does, if that is audited. */
export function recordRefusal(
  trail: Pick<AuditTrail, 'refused'>,
  { kind }: Problem,
  request: FastifyRequest,
  route: AnyRoute,
): void {
  const { audits: action } = route
  if (action === undefined || !refusals.has(kind)) return
  const { tenant = request.tenant, ...ids } = request.params as Readonly<Record<string, string>>
  const object = Object.values(ids).join('/') || (action.startsWith('tenant.') ? tenant : null)
  const from = request
  trail.refused({ action, refused: kind, caller: request.principal, from, object, tenant: tenant as TenantId | null })
}
