// Node's HTTP server with bounds on the memory that callers can use. Node accepts any number of connections. It also
// keeps reading the requests of a connection while the responses are small, even if the caller does not read them: a
// caller that sends a thousand requests at a time and reads no response would cost megabytes per connection.

import { createServer, type RequestListener, type Server } from 'node:http'
import type { Socket } from 'node:net'
import { limits } from '../domain/limits.ts'
import { routeAsKnown } from './methods.ts'

/**
 * Refuses connections past `limits.connectionsMax`, and closes a connection on which more than
 * `limits.pipelinedRequestsMax` requests wait behind an unanswered one.
 */
export function createBoundedServer(handle: RequestListener): Server {
  const pipelined = new WeakMap<Socket, number>()
  const options = {
    requestTimeout: limits.requestTimeoutMs,
    // Headers and body share one time limit. By default Node would check for late requests only every 30 s.
    headersTimeout: limits.requestTimeoutMs,
    connectionsCheckingInterval: limits.requestCheckMs,
    keepAliveTimeout: limits.idleConnectionMs,
    // Node would answer without a body.
    requireHostHeader: false,
  }
  const take: RequestListener = (request, response) => {
    // The response to a pipelined request has no socket yet. Only pipelined requests pay the cost of being counted.
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
    routeAsKnown(request)
    handle(request, response)
  }
  const server = createServer(options, take)
  // Without a listener Node would answer without a body.
  server.on('checkExpectation', take)
  server.maxConnections = limits.connectionsMax
  endStalledConnections(server)
  return server
}

/**
 * Ends a connection whose caller does not read a response for `limits.stalledConnectionMs`. Node could set this timeout
 * on all connections, but then it would read the clock and start the timer again for every request that it reads and
 * every response that it writes.
 */
function endStalledConnections(server: Server): void {
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  setInterval(() => {
    for (const socket of sockets) {
      if (socket.writableLength > 0 && !socket.timeout) socket.setTimeout(limits.stalledConnectionMs)
    }
  }, limits.requestCheckMs).unref()
}
