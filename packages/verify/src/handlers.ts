// Handlers of web frameworks that receive deliveries. They answer 204 once `handle` has ended, 401 to a delivery that is
// not verified, and 413 to a body that is too large. An error of `handle`, or a secret that cannot be used, goes to the
// framework, which answers 500, so that the delivery is sent again. Without a secret, or with an unknown dialect, a handler
// cannot be made: that is a TypeError.

import type { Bytes } from './bytes.ts'
import { joined } from './bytes.ts'
import {
  assertReceiving,
  plainHeaders,
  type ReceivedHeaders,
  type Receiving,
  VerificationError,
  verify,
} from './verify.ts'

/** What else is known of a delivery. */
export interface Context {
  /** By name in lower case. `webhook-id` of `standard` is the same on every attempt. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/** Stores an event, and its work is done later: an attempt ends after some seconds. */
export type Handle<Event> = (event: Event, context: Context) => unknown

export type HandlerOptions = Receiving & {
  /** Default: 5 MiB. */
  readonly bodyBytesMax?: number
}

const bodyBytesMaxDefault = 5 * 1024 * 1024

interface Answer {
  readonly status: 204 | 401 | 413
  readonly text: string
}

const tooLarge: Answer = { status: 413, text: 'The body is too large.' }

/** For Next (`export const POST = …`), Workers, Deno, Bun, and every server that calls a function with a `Request`. */
export function fetchHandler<Event = unknown>(
  options: HandlerOptions,
  handle: Handle<Event>,
): (request: Request) => Promise<Response> {
  assertReceiving(options)
  return async ({ headers, body }) => {
    const { status, text } = await answerTo(options, headers, body, handle)
    return new Response(status === 204 ? null : text, { status })
  }
}

/** For Hono: `app.post('/webhooks', honoHandler(…))`. */
export function honoHandler<Event = unknown>(
  options: HandlerOptions,
  handle: Handle<Event>,
): (context: { readonly req: { readonly raw: Request } }) => Promise<Response> {
  const respond = fetchHandler(options, handle)
  return ({ req }) => respond(req.raw)
}

/** A request of Node, as far as the handler reads it. */
export interface NodeRequest extends AsyncIterable<Uint8Array> {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body?: unknown
  readonly readableDidRead?: boolean
}

export interface NodeResponse {
  statusCode: number
  end(text?: string): unknown
}

/**
 * For Express: `app.post('/webhooks', expressHandler(…))`, before `express.json()`. With `express.raw({ type: '*∕*' })`
 * it may stand anywhere.
 */
export function expressHandler<Event = unknown>(
  options: HandlerOptions,
  handle: Handle<Event>,
): (request: NodeRequest, response: NodeResponse, next: (error: unknown) => void) => void {
  assertReceiving(options)
  return (request, response, next) => {
    const { headers, body, readableDidRead } = request
    const isParsed = readableDidRead === true && !(body instanceof Uint8Array)
    if (isParsed) return next(new Error('the body was parsed: the webhook handler must stand before express.json()'))
    answerTo(options, headers, body instanceof Uint8Array ? [body] : request, handle).then(({ status, text }) => {
      response.statusCode = status
      response.end(text)
    }, next)
  }
}

/** A server of Fastify, as far as the plugin uses it. */
interface FastifyServer {
  removeAllContentTypeParsers(): unknown
  addContentTypeParser(
    contentType: string,
    options: { readonly parseAs: 'buffer'; readonly bodyLimit: number },
    parser: (request: unknown, body: Uint8Array, done: (error: null, body: Uint8Array) => void) => void,
  ): unknown
  post(path: string, handler: (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>): unknown
}

interface FastifyRequest {
  readonly headers: ReceivedHeaders
  readonly body: unknown
}

interface FastifyReply {
  code(status: number): { send(text: string): unknown }
}

/** For Fastify: `await app.register(fastifyPlugin({ path: '/webhooks', … }, handle))`. */
export function fastifyPlugin<Event = unknown>(
  options: HandlerOptions & { readonly path: string },
  handle: Handle<Event>,
): (app: object) => Promise<void> {
  assertReceiving(options)
  const { path, bodyBytesMax: bodyLimit = bodyBytesMaxDefault } = options
  return async (instance) => {
    const app = instance as FastifyServer
    // The parser is one of this plugin alone: other routes of the server keep theirs.
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit }, (_request, body, done) => done(null, body))
    app.post(path, async ({ headers, body }, reply) => {
      const { status, text } = await answerTo(options, headers, body instanceof Uint8Array ? [body] : [], handle)
      return reply.code(status).send(text)
    })
  }
}

async function answerTo<Event>(
  options: HandlerOptions,
  headers: ReceivedHeaders,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array> | null,
  handle: Handle<Event>,
): Promise<Answer> {
  const body = await read(chunks ?? [], options.bodyBytesMax ?? bodyBytesMaxDefault)
  if (body === null) return tooLarge
  let event: Event
  try {
    event = await verify<Event>({ ...options, headers, body })
  } catch (error) {
    if (!(error instanceof VerificationError) || error.step === 'key') throw error
    return { status: 401, text: error.message }
  }
  await handle(event, { headers: plainHeaders(headers), body })
  return { status: 204, text: '' }
}

/** The bytes of a body; null: it is too large. */
async function read(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, bytesMax: number): Promise<Bytes | null> {
  const pieces: Bytes[] = []
  let length = 0
  for await (const chunk of chunks) {
    length += chunk.length
    if (length > bytesMax) return null
    pieces.push(new Uint8Array(chunk))
  }
  return joined(pieces)
}
