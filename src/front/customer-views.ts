// Answers of the APIs of dialects to their customers, for the operator. The requests never leave the process: they have no
// key, and count against no quota.

import type { FastifyInstance } from 'fastify'
import type { ApiKeyId, TenantId } from '../domain/ids.ts'
import type { Principal } from '../domain/principal.ts'
import { success } from '../domain/problem.ts'
import type { Front } from '../http/front.ts'
import { createHttpServer, type HttpServerOptions } from '../http/server.ts'
import type { Context } from '../operations/context.ts'
import { viewing } from '../operations/viewing.ts'

export interface CustomerViewsOptions extends Omit<HttpServerOptions, 'fronts' | 'fallback'> {
  readonly context: Context
  /** Makes the fronts of all dialects that are served, the one that answers unknown paths first. */
  readonly frontsFor: (context: Context) => readonly [Front, ...Front[]]
}

/** A request of a customer, and the caller to whom the answer is shown. */
export interface ViewRequest {
  readonly path: string
  readonly host: string
  readonly tenant: TenantId
  readonly dialect: string
  /** False: the answer has `hidden` in place of secrets and header values. */
  readonly seesSecrets: boolean
}

export interface View {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

const tenantHeader = 'tenant'
const dialectHeader = 'dialect'

export class CustomerViews {
  readonly #options: CustomerViewsOptions
  /** The servers, which listen nowhere, by `seesSecrets`. They are made when they are first needed. */
  readonly #servers = new Map<boolean, Promise<FastifyInstance>>()

  constructor(options: CustomerViewsOptions) {
    this.#options = options
  }

  /** The answer to a GET request. */
  async get({ path, host, tenant, dialect, seesSecrets }: ViewRequest): Promise<View> {
    const server = this.#servers.get(seesSecrets) ?? this.#start(seesSecrets)
    const headers = { host, [tenantHeader]: tenant, [dialectHeader]: dialect }
    const answer = await (await server).inject({ method: 'GET', url: path, headers })
    const shown = Object.entries(answer.headers).map(([name, value]) => [name, String(value)] as const)
    return { status: answer.statusCode, headers: Object.fromEntries(shown), body: answer.body }
  }

  #start(seesSecrets: boolean): Promise<FastifyInstance> {
    const { context, frontsFor } = this.#options
    const [first, ...others] = frontsFor(viewing(context, seesSecrets))
    const fronts = [first, ...others].map((front) => ({ front: asCustomer(front, seesSecrets), documents: [] }))
    const server = createHttpServer({ ...this.#options, fronts, fallback: first })
    this.#servers.set(seesSecrets, server)
    return server
  }
}

/** The front without authentication and quotas, and without the routes that change anything. */
function asCustomer(front: Front, seesSecrets: boolean): Front {
  return {
    ...front,
    routes: front.routes.filter(({ method }) => method === 'GET'),
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
