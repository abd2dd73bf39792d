// Answers of the APIs of dialects to their customers, for the operator. The requests never leave the process: they have no
// key, count against no quota, and change nothing.

import type { FastifyInstance } from 'fastify'
import type { AuditAction } from '../domain/audit.ts'
import type { ApiKeyId, TenantId } from '../domain/ids.ts'
import type { Principal } from '../domain/principal.ts'
import { failure, type Result, success } from '../domain/problem.ts'
import type { Front } from '../http/front.ts'
import { createHttpServer, type HttpServerOptions } from '../http/server.ts'
import type { Context } from '../operations/context.ts'
import { type Viewing, viewing } from '../operations/viewing.ts'

export interface CustomerViewsOptions extends Omit<HttpServerOptions, 'fronts' | 'fallback'> {
  readonly context: Context
  /** Makes the API of a dialect that is served. */
  readonly frontFor: (context: Context, dialect: string) => Front
}

/** A request of a customer, and the caller to whom the answer is shown. */
export interface ViewRequest extends Viewing {
  /** A request with another method than GET changes an endpoint. It is answered, and changes nothing. */
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** With its query. */
  readonly path: string
  /** Sent as JSON; undefined: the request has no body. */
  readonly body?: unknown
  readonly host: string
  readonly tenant: TenantId
  readonly dialect: string
}

export interface View {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** The changes that are rehearsed: those of endpoints. */
const rehearsed: ReadonlySet<AuditAction | undefined> = new Set<AuditAction>([
  'endpoint.create',
  'endpoint.change',
  'endpoint.delete',
  'secret.rotate',
])
const tenantHeader = 'tenant'
/** Of answers of routes that can be neither shown nor rehearsed. */
const notRehearsedHeader = 'not-rehearsed'

export class CustomerViews {
  readonly #options: CustomerViewsOptions
  /** The servers, which listen nowhere, by dialect and `Viewing`. They are made when they are first needed. */
  readonly #servers = new Map<string, Promise<FastifyInstance>>()

  constructor(options: CustomerViewsOptions) {
    this.#options = options
  }

  async answer({ method, path, body, host, tenant, dialect, ...asked }: ViewRequest): Promise<Result<View>> {
    if (!this.#options.context.dialects.has(dialect)) {
      return failure({ kind: 'conflict', code: 'no_route_in_dialect', detail: `the API of ${dialect} is not served` })
    }
    const from = { host, [tenantHeader]: tenant }
    const sent =
      body === undefined
        ? { headers: from }
        : { headers: { ...from, 'content-type': 'application/json' }, payload: JSON.stringify(body) }
    const answer = await (await this.#serverFor(dialect, asked)).inject({ method, url: path, ...sent })
    if (notRehearsedHeader in answer.headers) {
      const detail = `${method} ${path} of ${dialect} changes no endpoint, so that it cannot be rehearsed`
      return failure({ kind: 'conflict', code: 'route_not_rehearsed', detail })
    }
    const shown = Object.entries(answer.headers).map(([name, value]) => [name, String(value)] as const)
    return success({ status: answer.statusCode, headers: Object.fromEntries(shown), body: answer.body })
  }

  #serverFor(dialect: string, { seesSecrets, isDone }: Viewing): Promise<FastifyInstance> {
    const name = `${dialect} ${seesSecrets} ${isDone}`
    const known = this.#servers.get(name)
    if (known !== undefined) return known
    const { context, frontFor } = this.#options
    const front = asCustomer(frontFor(viewing(context, { seesSecrets, isDone }), dialect), dialect, seesSecrets)
    const server = createHttpServer({ ...this.#options, fronts: [{ front, documents: [] }], fallback: front })
    this.#servers.set(name, server)
    return server
  }
}

/** The front without authentication and quotas, which refuses the routes that can be neither shown nor rehearsed. */
function asCustomer(front: Front, dialect: string, seesSecrets: boolean): Front {
  return {
    ...front,
    refused: () => {},
    answerUnrouted: (problem, request) => front.answerProblem(problem, request),
    admit(request, { method, audits }) {
      if (method !== 'GET' && !rehearsed.has(audits)) {
        request.answerHeaders = { [notRehearsedHeader]: 'true' }
        return failure({ kind: 'routeUnknown', method, path: request.url })
      }
      request.tenant = request.headers[tenantHeader] as TenantId
      const scopes = seesSecrets ? ['read', 'secrets'] : ['read']
      const key = {
        id: 'view' as ApiKeyId,
        dialect,
        tenants: [request.tenant],
        scopes,
        role: null,
        name: null,
        hint: '',
        createdAt: 0,
        revokedAt: null,
      }
      return success<Principal>({ kind: 'customer', key, from: request })
    },
  }
}
