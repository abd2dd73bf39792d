import type { KeyObject } from 'node:crypto'
import { markerHeader } from '../domain/header-rules.ts'
import type { DeliveryDialect, Message } from '../contracts/delivery-dialect.ts'
import type { SendRequest } from '../contracts/transport.ts'

/**
 * The HTTP request of one attempt. The dialect's headers and the marker replace customer headers of the same name.
 */
export function requestOf(
  message: Message,
  dialect: DeliveryDialect,
  keys: readonly KeyObject[],
  sentAtMs: number,
  marker: string,
): SendRequest {
  const { endpoint } = message
  const body = Buffer.from(dialect.encode(message, keys, sentAtMs))
  const own = dialect.headers(message, body, keys, sentAtMs)
  own[markerHeader] = marker
  // Spread instead of assignments: a customer may name a header `constructor` or even `__proto__`.
  const headers = Object.keys(endpoint.headers).length === 0 ? own : { ...endpoint.headers, ...own }
  const method = dialect.method?.(message)
  const timeoutMs = dialect.timeoutOf?.(endpoint) ?? dialect.timeoutMs
  const keepHeaders = dialect.keepExchange || dialect.readsAnswer === true
  return { method, url: endpoint.url, headers, body, timeoutMs, keepHeaders }
}
