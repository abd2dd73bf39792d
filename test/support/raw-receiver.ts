// A receiver that keeps the head of each request as it was on the wire: names in their case, and headers in their order.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { buffer } from 'node:stream/consumers'

export interface RawRequest {
  readonly method: string
  readonly path: string
  /** The values have one character per byte. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: Buffer
}

export interface RawReceiver {
  readonly url: string
  readonly requests: readonly RawRequest[]
  /** The next request that arrives after `cause` was called. */
  next(cause: () => unknown): Promise<RawRequest>
  /** The status of the answers from now on; at first 200. */
  answerWith(status: number): void
  close(): Promise<void>
}

/** Listens on a free port of 127.0.0.1. */
export async function startRawReceiver(): Promise<RawReceiver> {
  const requests: RawRequest[] = []
  const waiting: ((request: RawRequest) => void)[] = []
  let status = 200
  const server = createServer((incoming, response) => {
    void buffer(incoming).then((body) => receive(incoming, body, response))
  })
  const receive = (incoming: IncomingMessage, body: Buffer, response: ServerResponse): void => {
    const { rawHeaders, method = '', url: path = '' } = incoming
    const headers = rawHeaders.flatMap((name, index) =>
      index % 2 === 0 ? [[name, rawHeaders[index + 1] ?? ''] as const] : [],
    )
    const request = { method, path, headers, body }
    requests.push(request)
    for (const resolve of waiting.splice(0)) resolve(request)
    response.writeHead(status).end()
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async next(cause) {
      const arrived = new Promise<RawRequest>((resolve) => waiting.push(resolve))
      await cause()
      return arrived
    },
    answerWith(next) {
      status = next
    },
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
