// TLS towards receivers: version 1.2 or later, certificates verified, sessions resumed.

import { isIP, type Socket } from 'node:net'
import { connect, createSecureContext, getCACertificates, type SecureContext } from 'node:tls'
import { LRUCache } from 'lru-cache'
import { limits } from '../domain/limits.ts'
import type { Connect, OnRead, Target } from './connect.ts'
import { coded } from './socket-error.ts'

/** Opens TLS on a connected socket; otherwise as `Connect`. */
type Secure = (target: Target, socket: Socket, done: Parameters<Connect>[1], onRead?: OnRead) => () => void

/** @param authorities certificates that are trusted besides the usual ones, PEM */
export function createTlsConnect(authorities: readonly string[]): Secure {
  // Made for the first connection: it reads some 150 certificates, which takes 20 ms.
  let context: SecureContext | undefined
  const sessions = new LRUCache<string, Buffer>({ max: limits.tlsSessionsMax })

  return (target, socket, done, onRead) => {
    const { origin, hostname } = target
    context ??= createSecureContext({
      minVersion: 'TLSv1.2',
      ...(authorities.length > 0 && { ca: [...getCACertificates('default'), ...authorities] }),
    })
    // SNI and certificates have no dot at the end (RFC 6066, 3).
    const name = hostname.endsWith('.') ? hostname.slice(0, -1) : hostname
    const session = sessions.get(origin)
    let isOver = false
    const secured = connect({
      socket,
      host: name,
      servername: isIP(name) === 0 ? name : '',
      secureContext: context,
      // Set explicitly, because otherwise NODE_TLS_REJECT_UNAUTHORIZED would decide.
      rejectUnauthorized: true,
      ALPNProtocols: ['http/1.1'],
      ...(session !== undefined && { session }),
    })
    const finish = (error: Error | null): void => {
      if (isOver) return
      isOver = true
      secured.off('error', finish).off('close', closed)
      if (error === null) {
        if (onRead !== undefined) secured.on('data', onRead)
        return done(null, secured)
      }
      sessions.delete(origin)
      secured.destroy()
      done(error, null)
    }
    const closed = (): void => finish(coded('ECONNRESET'))
    secured.on('session', (ticket) => void sessions.set(origin, ticket))
    secured.on('error', finish).on('close', closed)
    secured.on('secureConnect', () => finish(null))
    return () => {
      isOver = true
      // A socket that is given up may still report an error, which must not be uncaught.
      secured.on('error', () => {}).destroy()
      socket.destroy()
    }
  }
}
