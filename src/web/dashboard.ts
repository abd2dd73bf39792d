// The dashboard at /dashboard, and its sessions: an operator signs in with an operator key, and the browser keeps the
// key's digest in a sealed cookie. A session ends with its key.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Static } from 'typebox'
import { answerProblem } from '../api/problems.ts'
import type { SessionSchema } from '../api/key-shapes.ts'
import type { CallingOperator } from '../domain/operator-key.ts'
import type { Problem } from '../domain/problem.ts'
import type { Operators } from '../front/operators.ts'
import type { SealedCookie } from '../front/sealed-cookie.ts'
import type { WrongKeys } from '../front/wrong-keys.ts'
import { sendAnswer } from '../http/answer.ts'
import { refuseOtherMethods } from '../http/refusals.ts'
import { hashApiKey } from '../operations/key-cache.ts'
import type { PageFiles } from './page-files.ts'
import { servePages } from './serve-pages.ts'

export interface DashboardOptions {
  readonly operators: Operators
  readonly sessions: SealedCookie
  readonly wrongKeys: WrongKeys
  readonly files: PageFiles | null
  /** The host that has the portal alone; null: none. */
  readonly portalHost: string | null
  readonly version: string
}

const path = '/dashboard/session'

const notSecure: Problem = {
  kind: 'invalid',
  where: 'body',
  fields: [
    { field: 'key', rule: 'format', message: 'is taken only by a page that was loaded over https, or from localhost' },
  ],
}

export function serveDashboard(app: FastifyInstance, options: DashboardOptions): void {
  const { operators, sessions, wrongKeys } = options
  servePages(app, {
    path: '/dashboard',
    files: options.files,
    images: "'self' data:",
    // The portal's origin shows nothing of the operator.
    isOn: (host) => host !== options.portalHost,
    frameAncestors: () => "'none'",
  })
  const methods = ['GET', 'POST', 'DELETE'] as const
  refuseOtherMethods(
    app,
    { answerUnrouted: answerProblem },
    methods.map((method) => ({ method, path })),
  )

  app.get(path, async (request, reply) => {
    const digest = sessions.read(request)
    if (digest === null) return refuse(request, reply, { kind: 'unauthenticated', reason: 'missing' })
    const found = await operators.find(digest)
    if (!found.ok) return refuse(request, reply, found.problem)
    sendAnswer(reply, { status: 200, body: sessionOf(found.value, options) })
  })

  app.post(path, async (request, reply) => {
    const { key } = (request.body ?? {}) as { readonly key?: unknown }
    const digest = hashApiKey(typeof key === 'string' ? key.trim() : '')
    const found = await operators.find(digest)
    if (!found.ok) return refuse(request, reply, (await wrongKeys.refuse(request.clientAddress)).problem)
    const cookie = sessions.write(request, digest)
    if (cookie === null) return refuse(request, reply, notSecure)
    sendAnswer(reply, { status: 200, headers: { 'set-cookie': cookie }, body: sessionOf(found.value, options) })
  })

  app.delete(path, (request, reply) => {
    const removed = sessions.remove(request)
    sendAnswer(reply, { status: 204, headers: removed === null ? {} : { 'set-cookie': removed } })
  })
}

function sessionOf({ id, name, role }: CallingOperator, { version }: DashboardOptions): Static<typeof SessionSchema> {
  return { key: { id, name, role }, version }
}

function refuse(request: FastifyRequest, reply: FastifyReply, problem: Problem): void {
  sendAnswer(reply, answerProblem(problem, request))
}
