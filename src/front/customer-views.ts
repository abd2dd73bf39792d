// Answers of the APIs of dialects to their customers, for the operator. The requests never leave the process: they have no
// key, count against no quota, and change nothing.

import type { FastifyInstance } from 'fastify'
import type { AuditAction } from '../domain/audit.ts'
import type { ApiKeyId, TenantId } from '../domain/ids.ts'
import type { Principal } from '../domain/principal.ts'
import { success } from '../domain/problem.ts'
import type { Front } from '../http/front.ts'
import { createHttpServer, type HttpServerOptions } from '../http/server.ts'
import type { Context } from '../operations/context.ts'
import { type Viewing, viewing } from '../operations/viewing.ts'

export interface CustomerViewsOptions extends Omit<HttpServerOptions, 'fronts' | 'fallback'> {
  readonly context: Context
  /** Makes the fronts of all dialects that are served, the one that answers unknown paths first. */
  readonly frontsFor: (context: Context) => readonly [Front, ...Front[]]
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
const dialectHeader = 'dialect'

export class CustomerViews {
  readonly #options: CustomerViewsOptions
  /** The servers, which listen nowhere, by `Viewing`. They are made when they are first needed. */
  readonly #servers = new Map<string, Promise<FastifyInstance>>()

  constructor(options: CustomerViewsOptions) {
    this.#options = options
  }

  async answer({ method, path, body, host, tenant, dialect, ...asked }: ViewRequest): Promise<View> {
    const from = { host, [tenantHeader]: tenant, [dialectHeader]: dialect }
    const sent =
      body === undefined
        ? { headers: from }
        : { headers: { ...from, 'content-type': 'application/json' }, payload: JSON.stringify(body) }
    const answer = await (await this.#serverFor(asked)).inject({ method, url: path, ...sent })
    const shown = Object.entries(answer.headers).map(([name, value]) => [name, String(value)] as const)
    return { status: answer.statusCode, headers: Object.fromEntries(shown), body: answer.body }
  }

  #serverFor({ seesSecrets, isDone }: Viewing): Promise<FastifyInstance> {
    const name = `${seesSecrets} ${isDone}`
    const known = this.#servers.get(name)
    if (known !== undefined) return known
    const { context, frontsFor } = this.#options
    const [first, ...others] = frontsFor(viewing(context, { seesSecrets, isDone }))
    const fronts = [first, ...others].map((front) => ({ front: asCustomer(front, seesSecrets), documents: [] }))
    const server = createHttpServer({ ...this.#options, fronts, fallback: first })
    this.#servers.set(name, server)
    return server
  }
}

/** The front without authentication and quotas, and with the routes that can be shown or rehearsed. */
function asCustomer(front: Front, seesSecrets: boolean): Front {
  return {
    ...front,
    routes: front.routes.filter(({ method, audits }) => method === 'GET' || rehearsed.has(audits)),
    refused: () => {},
    admit(request) {
      const { [tenantHeader]: tenant, [dialectHeader]: dialect } = request.headers
      request.tenant = tenant as TenantId
      const scopes = seesSecrets ? ['read', 'secrets'] : ['read']
      const key = {
        id: 'view' as ApiKeyId,
        dialect: String(dialect),
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
