// Listening: whether the address is free, the start and the end of the HTTP server.

import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { SettingError, type Settings } from './config/settings.ts'

/** Listens for a moment, before a start that would fail has written anything. @throws SettingError */
export async function assertCanListen(settings: Settings): Promise<void> {
  const { host, port } = settings
  const server = createServer()
  try {
    server.listen({ host, port })
    await once(server, 'listening')
  } catch (error) {
    throw cannotListen(settings, error)
  }
  server.close()
  await once(server, 'close')
}

function cannotListen({ host, port }: Settings, error: unknown): SettingError {
  const reason = error instanceof Error ? error.message : String(error)
  return new SettingError(`cannot listen on POSTHORN_HOST ${host}, POSTHORN_PORT ${port}: ${reason}`)
}

/** Returns the port. @throws SettingError that says why the server cannot listen on the address */
export async function listen(server: FastifyInstance, settings: Settings): Promise<number> {
  try {
    await server.listen({ host: settings.host, port: settings.port })
  } catch (error) {
    throw cannotListen(settings, error)
  }
  return (server.server.address() as AddressInfo).port
}

/** Waits for running requests until the deadline: a caller that never ends its request must not delay the stop. */
export async function closeServer(server: FastifyInstance, deadlineMs: number): Promise<void> {
  // Repeated, because a connection with a running request becomes idle when the request ends.
  const closeIdle = setInterval(() => server.server.closeIdleConnections(), 50)
  const closeAll = setTimeout(() => server.server.closeAllConnections(), deadlineMs)
  await server.close()
  clearInterval(closeIdle)
  clearTimeout(closeAll)
}
