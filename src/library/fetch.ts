// Answers requests of the web's fetch API, for servers that have no requests of Node.

import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'

/** Headers about one connection, which the host's server writes itself. */
const connectionHeaders = new Set(['connection', 'keep-alive', 'transfer-encoding'])

/** @param clientAddress the address of the caller */
export async function answerRequest(
  server: FastifyInstance,
  request: Request,
  clientAddress: string,
): Promise<Response> {
  const url = new URL(request.url)
  const answered = await server.inject({
    method: request.method as 'GET',
    url: `${url.pathname}${url.search}`,
    headers: { host: url.host, ...Object.fromEntries(request.headers) },
    remoteAddress: clientAddress,
    ...(request.body !== null && { payload: Readable.fromWeb(request.body as never) }),
    payloadAsStream: true,
  })
  const headers = new Headers()
  for (const [name, value] of Object.entries(answered.headers)) {
    if (connectionHeaders.has(name)) continue
    for (const one of [value].flat()) if (one !== undefined) headers.append(name, String(one))
  }
  const { statusCode: status } = answered
  const isEmpty = request.method === 'HEAD' || status === 204 || status === 304
  if (isEmpty) answered.stream().resume()
  return new Response(isEmpty ? null : (Readable.toWeb(answered.stream()) as never), { status, headers })
}
