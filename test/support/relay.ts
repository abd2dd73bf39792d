// A TCP relay before a PostgreSQL server, which breaks or silences a connection exactly where a test wants it to.

import { connect, createServer, type Socket } from 'node:net'
import type { TestContext } from 'node:test'

/**
 * `request`: the connection breaks before the server sees what it sends. `answer`: before what the server answers is
 * passed on. `late`: like `request`, but the server sees it when it is let through. `never`: the connection is silent
 * from then on, and neither side hears of it.
 */
export type Fault = 'request' | 'answer' | 'late' | 'never'

export interface Relay {
  /** The server's address, by way of the relay. */
  readonly url: string
  /** What happens to the next connection that sends this text. */
  breakAt: { readonly text: string; readonly when: Fault } | null
  /** How often that has happened. */
  broken: number
  /** Lets nobody connect. */
  down: boolean
  /** Lets through what is late; resolves when the server has answered it. */
  letThrough: () => Promise<void>
  /** Every connection there is falls silent for ever, as after a failover; new ones work. */
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
      // Not even a goodbye is heard.
      client.pause()
      for (const socket of [client, upstream]) socket.off('close', end)
    }
    silenced.add(fallSilent)
    client.on('data', (data) => {
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
    broken: 0,
    down: false,
    letThrough: async () => {},
    forgetAll: () => {
      for (const fallSilent of silenced) fallSilent()
    },
  }
  return relay
}
