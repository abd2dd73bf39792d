// Serves the routes of a front and its OpenAPI document.

import type { Socket } from 'node:net'
import type { FastifyInstance, FastifyReply, FastifyRequest, preValidationHookHandler } from 'fastify'
import { Type } from 'typebox'
import { markerHeader } from '../domain/header-rules.ts'
import { limits } from '../domain/limits.ts'
import { andThen } from '../domain/maybe-promise.ts'
import type { Principal } from '../domain/principal.ts'
import type { Result } from '../domain/problem.ts'
import { sendAnswer } from './answer.ts'
import { documentText } from './documented.ts'
import { type EncodedBody, encodedAnswer, encodedBody } from './encoded.ts'
import { acceptBodies } from './form-body.ts'
import { formValues } from './form-values.ts'
import type { Front } from './front.ts'
import { oddTextFaults } from './odd-text.ts'
import { addPublicUrl, type Origins } from './origins.ts'
import { ProblemError, problemOfError } from './problem-error.ts'
import { mayHoldOddText } from './raw-json.ts'
import { refuseEmptyIds, refuseOtherMethods } from './refusals.ts'
import type { AnyRoute, Call } from './route.ts'

export interface FrontSurroundings {
  /** The marker of this installation's deliveries. */
  readonly marker: string
  readonly origins: Origins
}

/** The place of an OpenAPI document. */
export interface DocumentPlace {
  readonly path: string
  /** The front that the document describes: the served one, or one with a part of its routes. */
  readonly front: Front
}

export interface ServedFront {
  readonly front: Front
  readonly documents: readonly DocumentPlace[]
}

/** Serves a front's routes and OpenAPI documents. A delivery with `marker` may change nothing. */
export async function serveFront(
  app: FastifyInstance,
  { front, documents }: ServedFront,
  { marker, origins }: FrontSurroundings,
): Promise<void> {
  await app.register(async (scope) => {
    addPublicUrl(scope, origins, front.name)
    if (front.bodies !== undefined) acceptBodies(scope, front.bodies)
    serveDocuments(scope, front, documents)
    scope.setErrorHandler((error, request, reply) => answerError(front, error, request, reply))
    for (const definition of front.routes) addRoute(scope, front, definition, marker)
    refuseOtherMethods(scope, front, front.routes)
    refuseEmptyIds(scope, front)
  })
}

function serveDocuments(scope: FastifyInstance, front: Front, documents: readonly DocumentPlace[]): void {
  for (const { path, front: described } of documents) {
    refuseOtherMethods(scope, front, [{ method: 'GET', path }])
    let document: Promise<EncodedBody> | null = null
    scope.get(path, async (request, reply) => {
      document ??= documentText(front, described).then((text) => encodedBody('application/json; charset=utf-8', text))
      sendAnswer(reply, encodedAnswer(request, await document))
    })
  }
}

/** Answers a request that ended with an exception. */
export function answerError(front: Front, error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const problem = problemOfError(error, request)
  if (problem === null) request.log.error({ err: error, requestId: request.id }, 'a request failed')
  // The framework has set this header if it could not read the body: more of the body may follow.
  if (reply.hasHeader('connection')) {
    request.answerHeaders = { ...request.answerHeaders, connection: 'close' }
    closeAfterReading(request.raw.socket)
  }
  sendAnswer(reply, front.answerProblem(problem ?? { kind: 'internal' }, request))
}

/**
 * Lets the caller of a connection that ends after an answer send the rest of its body. The system resets a connection that is
 * closed with unread bytes, and a caller that still sends then loses the answer (RFC 9112, section 9.6).
 */
function closeAfterReading(socket: Socket): void {
  socket.destroySoon = () => {
    socket.end()
    const late = setTimeout(() => socket.destroy(), limits.unreadBodyMs).unref()
    socket.once('close', () => clearTimeout(late))
  }
}

function addRoute(scope: FastifyInstance, front: Front, definition: AnyRoute, marker: string): void {
  const { method, path, params, query, body, bodyBytesMax } = definition
  scope.route({
    method,
    url: path,
    config: { route: definition },
    ...(bodyBytesMax !== undefined && { bodyLimit: bodyBytesMax }),
    schema: { ...(params && { params }), ...(query && { querystring: query }), ...(body && { body }) },
    onRequest: (request, reply, done) => {
      if (bodyBytesMax !== undefined) request.bodyBytesMax = bodyBytesMax
      if (definition.access !== 'read' && hasMarker(request, marker)) {
        const problem = { kind: 'loopDetected' } as const
        front.refused(problem, request, definition)
        sendAnswer(reply, front.answerUnrouted(problem, request))
        return
      }
      if (definition.isPublic === true) return done()
      const admitted = front.admit(request, definition)
      const proceed = (result: Result<Principal>): void => {
        if (!result.ok) {
          front.refused(result.problem, request, definition)
          sendAnswer(reply, front.answerProblem(result.problem, request))
          return
        }
        request.principal = result.value
        done()
      }
      if (admitted instanceof Promise) admitted.then(proceed, done)
      else proceed(admitted)
    },
    ...(body && { preValidation: beforeValidation(definition) }),
    handler: (request, reply) => {
      const call = {
        principal: request.principal,
        tenant: request.tenant,
        params: request.params,
        query: request.query,
        body: request.body,
        request,
      } as unknown as Call<never, never, never>
      return andThen(definition.handle(call), (result) => {
        if (!result.ok) front.refused(result.problem, request, definition)
        sendAnswer(reply, result.ok ? result.value : front.answerProblem(result.problem, request))
      })
    },
  })
}

/** Whether the request is a delivery of this installation. A proxy may have joined several values of the header. */
function hasMarker({ headers }: FastifyRequest, marker: string): boolean {
  const value = headers[markerHeader]
  return typeof value === 'string' && value.includes(marker)
}

/** Converts a form, and checks the text of a body. A request without a body counts as an empty object, so that the error names the fields. */
function beforeValidation({ body = {}, anyText = [] }: AnyRoute): preValidationHookHandler {
  const plainFields = Type.IsObject(body) ? Object.keys(body.properties).filter((name) => !anyText.includes(name)) : []
  return (request, _reply, done) => {
    if (request.body === undefined) request.body = {}
    if (request.isForm) request.body = formValues(body, request.body)
    const mayBeOdd = request.isForm || mayHoldOddText(request.bodyText)
    const fields = mayBeOdd ? oddTextFaults(request.body, plainFields, anyText) : []
    done(fields.length === 0 ? undefined : new ProblemError({ kind: 'invalid', where: 'body', fields }))
  }
}
