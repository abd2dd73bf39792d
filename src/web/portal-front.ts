// The portal's API: the routes of endpoints and deliveries that customers of `standard` have too, for the customer of a
// portal session. A route needs a capability of the link, and an action that the dialect's own API lets customers do.

import type { FastifyRequest } from 'fastify'
import type { CustomerAction } from '../contracts/dialect.ts'
import type { PortalLinkId, TenantId } from '../domain/ids.ts'
import type { PortalCapability, PortalLink } from '../domain/portal-link.ts'
import type { Principal } from '../domain/principal.ts'
import { failure, type Problem, type Result, success } from '../domain/problem.ts'
import { recordRefusal } from '../front/record-refusal.ts'
import type { SealedCookie } from '../front/sealed-cookie.ts'
import { dialectShape } from '../api/dialects.ts'
import { answerProblem } from '../api/problems.ts'
import { type Answer, answerWith } from '../http/answer.ts'
import type { AskedRequest, Front } from '../http/front.ts'
import type { AnyRoute } from '../http/route.ts'
import { type Context, dialectOf, tenantFor } from '../operations/context.ts'
import { findPortalLink, portalPrincipal } from '../operations/portal-links.ts'
import { withDialectsFields } from './portal-fields.ts'

interface Gate {
  readonly capability: PortalCapability
  /** Absent: every dialect lets customers do it. */
  readonly action?: CustomerAction
}

const read = { capability: 'read' } as const

/** The routes of the portal, by their name in the OpenAPI document. */
const gates: Readonly<Record<string, Gate>> = {
  listEndpoints: read,
  getEndpoint: read,
  createEndpoint: { capability: 'endpoints', action: 'create' },
  changeEndpoint: { capability: 'endpoints', action: 'change' },
  deleteEndpoint: { capability: 'endpoints', action: 'delete' },
  rotateSecret: { capability: 'secrets', action: 'rotate' },
  sendTest: { capability: 'test', action: 'test' },
  replay: { capability: 'replay', action: 'retry' },
  listDeliveries: { ...read, action: 'seeDeliveries' },
  getDelivery: { ...read, action: 'seeDeliveries' },
  retryDelivery: { capability: 'retry', action: 'retry' },
  getDialect: read,
  getSnippets: read,
  getTestVectors: read,
}

const prefix = '/portal/api'

export interface PortalFrontOptions {
  readonly context: Context
  readonly operator: Front
  /** Sessions: the ids of portal links. */
  readonly sessions: SealedCookie
}

export function createPortalFront({ context, operator, sessions }: PortalFrontOptions): Front {
  return {
    ...operator,
    name: 'portal',
    prefixes: [prefix],
    routes: operator.routes
      .filter(({ operationId }) => operationId in gates)
      .map((route) => withDialectsFields(context, ofTenant(context, { ...route, path: prefix + route.path }))),
    async admit(request, route) {
      const link = await linkOf(context, sessions, request)
      const principal = link && (await portalPrincipal(context, link, request))
      if (link === null || principal === null) return failure({ kind: 'unauthenticated', reason: 'missing' })
      request.principal = principal
      return admitLink(context, link, principal, request, route)
    },
    answerProblem: answerPortalProblem,
    answerUnrouted: answerPortalProblem,
    refused: (problem, request, route) => recordRefusal(context.auditTrail, problem, request, route),
  }
}

/** Shows the dialect as the settings of the customer's tenant make it. */
function ofTenant(context: Context, route: AnyRoute): AnyRoute {
  if (route.operationId !== 'getDialect') return route
  return {
    ...route,
    handle({ principal }) {
      // The principal of a session has one tenant.
      const [id] = principal.kind === 'customer' ? principal.key.tenants : []
      return answerWith(tenantFor(context, principal, id as TenantId), ({ tenant }) => ({
        status: 200,
        body: { ...dialectShape(dialectOf(context, tenant)), otherCatalogues: [] },
      }))
    },
  }
}

/** As the operator API answers, but a customer has no operator key. */
export function answerPortalProblem(problem: Problem, request: AskedRequest): Answer {
  const answer = answerProblem(problem, request)
  if (problem.kind !== 'unauthenticated') return answer
  const detail = 'The session of the portal has ended, or the link cannot be used any more.'
  return {
    ...answer,
    headers: { ...answer.headers, 'www-authenticate': 'Cookie' },
    body: { ...(answer.body as object), detail },
  }
}

/** The link of the request's session; null: there is none. */
export async function linkOf(
  context: Context,
  sessions: SealedCookie,
  request: FastifyRequest,
): Promise<PortalLink | null> {
  const id = sessions.read(request)
  return id === null ? null : findPortalLink(context, id as PortalLinkId)
}

/** The names of the routes that a link may call. */
export function allowedRoutes(context: Context, link: PortalLink, dialect: string): string[] {
  return Object.keys(gates).filter((name) => isAllowed(context, link, dialect, name))
}

function isAllowed(context: Context, { capabilities }: PortalLink, dialect: string, name: string): boolean {
  const gate = gates[name]
  const actions = context.allDialects.get(dialect)?.customerActions
  return (
    gate !== undefined &&
    capabilities.includes(gate.capability) &&
    (gate.action === undefined || actions === undefined || actions.has(gate.action))
  )
}

function admitLink(
  context: Context,
  link: PortalLink,
  principal: Principal & { readonly kind: 'customer' },
  request: FastifyRequest,
  { operationId }: AnyRoute,
): Result<Principal> {
  const { dialect } = principal.key
  if (!isAllowed(context, link, dialect, operationId)) {
    return failure({ kind: 'forbidden', needs: 'a portal link with another capability' })
  }
  const { dialect: asked = dialect } = request.params as { readonly dialect?: string }
  if (asked !== dialect) return failure({ kind: 'notFound', what: 'dialect', id: asked })
  return success(principal)
}
