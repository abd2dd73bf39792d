// The HTTP server that all fronts share.

import { type IncomingMessage, maxHeaderSize } from 'node:http'
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify'
import { limits } from '../domain/limits.ts'
import { type RandomBytes, randomTexts } from '../domain/ids.ts'
import type { Problem } from '../domain/problem.ts'
import { createBoundedServer } from './bounded-server.ts'
import { answerClientError } from './client-errors.ts'
import type { Front } from './front.ts'
import { sendAnswer } from './answer.ts'
import { methodOf } from './methods.ts'
import { addClientAddress, type Origins } from './origins.ts'
import { answerError, type ServedFront, serveFront } from './serve-front.ts'
import { acceptBodies } from './form-body.ts'
import { frontOf } from './front-of.ts'
import { schemaController } from './validation.ts'

export interface HttpServerOptions {
  readonly logger: FastifyBaseLogger
  readonly randomBytes: RandomBytes
  readonly fronts: readonly ServedFront[]
  /** The marker of this installation's deliveries. */
  readonly marker: string
  readonly origins: Origins
  /** Answers the paths that belong to no front. */
  readonly fallback: Front
}

/**
 * A caller may send its own request id in this form, so that it can find its request in the log: visible ASCII without
 * quotation marks, angle brackets, backslashes and backticks, which could act as markup where the log is shown.
 */
const requestIdPattern = /^[!#-;=?-[\]-_a-~]{1,128}$/

/** A route as Fastify knows it. */
export interface ServedRoute {
  readonly methods: readonly string[]
  readonly url: string
}

const servedRoutes = new WeakMap<FastifyInstance, readonly ServedRoute[]>()

/** All routes of a server that `createHttpServer` made. They are complete once it is ready. */
export function routesOf(server: FastifyInstance): readonly ServedRoute[] {
  return servedRoutes.get(server) ?? []
}

export async function createHttpServer(options: HttpServerOptions): Promise<FastifyInstance> {
  const fronts = options.fronts.map(({ front }) => front)
  const nextText = randomTexts(options.randomBytes, 12)
  const newRequestId = () => `req_${nextText()}`
  const answerUnknownRoute = (request: FastifyRequest, reply: FastifyReply): void => {
    const path = request.url.split('?')[0] ?? ''
    const problem = { kind: 'routeUnknown', method: methodOf(request), path } as const
    sendAnswer(reply, frontOf(fronts, request.url, options.fallback).answerUnrouted(problem, request))
  }
  const app = Fastify({
    // Fastify would create a logger for each request and watch how each response ends. Both cost more than they are
    // worth. The hook below gives all requests the same logger, and each log line contains the request id.
    logController: new LogController({ disableRequestLogging: true }),
    schemaController,
    bodyLimit: limits.managementBodyBytesMax,
    serverFactory: createBoundedServer,
    exposeHeadRoutes: false,
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    clientErrorHandler: (error, socket) => {
      answerClientError(error, socket, (target) => frontOf(fronts, target, options.fallback), newRequestId)
    },
    genReqId: (request) => {
      const given = request.headers['x-request-id']
      return typeof given === 'string' && requestIdPattern.test(given) ? given : newRequestId()
    },
    routerOptions: {
      // A long id is an unknown id, not an unknown route. No path is longer than the head of a request.
      maxParamLength: maxHeaderSize,
    },
    // Handles errors before a route is known, for example a path that cannot be decoded. No hook runs then.
    frameworkErrors: (_error, request, reply) => answerUnknownRoute(request, reply),
  })
  const served: ServedRoute[] = []
  servedRoutes.set(app, served)
  app.addHook('onRoute', ({ method, url }) => void served.push({ methods: [method].flat(), url }))
  acceptBodies(app, ['json'])
  addClientAddress(app, options.origins)
  // Plain assignments: Fastify would call a logger factory for each request and copy decorations one by one. Together
  // these take a tenth of the time of a GET request.
  app.addHook('onRequest', (request, reply, done) => {
    request.log = options.logger
    reply.log = options.logger
    request.principal = null
    request.tenant = null
    request.answerHeaders = null
    request.bodyText = ''
    request.bodyBytesMax = limits.managementBodyBytesMax
    request.isForm = false
    const problem = problemOfHead(request.raw)
    if (problem === null) {
      done()
      return
    }
    // A proxy in front may have read another Host header.
    if (problem.status === 400) request.answerHeaders = { connection: 'close' }
    sendAnswer(reply, frontOf(fronts, request.url, options.fallback).answerUnrouted(problem, request))
  })
  app.setNotFoundHandler(answerUnknownRoute)
  app.setErrorHandler((error, request, reply) => {
    answerError(frontOf(fronts, request.url, options.fallback), error, request, reply)
  })
  for (const front of options.fronts) await serveFront(app, front, options)
  return app
}

/** The problem of a head that Node's parser has read; null: there is none. */
function problemOfHead(request: IncomingMessage): Extract<Problem, { readonly kind: 'requestUnreadable' }> | null {
  const { headers, rawHeaders, httpVersion } = request
  const kind = 'requestUnreadable'
  // HTTP/1.0 has no expectations (RFC 9110, 10.1.1).
  const isUnmet =
    headers.expect !== undefined && httpVersion !== '1.0' && headers.expect.toLowerCase() !== '100-continue'
  if (isUnmet) return { kind, status: 417, detail: 'only 100-continue may be expected' }
  let hosts = 0
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] as string
    if (name.length === 4 && name.toLowerCase() === 'host') hosts += 1
  }
  if (hosts > 1) return { kind, status: 400, detail: 'the request has several Host headers' }
  return hosts === 1 || httpVersion === '1.0' ? null : { kind, status: 400, detail: 'the request has no Host header' }
}
