// Serves Posthorn's paths inside a Fastify server of the host.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { routesOf } from '../http/server.ts'
import { PosthornError } from './errors.ts'

/** These say how a process is. In a host they are about the host, which may have such paths of its own. */
const pathsOfProcess = new Set(['/healthz', '/readyz', '/metrics'])

export interface Mounted {
  /** Starts Posthorn, and returns its server. */
  start(): Promise<FastifyInstance>
  /** The server that runs now. @throws PosthornError: none */
  server(): FastifyInstance
  stop(): Promise<void>
}

/** The plugin. It starts Posthorn before the host is ready, and stops it when the host closes. */
export async function mount(host: FastifyInstance, posthorn: Mounted): Promise<void> {
  if (host.prefix !== '') {
    throw new PosthornError(
      'invalid_option',
      `a prefix (${host.prefix}) is not possible: the paths of a dialect are fixed`,
    )
  }
  host.addHook('onClose', () => posthorn.stop())
  // Posthorn reads bodies itself, because signatures and events need their bytes.
  host.removeAllContentTypeParsers()
  host.addContentTypeParser('*', (_request, _body, done) => done(null))
  const handler = (request: FastifyRequest, reply: FastifyReply): void => {
    const server = posthorn.server()
    reply.hijack()
    // Headers that hooks of the host have set, for example for CORS.
    for (const [name, value] of Object.entries(reply.getHeaders())) {
      if (value !== undefined) reply.raw.setHeader(name, value)
    }
    server.routing(request.raw, reply.raw)
  }
  for (const { methods, url } of routesOf(await posthorn.start())) {
    const method = methods.filter((one) => host.supportedMethods.includes(one))
    if (method.length > 0 && !pathsOfProcess.has(url)) host.route({ method, url, exposeHeadRoute: false, handler })
  }
}
