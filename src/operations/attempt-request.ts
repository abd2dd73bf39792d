// The request of an attempt. It is not stored: it is made again, by the code that sends, from the event, the endpoint as it
// is now, and the time at which the attempt started. The CRC that the attempt has of its request tells whether the result
// is the same to the byte. Where it is not, the headers that may differ are named.

import type { Attempt } from '../domain/attempt.ts'
import { type Endpoint, isPolling, secretsInForce } from '../domain/endpoint.ts'
import type { Event } from '../domain/event.ts'
import type { DeliveryId } from '../domain/ids.ts'
import type { Principal } from '../domain/principal.ts'
import { failure, type Result, success } from '../domain/problem.ts'
import { seesSecrets } from '../domain/scopes.ts'
import { Unavailable } from '../domain/unavailable.ts'
import type { Message } from '../contracts/delivery-dialect.ts'
import type { Dialect } from '../contracts/dialect.ts'
import type { RequestMethod, SendRequest } from '../contracts/transport.ts'
import type { CachedTenant } from '../engine/tenant-cache.ts'
import { type Context, dialectOf } from './context.ts'
import { findDelivery } from './deliveries.ts'

export interface AttemptRequest {
  readonly attempt: number
  /** Null: nothing is known of it, as of `url`. */
  readonly method: RequestMethod | null
  readonly url: string | null
  /** In their order on the wire. A null value is not shown to the caller. */
  readonly headers: readonly (readonly [name: string, value: string | null])[]
  /** Null: it is gone, or not shown to the caller. */
  readonly body: Buffer | null
  /** Whether the request is proved to be the one that was sent, byte for byte. */
  readonly isExact: boolean
  /** Headers that may have had another value. */
  readonly recomputed: readonly string[]
  /** Sentences for people: the parts that are gone, and why the request may differ. */
  readonly notes: readonly string[]
}

/**
 * The request of an attempt, if the principal may access its tenant.
 *
 * @param number default: the newest attempt
 */
export async function showRequest(
  context: Context,
  principal: Principal,
  id: DeliveryId,
  number?: number,
): Promise<Result<AttemptRequest>> {
  context.auditTrail.assertRoom()
  const found = await findDelivery(context, principal, id)
  if (!found.ok) return found
  const { delivery, attempts } = found.value
  const attempt = number === undefined ? attempts.at(-1) : attempts.find((one) => one.number === number)
  if (attempt === undefined) return failure({ kind: 'notFound', what: 'attempt', id: String(number ?? 1) })
  const tenant = await context.tenantCache.load(delivery.tenant)
  const endpoint = tenant?.byKey.get(delivery.endpoint)?.endpoint
  const [event] = await context.store.findEvents(delivery.eventId, delivery.tenant)
  const lost = whatIsLost(event, endpoint)
  if (tenant === null || endpoint === undefined || event === undefined || lost !== null) {
    return success(remains(attempt, lost ?? 'The event is gone.'))
  }
  const message: Message = {
    tenant: tenant.tenant,
    event,
    delivery: id,
    endpoint,
    ...ofAttempt(attempt, attempts, tenant),
  }
  const made = await makeAgain(context, { tenant, message, attempt })
  if (made === null) return success(remains(attempt, 'The key that signed the attempt is gone.'))
  return success(shownTo(context, principal, message, made))
}

function whatIsLost(event: Event | undefined, endpoint: Endpoint | undefined): string | null {
  if (event?.erasedAt !== undefined) {
    return `The payload was erased at ${timeText(event.erasedAt)}, so that the body and the signature are gone.`
  }
  if (endpoint === undefined) return 'The endpoint was deleted, and its headers and secrets with it.'
  return endpoint.unreadable ? 'A part of the endpoint was damaged or changed in the database.' : null
}

/** The parts of the request that the attempt itself has. Header values may be secret, and nothing tells which ones are. */
function remains({ number, exchange }: Attempt, note: string): AttemptRequest {
  const headers = Object.keys(exchange?.requestHeaders ?? {}).map((name) => [name, null] as const)
  const known = { attempt: number, method: null, url: exchange?.url ?? null, headers }
  return { ...known, body: null, isExact: false, recomputed: [], notes: [note] }
}

function ofAttempt(
  { number }: Attempt,
  attempts: readonly Attempt[],
  { dialect }: CachedTenant,
): Pick<Message, 'attempt' | 'earlier'> {
  const [first, before] = [attempts[0], attempts[number - 2]]
  if (!dialect.needsEarlier || first === undefined || before === undefined) return { attempt: number }
  return { attempt: number, earlier: { firstStartedAt: first.startedAt, lastOutcome: before.outcome } }
}

interface Given {
  readonly tenant: CachedTenant
  readonly message: Message
  readonly attempt: Attempt
}

interface Made extends Pick<AttemptRequest, 'attempt' | 'isExact' | 'recomputed' | 'notes'> {
  readonly request: SendRequest
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** Headers of the attempt that neither the dialect nor the endpoint has now: whether they are secret is unknown. */
  readonly unknown: ReadonlySet<string>
}

/** Null: it cannot be made. @throws Unavailable */
async function makeAgain(context: Context, given: Given): Promise<Made | null> {
  const { tenant, attempt } = given
  const { startedAt, exchange } = attempt
  const { endpoint } = given.message
  // A newer secret did not sign. If no other one is left, it signs in place of those that did.
  const former = endpoint.secrets.filter(({ createdAt }) => createdAt <= startedAt)
  const isKeyGone = endpoint.secrets.length > 0 && secretsInForce(former, startedAt).length === 0
  const message = { ...given.message, endpoint: { ...endpoint, secrets: isKeyGone ? endpoint.secrets : former } }
  const made = await tried(context.engine.requestAt(startedAt, message, tenant.dialect))
  if (made === null) return null
  const request = exchange === undefined ? made : { ...made, url: exchange.url, headers: exchange.requestHeaders }
  const wire = context.encodeRequest(request)
  const headers = wire?.headers ?? Object.entries(request.headers)
  const isExact = wire !== null && wire.crc === attempt.requestCrc
  const unknown = new Set(Object.keys(request.headers).filter((name) => !Object.hasOwn(made.headers, name)))
  const shared = { attempt: attempt.number, request, headers, unknown, isExact }
  if (isExact) return { ...shared, recomputed: [], notes: [] }
  const notes = whyItDiffers(attempt, endpoint, isKeyGone)
  if (exchange !== undefined) return { ...shared, recomputed: ['content-length'], notes }
  const constant = await constantHeaders(context, { ...given, message }, headers)
  return { ...shared, recomputed: headers.map(([name]) => name).filter((name) => !constant.has(name)), notes }
}

async function tried(made: Promise<SendRequest>): Promise<SendRequest | null> {
  try {
    return await made
  } catch (error) {
    if (error instanceof Unavailable) throw error
    return null
  }
}

function whyItDiffers({ startedAt, requestCrc }: Attempt, { updatedAt }: Endpoint, isKeyGone: boolean): string[] {
  const notes: string[] = []
  if (updatedAt >= startedAt) {
    notes.push(
      `The endpoint was changed at ${timeText(updatedAt)}, after the attempt. The request is that of the endpoint as it is now.`,
    )
  }
  if (isKeyGone) notes.push('The secret that signed the attempt is gone. The secret of now signs in its place.')
  if (requestCrc === undefined)
    notes.push('The attempt has no checksum of its request, so that nothing proves its bytes.')
  if (notes.length > 0) return notes
  return [
    'The bytes differ from those that were sent: a key, a setting of the tenant or the version of Posthorn is another, the signature is another each time, or the request had a header `traceparent`.',
  ]
}

/**
 * The names of the headers that no change of the endpoint can change. None are known where the cause of the difference may
 * be another one: a setting of the tenant, or the version of Posthorn.
 */
async function constantHeaders(
  context: Context,
  { tenant, message, attempt }: Given,
  headers: Made['headers'],
): Promise<ReadonlySet<string>> {
  const { endpointRules, tenantSettings } = dialectOf(context, tenant.tenant)
  const { endpoint } = message
  const isChange = endpoint.updatedAt >= attempt.startedAt && attempt.requestCrc !== undefined
  const isOther = endpointRules.details !== undefined || Object.keys(tenantSettings).length > 0
  if (!isChange || isOther) return new Set()
  const other = {
    ...endpoint,
    url: 'https://other.invalid/other',
    eventTypes: [],
    filters: {},
    headers: {},
    secrets: [],
  }
  const made = await tried(context.engine.requestAt(attempt.startedAt, { ...message, endpoint: other }, tenant.dialect))
  const same = new Map(made === null ? [] : context.encodeRequest(made)?.headers)
  return new Set(headers.filter(([name, value]) => same.get(name) === value).map(([name]) => name))
}

/** The request without the values that the caller may not see. A read of such values is recorded. */
function shownTo(context: Context, principal: Principal, { tenant, endpoint }: Message, made: Made): AttemptRequest {
  const { request, headers, unknown, notes, ...rest } = made
  const sees = seesSecrets(principal)
  const places = secretPlaces(dialectOf(context, tenant))
  const isSecret = (name: string): boolean => Object.hasOwn(endpoint.headers, name) || places.has(name)
  const shown = headers.map(([name, value]) => {
    const isHidden = endpoint.writeOnlyHeaders.includes(name) || unknown.has(name) || (isSecret(name) && !sees)
    return [name, isHidden ? null : value] as const
  })
  const isBodyHidden = places.has('body') && !sees
  const hasSecrets = places.has('body') || shown.some(([name, value]) => value !== null && isSecret(name))
  if (sees && hasSecrets) context.auditTrail.secretRead(principal, tenant.id, endpoint)
  return {
    ...rest,
    method: request.method ?? 'POST',
    url: isPolling(endpoint) ? null : request.url,
    headers: shown,
    body: isBodyHidden ? null : request.body,
    notes: [
      ...notes,
      ...(shown.some(([, value]) => value === null) ? ['Header values that are not shown to you are null.'] : []),
      ...(isBodyHidden ? ['The body contains a secret and is not shown to you.'] : []),
    ],
  }
}

/** The headers, and perhaps the body, in which the dialect may send a secret itself. */
function secretPlaces({ receiving }: Dialect): ReadonlySet<string> {
  return new Set(
    receiving.signatures.flatMap((one): readonly string[] => {
      if ('undescribed' in one) return [one.in]
      if (one.algorithm !== 'token' && one.algorithm !== 'basic') return []
      return 'headers' in one.signatures ? one.signatures.headers : ['body']
    }),
  )
}

function timeText(ms: number): string {
  return new Date(ms).toISOString()
}
