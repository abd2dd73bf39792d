// A receiver of deliveries, on a free port of this machine. Each check has a path of its own.

import { createServer, type IncomingHttpHeaders } from 'node:http'
import { until } from './until.ts'

export interface Arrival {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** One URL of the receiver. */
export interface Hook {
  readonly url: string
  readonly arrivals: readonly Arrival[]
  /** Sets the status of each answer by the number of the request, from 1; default: 200. */
  answers(status: (request: number) => number): void
  /** Waits for `count` requests; false: they did not come in time. */
  until(count: number): Promise<boolean>
  /** Drops the requests so far. */
  clear(): void
}

export interface Receiver {
  hook(): Hook
  close(): Promise<void>
}

interface Place {
  readonly arrivals: Arrival[]
  status: (request: number) => number
}

export async function openReceiver(): Promise<Receiver> {
  const places = new Map<string, Place>()
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('error', () => undefined)
    request.on('end', () => {
      const { method = '', url: path = '', headers } = request
      const place = places.get(path)
      place?.arrivals.push({ method, path, headers, body: Buffer.concat(chunks) })
      response.writeHead(place?.status(place.arrivals.length) ?? 404).end()
    })
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    hook() {
      const path = `/hook-${places.size + 1}`
      const place: Place = { arrivals: [], status: () => 200 }
      places.set(path, place)
      return {
        url: `http://127.0.0.1:${port}${path}`,
        arrivals: place.arrivals,
        answers: (status) => void (place.status = status),
        until: (count) => until(() => place.arrivals.length >= count),
        clear: () => void place.arrivals.splice(0),
      }
    },
    async close() {
      const closed = new Promise((done) => server.close(done))
      server.closeAllConnections()
      await closed
    },
  }
}
