// Node's HTTP server with bounds on what callers may make it hold. Node takes any number of connections, and goes on
// reading requests while their answers are small, whether or not they are read: a caller who sends a thousand at a time
// and reads nothing would cost megabytes for each connection.

import { createServer, type RequestListener, type Server } from 'node:http'
import type { Socket } from 'node:net'
import { limits } from '../domain/limits.ts'

/** Past `connectionsMax` connections are refused, and one with more than `pipelinedRequestsMax` is ended. */
export function createBoundedServer(handle: RequestListener): Server {
  const pipelined = new WeakMap<Socket, number>()
  const options = {
    requestTimeout: limits.requestTimeoutMs,
    // Node would look for what is late every 30 s only, and let a body take as long as headers may, if that is longer.
    headersTimeout: limits.requestTimeoutMs,
    connectionsCheckingInterval: limits.requestCheckMs,
    keepAliveTimeout: limits.idleConnectionMs,
  }
  const server = createServer(options, (request, response) => {
    // The answer of a request that came ahead of its turn has no socket yet: only such requests pay for being counted.
    if (response.socket === null) {
      const { socket } = request
      const count = (pipelined.get(socket) ?? 0) + 1
      if (count > limits.pipelinedRequestsMax) {
        socket.destroy()
        return
      }
      pipelined.set(socket, count)
      response.once('close', () => pipelined.set(socket, (pipelined.get(socket) ?? 0) - 1))
    }
    handle(request, response)
  })
  server.maxConnections = limits.connectionsMax
  server.setTimeout(limits.stalledConnectionMs)
  return server
}
