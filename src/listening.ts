// Listening: whether the addresses are free, the start and the end of the HTTP servers.

import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import type { FastifyInstance, FastifyListenOptions } from 'fastify'
import { SettingError, type Settings } from './config/settings.ts'

/** An address to listen on. */
export interface Address {
  readonly host: string
  readonly port: number
  /** Whether other processes may listen on it too. */
  readonly isShared: boolean
  /** The beginning of the names of its settings. */
  readonly setting: 'POSTHORN' | 'POSTHORN_ADMIN'
}

/** An HTTP server and its address. */
export interface Listener {
  readonly server: FastifyInstance
  readonly address: Address
}

/**
 * The addresses of the settings: the customers' one, and the operator's if it has one of its own. That one is never shared:
 * each process has metrics of its own.
 */
export function addressesOf({ host, port, reusePort, adminHost, adminPort }: Settings): readonly [Address, Address?] {
  const customers = { host, port, isShared: reusePort, setting: 'POSTHORN' } as const
  if (adminPort === null) return [customers]
  return [customers, { host: adminHost, port: adminPort, isShared: false, setting: 'POSTHORN_ADMIN' }]
}

/** The address of a listener cannot be used now: one line that names its settings. */
export class CannotListen extends Error {
  override readonly name = 'CannotListen'
}

/**
 * Listens for a moment, before a start that would fail has written anything. On a shared address it takes another port:
 * otherwise it would receive connections that are meant for the other processes.
 *
 * @throws CannotListen; SettingError the system cannot share a port
 */
export async function assertCanListen(addresses: readonly (Address | undefined)[]): Promise<void> {
  const servers = []
  for (const address of addresses) {
    if (address === undefined) continue
    const server = createServer()
    try {
      const { host, port, isShared } = address
      server.listen({ host, port: isShared ? 0 : port, reusePort: isShared })
      await once(server, 'listening')
    } catch (error) {
      for (const before of servers) before.close()
      throw cannotListen(address, error)
    }
    servers.push(server)
  }
  const closed = servers.map((server) => once(server, 'close'))
  for (const server of servers) server.close()
  await Promise.all(closed)
}

function cannotListen({ setting, host, port }: Address, error: unknown): Error {
  if (error instanceof Error && 'code' in error && error.code === 'ENOTSUP') {
    return new SettingError('POSTHORN_REUSE_PORT is on, but this system cannot share a port between processes')
  }
  const isUsed = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
  const flag = setting === 'POSTHORN' ? '--port' : '--admin-port'
  const message = error instanceof Error ? error.message : String(error)
  const reason = isUsed ? `the port is in use; choose another with ${flag}` : message
  return new CannotListen(`cannot listen on ${setting}_HOST ${host}, ${setting}_PORT ${port}: ${reason}`)
}

/** Returns the URL, with the actual port. @throws CannotListen */
export async function listen({ server, address }: Listener): Promise<string> {
  const { host, port, isShared } = address
  try {
    // Fastify passes its options on to Node, and does not declare this one.
    const options: FastifyListenOptions & { readonly reusePort: boolean } = { host, port, reusePort: isShared }
    await server.listen(options)
  } catch (error) {
    throw cannotListen(address, error)
  }
  return `http://${host.includes(':') ? `[${host}]` : host}:${(server.server.address() as AddressInfo).port}`
}

/**
 * Ends the streams, and waits for other running requests until the deadline: a caller that never ends its request must not
 * delay the stop.
 */
export async function closeServers(
  listeners: readonly Listener[],
  streams: { stop(): void },
  deadlineMs: number,
): Promise<void> {
  const closed = listeners.map((listener) => closeServer(listener, deadlineMs))
  streams.stop()
  await Promise.all(closed)
}

async function closeServer({ server }: Listener, deadlineMs: number): Promise<void> {
  // Repeated, because a connection with a running request becomes idle when the request ends.
  const closeIdle = setInterval(() => server.server.closeIdleConnections(), 50)
  const closeAll = setTimeout(() => server.server.closeAllConnections(), deadlineMs)
  await server.close()
  clearInterval(closeIdle)
  clearTimeout(closeAll)
}
