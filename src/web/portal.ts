// The customer portal at /portal/{dialect}, and its sessions. A link holds a code behind `#`, which a browser does not send.
// The page posts the code, once, and gets a session in a sealed cookie: the id of the link.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Static } from 'typebox'
import { answerProblem } from '../api/problems.ts'
import type { PortalSessionSchema } from '../api/portal-shapes.ts'
import { time } from '../api/shapes.ts'
import type { CustomerFields } from '../contracts/endpoint-form.ts'
import type { PortalLink } from '../domain/portal-link.ts'
import { mayReplaceSecrets, seesSecrets } from '../domain/scopes.ts'
import type { Problem } from '../domain/problem.ts'
import type { SealedCookie } from '../front/sealed-cookie.ts'
import type { WrongKeys } from '../front/wrong-keys.ts'
import { sendAnswer } from '../http/answer.ts'
import { refuseOtherMethods } from '../http/refusals.ts'
import type { Context } from '../operations/context.ts'
import { openPortalLink, portalPrincipal } from '../operations/portal-links.ts'
import { allowedRoutes, answerPortalProblem, linkOf } from './portal-front.ts'
import type { PageFiles } from './page-files.ts'
import { servePages } from './serve-pages.ts'

export interface PortalOptions {
  readonly context: Context
  readonly sessions: SealedCookie
  readonly wrongKeys: WrongKeys
  readonly files: PageFiles | null
  /** The only host that has the portal; null: any. */
  readonly host: string | null
  /** The origins whose pages may embed the portal, by dialect; `''`: of every dialect. */
  readonly parents: ReadonlyMap<string, readonly string[]>
}

const path = '/portal/session'

export function servePortal(app: FastifyInstance, options: PortalOptions): void {
  const { context, sessions, wrongKeys } = options
  servePages(app, {
    path: '/portal',
    files: options.files,
    isOn: (host) => options.host === null || host === options.host,
    images: "'self' data: https:",
    frameAncestors: ({ url }) => parentsOf(options, url.split(/[/?]/)[2] ?? '').join(' ') || "'none'",
  })
  const methods = ['GET', 'POST', 'DELETE'] as const
  refuseOtherMethods(
    app,
    { answerUnrouted: answerProblem },
    methods.map((method) => ({ method, path })),
  )

  app.get(path, async (request, reply) => {
    const link = await linkOf(context, sessions, request)
    await answerSession(request, reply, link, {})
  })

  // Without a code, it extends a session: one that is not used ends.
  app.post(path, async (request, reply) => {
    const { code } = (request.body ?? {}) as { readonly code?: unknown }
    const link =
      typeof code === 'string' ? await openPortalLink(context, code, request) : await linkOf(context, sessions, request)
    if (link === null) return refuse(request, reply, (await wrongKeys.refuse(request.clientAddress)).problem)
    const cookie = sessions.write(request, link.id)
    if (cookie === null) return refuse(request, reply, notSecure)
    await answerSession(request, reply, link, { 'set-cookie': cookie })
  })

  app.delete(path, (request, reply) => {
    const removed = sessions.remove(request)
    sendAnswer(reply, { status: 204, headers: removed === null ? {} : { 'set-cookie': removed } })
  })

  async function answerSession(
    request: FastifyRequest,
    reply: FastifyReply,
    link: PortalLink | null,
    headers: Readonly<Record<string, string>>,
  ): Promise<void> {
    const principal = link && (await portalPrincipal(context, link, request))
    if (link === null || principal === null) {
      return refuse(request, reply, { kind: 'unauthenticated', reason: 'missing' })
    }
    const { dialect } = principal.key
    const body: Static<typeof PortalSessionSchema> = {
      tenant: link.tenant,
      dialect,
      may: allowedRoutes(context, link, dialect),
      seesSecrets: seesSecrets(principal),
      replacesSecrets: mayReplaceSecrets(principal),
      fields: fieldsOf(context.allDialects.get(dialect)?.customerFields),
      branding: link.branding,
      parents: [...parentsOf(options, dialect)],
      endsAt: time(link.endsAt),
    }
    sendAnswer(reply, { status: 200, headers, body })
  }
}

function parentsOf({ parents }: PortalOptions, dialect: string): readonly string[] {
  return [...(parents.get('') ?? []), ...(parents.get(dialect) ?? [])]
}

function fieldsOf(fields: CustomerFields | undefined): Static<typeof PortalSessionSchema>['fields'] {
  if (fields === undefined) return null
  const { create, required, change } = fields
  return { create: [...create], required: [...required], change: [...change] }
}

const notSecure: Problem = {
  kind: 'invalid',
  where: 'body',
  fields: [
    { field: 'code', rule: 'format', message: 'is taken only by a page that was loaded over https, or from localhost' },
  ],
}

function refuse(request: FastifyRequest, reply: FastifyReply, problem: Problem): void {
  sendAnswer(reply, answerPortalProblem(problem, request))
}
