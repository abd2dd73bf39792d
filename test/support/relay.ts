// A TCP relay in front of a PostgreSQL server. It breaks or silences a connection at a point that the test chooses.

import { connect, createServer, type Socket } from 'node:net'
import type { TestContext } from 'node:test'

/**
 * `request`: the connection breaks before the server gets the request. `answer`: the connection breaks before the
 * client gets the answer. `late`: like `request`, but the server gets the request at `letThrough`. `never`: the
 * connection is silent from then on, and neither side gets an error.
 */
export type Fault = 'request' | 'answer' | 'late' | 'never'

export interface Relay {
  /** The URL of the database through the relay. */
  readonly url: string
  /** The fault for the next connection that sends this text. */
  breakAt: { readonly text: string; readonly when: Fault } | null
  /** A text in what clients send, and the text of the same length that the server gets instead. */
  replace: { readonly text: string; readonly by: string } | null
  /** How often a fault has happened. */
  broken: number
  /** If true, every new connection is broken at once. */
  down: boolean
  /** Sends the late request to the server. Resolves when the server has answered it. */
  letThrough: () => Promise<void>
  /** Silences every open connection for good, as after a failover. New connections work. */
  forgetAll: () => void
}

export async function startRelay(t: TestContext, url: string): Promise<Relay> {
  const { hostname, port } = new URL(url)
  const sockets = new Set<Socket>()
  const silenced = new Set<() => void>()
  const server = createServer((client) => {
    if (relay.down) return client.destroy()
    const upstream = connect(Number(port), hostname)
    const end = (): void => {
      client.destroy()
      upstream.destroy()
    }
    let armed = false
    let silent = false
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => {}).on('close', end)
    }
    const fallSilent = (): void => {
      silent = true
      // The end of the connection is not passed on either.
      client.pause()
      for (const socket of [client, upstream]) socket.off('close', end)
    }
    silenced.add(fallSilent)
    client.on('data', (sent: Buffer) => {
      const { replace } = relay
      const data =
        replace === null ? sent : Buffer.from(sent.toString('latin1').replace(replace.text, replace.by), 'latin1')
      const plan = relay.breakAt
      if (plan !== null && data.includes(plan.text)) {
        relay.breakAt = null
        relay.broken += 1
        if (plan.when === 'request') return end()
        if (plan.when === 'never') return fallSilent()
        if (plan.when === 'late') {
          relay.letThrough = () => new Promise((answered) => upstream.once('data', () => answered()).write(data))
          fallSilent()
          return client.destroy()
        }
        armed = true
      }
      upstream.write(data)
    })
    upstream.on('data', (data) => {
      if (silent) return
      if (armed) end()
      else client.write(data)
    })
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const relay: Relay = {
    url: Object.assign(new URL(url), { port: String((server.address() as { port: number }).port) }).href,
    breakAt: null,
    replace: null,
    broken: 0,
    down: false,
    letThrough: async () => {},
    forgetAll: () => {
      for (const fallSilent of silenced) fallSilent()
    },
  }
  return relay
}
