// Bad servers of customers, of every kind. Most kinds share one port and differ by path; two kinds need their own port.
// Each kind has the outcome that its attempts must be recorded with.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer as createTlsServer } from 'node:tls'
import { Worker } from 'node:worker_threads'
import { gzipSync } from 'node:zlib'

export interface BadReceiver {
  readonly kind: string
  readonly url: string
  /** The outcome in the operator API. */
  readonly outcome: 'delivered' | 'rejected' | 'timedOut' | 'unreachable'
  readonly detail: RegExp
  /** The wait in milliseconds that the service must accept from its Retry-After header. */
  readonly askedMs?: number
  /** The status comes at once, but the response is over only at the deadline. */
  readonly stalls?: true
}

export interface BadReceivers {
  readonly all: readonly BadReceiver[]
  /** The number of requests that came to the target of the redirects. */
  redirected(): number
  /** The number of open connections on the shared port. */
  openConnections(): number
  close(): Promise<void>
}

interface Kind {
  readonly expected: Pick<BadReceiver, 'outcome' | 'detail' | 'askedMs' | 'stalls'>
  readonly answer: (socket: Socket) => void
}

const chunk = Buffer.alloc(64 * 1024, 'x')
const dripMs = 1000
const backlog = 1
const ok = 'HTTP/1.1 200 OK\r\n'
const failed = 'HTTP/1.1 500 No\r\n'
/** A mebibyte of zeros, compressed twice: a client that unpacks it does far more work than the size suggests. */
const packed = gzipSync(gzipSync(Buffer.alloc(1024 * 1024)))

const kinds: Readonly<Record<string, Kind>> = {
  'hangs at headers': { expected: { outcome: 'timedOut', detail: /headers/ }, answer: () => {} },
  'hangs in the body': {
    expected: { outcome: 'delivered', detail: /HTTP 200/, stalls: true },
    answer: (socket) => socket.write(`${ok}content-length: 10\r\n\r\nab`),
  },
  'drips headers': { expected: { outcome: 'timedOut', detail: /headers/ }, answer: drip(`${ok}x-slow: `) },
  'drips a body': {
    expected: { outcome: 'delivered', detail: /HTTP 200/, stalls: true },
    answer: drip(`${ok}content-length: 100000\r\n\r\n`),
  },
  'sends an endless body': { expected: { outcome: 'delivered', detail: /HTTP 200/ }, answer: flood(`${ok}\r\n`) },
  'fails with an endless body': {
    expected: { outcome: 'rejected', detail: /HTTP 500/ },
    answer: flood(`${failed}\r\n`),
  },
  'sends a huge body': {
    expected: { outcome: 'rejected', detail: /HTTP 500/ },
    answer: flood(`${failed}content-length: ${10 ** 12}\r\n\r\n`),
  },
  'sends what unpacks to much more': {
    expected: { outcome: 'rejected', detail: /HTTP 500/ },
    answer(socket) {
      socket.write(`${failed}content-encoding: gzip, gzip\r\ncontent-length: ${packed.length}\r\n\r\n`)
      socket.write(packed)
    },
  },
  'sends thousands of headers': unreachable(
    /response headers too large/,
    ok + Array.from({ length: 5000 }, (_, n) => `x-${n}: ${n}\r\n`).join(''),
  ),
  'speaks no HTTP': unreachable(/malformed response/, 'SSH-2.0-OpenSSH_9.2\r\n'),
  'gives two lengths': delivered(`${ok}content-length: 1\r\ncontent-length: 2\r\n\r\nab`),
  'breaks its chunks': delivered(`${ok}transfer-encoding: chunked\r\n\r\nxyz\r\n`),
  'cuts its answer short': delivered(`${ok}content-length: 10\r\n\r\nab`),
  'closes without an answer': {
    expected: { outcome: 'unreachable', detail: /closed|reset/ },
    answer: (socket) => socket.end(),
  },
  resets: {
    expected: { outcome: 'unreachable', detail: /reset|closed/ },
    answer: (socket) => socket.resetAndDestroy(),
  },
  redirects: rejected(302, 'location: /redirected\r\n'),
  'is gone': rejected(410),
  'asks for two hours': rejected(429, 'retry-after: 7200\r\n', 7_200_000),
  'asks for a thousand years': rejected(503, 'retry-after: 31536000000\r\n', 86_400_000),
  'asks for the past': rejected(429, 'retry-after: Thu, 01 Jan 1970 00:00:00 GMT\r\n', 0),
  'asks for nonsense': rejected(503, 'retry-after: -1e308 soon\r\n', 0),
  'asks twice': rejected(429, 'retry-after: 7200\r\nretry-after: 9\r\n', 0),
}

/** Starts all kinds that this machine can run: one kind needs `openssl`, another one needs Linux. */
export async function startBadReceivers(): Promise<BadReceivers> {
  const open = new Set<Socket>()
  let redirected = 0
  const shared = createServer((socket) => {
    open.add(socket)
    socket.on('close', () => open.delete(socket)).on('error', () => undefined)
    socket.on('data', (bytes) => {
      const path = /^POST (\S+) /.exec(bytes.toString('latin1'))?.[1]
      if (path === '/redirected') redirected += 1
      if (path !== undefined) kinds[decodeURIComponent(path.slice(1))]?.answer(socket)
    })
  })
  const port = await listen(shared)
  const certificate = selfSigned()
  const tls = certificate === null ? null : createTlsServer(certificate, (socket) => socket.destroy())
  tls?.on('tlsClientError', () => undefined)
  const full = process.platform === 'linux' ? await startFullBacklog() : null

  const all: BadReceiver[] = Object.entries(kinds).map(([kind, { expected }]) => ({
    kind,
    url: `http://127.0.0.1:${port}/${encodeURIComponent(kind)}`,
    ...expected,
  }))
  // The shared port waits for a path. A TLS handshake has none, so it never answers.
  const silent = { url: `https://127.0.0.1:${port}/`, outcome: 'timedOut', detail: /connect/ } as const
  all.push({ kind: 'hangs in the handshake', ...silent })
  if (tls !== null) {
    const url = `https://127.0.0.1:${await listen(tls)}/`
    all.push({ kind: 'signs its own certificate', url, outcome: 'unreachable', detail: /certificate problem/ })
  }
  if (full !== null) {
    const url = `http://127.0.0.1:${full.port}/`
    all.push({ kind: 'hangs at connect', url, outcome: 'timedOut', detail: /connect/ })
  }
  return {
    all,
    redirected: () => redirected,
    openConnections: () => open.size,
    async close() {
      for (const socket of open) socket.destroy()
      shared.close()
      tls?.close()
      await full?.close()
    },
  }
}

function unreachable(detail: RegExp, answer: string): Kind {
  return { expected: { outcome: 'unreachable', detail }, answer: (socket) => socket.end(answer) }
}

/** The status is known before the response breaks. */
function delivered(answer: string): Kind {
  return { expected: { outcome: 'delivered', detail: /HTTP 200/ }, answer: (socket) => socket.end(answer) }
}

function rejected(status: number, header = '', askedMs?: number): Kind {
  const answer = `HTTP/1.1 ${status} No\r\n${header}content-length: 0\r\n\r\n`
  const expected = { outcome: 'rejected', detail: new RegExp(`HTTP ${status}`) } as const
  return {
    expected: askedMs === undefined ? expected : { ...expected, askedMs },
    answer: (socket) => socket.write(answer),
  }
}

function drip(head: string): Kind['answer'] {
  return (socket) => {
    socket.write(head)
    const timer = setInterval(() => socket.write('a'), dripMs)
    socket.on('close', () => clearInterval(timer))
  }
}

/** Writes without end, as fast as the other side reads. */
function flood(head: string): Kind['answer'] {
  return (socket) => {
    socket.write(head)
    const write = (): void => {
      while (!socket.destroyed && socket.write(chunk));
    }
    socket.on('drain', write)
    write()
  }
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no TCP port was given')
  return address.port
}

/** Opens a port with a full queue of connections: a thread listens and never accepts, so a client gets no answer. */
async function startFullBacklog(): Promise<{ readonly port: number; close(): Promise<void> }> {
  const script = `
    const { parentPort } = require('node:worker_threads')
    const server = require('node:net').createServer()
    server.listen({ port: 0, host: '127.0.0.1', backlog: ${backlog} }, () => {
      parentPort.postMessage(server.address().port)
      setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0))
    })`
  const worker = new Worker(script, { eval: true })
  const port = await new Promise<number>((resolve) => worker.once('message', resolve))
  const queued = Array.from({ length: backlog + 3 }, () => connect(port, '127.0.0.1').on('error', () => undefined))
  return {
    port,
    async close() {
      for (const socket of queued) socket.destroy()
      await worker.terminate()
    },
  }
}

function selfSigned(): { readonly key: string; readonly cert: string } | null {
  const folder = mkdtempSync(join(tmpdir(), 'posthorn-tls-'))
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const how = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=bad.test'.split(' ')
  try {
    execFileSync('openssl', [...how, '-keyout', key, '-out', cert], { stdio: 'ignore' })
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') }
  } catch {
    return null
  } finally {
    rmSync(folder, { recursive: true })
  }
}
