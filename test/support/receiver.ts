// A customer's server. It stores every request and answers as the test decides: with any status, slowly or never.

import { type IncomingHttpHeaders, type IncomingMessage, type ServerResponse, createServer } from 'node:http'

export interface ReceivedRequest {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  /** The bytes of the body: signatures are over them. */
  readonly body: Buffer
  /** When the last byte of the body arrived, in milliseconds since 1970. */
  readonly receivedAt: number
}

/** How one request is answered; default: 200 at once with an empty body. */
export interface Behaviour {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly delayMs?: number
  /** If true, it never answers. The connection stays open until the receiver closes. */
  readonly hang?: boolean
}

export interface Receiver {
  readonly url: string
  readonly port: number
  /** All requests so far, in order; empty if `keep` is false. */
  readonly requests: readonly ReceivedRequest[]
  /** Resolves when `count` requests have arrived. Throws after `timeoutMs` (default 10 s). */
  untilReceived(count: number, timeoutMs?: number): Promise<readonly ReceivedRequest[]>
  close(): Promise<void>
}

export interface ReceiverOptions {
  /** Decides the answer. Called for each request. */
  readonly behave?: (request: ReceivedRequest) => Behaviour
  /** Whether requests are stored (default true). A long run that has its own records does not need them. */
  readonly keep?: boolean
}

/** Listens on a free port of 127.0.0.1. */
export async function startReceiver(options: ReceiverOptions = {}): Promise<Receiver> {
  const { behave = (): Behaviour => ({}), keep = true } = options
  const requests: ReceivedRequest[] = []
  const timers = new Set<NodeJS.Timeout>()
  const waiting = new Set<() => void>()

  const server = createServer((incoming, response) => {
    readBody(incoming, (body) => {
      const request = {
        method: incoming.method ?? '',
        path: incoming.url ?? '',
        headers: incoming.headers,
        body,
        receivedAt: Date.now(),
      }
      if (keep) requests.push(request)
      const behaviour = behave(request)
      for (const check of waiting) check()
      if (behaviour.hang === true) return
      if (behaviour.delayMs === undefined) return answer(response, behaviour)
      const timer = setTimeout(() => {
        timers.delete(timer)
        answer(response, behaviour)
      }, behaviour.delayMs)
      timers.add(timer)
    })
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the receiver got no TCP port')

  return {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    requests,
    untilReceived(count, timeoutMs = 10_000) {
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          waiting.delete(check)
          reject(new Error(`${requests.length} of ${count} requests arrived within ${timeoutMs} ms`))
        }, timeoutMs)
        const check = (): void => {
          if (requests.length < count) return
          clearTimeout(timer)
          waiting.delete(check)
          resolve(requests)
        }
        waiting.add(check)
        check()
      })
    },
    async close() {
      for (const timer of timers) clearTimeout(timer)
      const closed = new Promise((done) => server.close(done))
      server.closeAllConnections()
      await closed
    },
  }
}

function readBody(incoming: IncomingMessage, done: (body: Buffer) => void): void {
  const chunks: Buffer[] = []
  incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
  incoming.on('end', () => done(Buffer.concat(chunks)))
  // A sender that is killed during a request breaks the connection. An incomplete request does not count.
  incoming.on('error', () => undefined)
}

function answer(response: ServerResponse, behaviour: Behaviour): void {
  response.on('error', () => undefined)
  response.writeHead(behaviour.status ?? 200, behaviour.headers ?? {})
  response.end(behaviour.body ?? '')
}
