// A TCP proxy that can be closed. A refusing gate refuses new connections and breaks open ones. A silent gate accepts
// connections and passes no bytes, like a network that drops packets.

import { connect, createServer, type Socket } from 'node:net'

export type GateState = 'open' | 'refusing' | 'silent'

export interface Gate {
  readonly port: number
  set(state: GateState): Promise<void>
  /** Breaks open connections. New connections lead to this port. */
  lead(to: number): void
  close(): Promise<void>
}

/** Forwards a free port of 127.0.0.1 to port `to` of 127.0.0.1. */
export async function openGate(to: number): Promise<Gate> {
  let target = to
  const sockets = new Set<Socket>()
  let state: GateState = 'open'
  const keep = (socket: Socket): Socket => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
    return socket
  }
  const server = createServer((incoming) => {
    keep(incoming)
    if (state === 'silent') return incoming.pause()
    const outgoing = keep(connect(target, '127.0.0.1'))
    incoming.pipe(outgoing).pipe(incoming)
    incoming.on('close', () => outgoing.destroy())
    outgoing.on('close', () => incoming.destroy())
  })
  const listen = (port: number): Promise<void> => new Promise((done) => server.listen(port, '127.0.0.1', () => done()))
  const stopListening = (): Promise<unknown> => new Promise((done) => server.close(done))
  const breakAll = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  await listen(0)
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the gate got no TCP port')
  const { port } = address
  return {
    port,
    async set(next) {
      const wasListening = state !== 'refusing'
      state = next
      // A connection that was silent does not continue when the gate opens.
      if (next !== 'silent') breakAll()
      else
        for (const socket of sockets) {
          socket.unpipe()
          socket.pause()
        }
      if (next === 'refusing' && wasListening) await stopListening()
      if (next !== 'refusing' && !wasListening) await listen(port)
    },
    lead(next) {
      target = next
      breakAll()
    },
    async close() {
      const closed = server.listening ? stopListening() : null
      breakAll()
      await closed
    },
  }
}
