import { Agent, type buildConnector, fetch } from 'undici'
import type { Guard } from './guard.ts'

/** A `fetch` for Posthorn's own requests to other hosts. It uses the egress guard and refuses redirects. */
export function createGuardedFetch(guard: Guard): (url: string, options: object) => Promise<Response> {
  const connect: buildConnector.connector = ({ protocol, hostname, port }, callback) => {
    const isTls = protocol === 'https:'
    const target = {
      origin: `${protocol}//${hostname}:${port}`,
      isTls,
      hostname,
      port: Number(port) || (isTls ? 443 : 80),
    }
    guard.connect(target, (error, socket) => {
      if (socket === null) callback(error ?? new Error('connection failed'), null)
      else callback(null, socket)
    })
  }
  const dispatcher = new Agent({ connect })
  return async (url, options) => fetch(url, { ...options, dispatcher, redirect: 'error' })
}
