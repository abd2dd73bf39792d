// Deliveries in the form of Storno.ro's API: one record per attempt. Sources: README.md in this folder.

import { Type } from 'typebox'
import { type Attempt, shownToCustomers } from '../../domain/attempt.ts'
import { isoSeconds } from '../../domain/time.ts'
import type { listAttempts, showDelivery } from '../../operations/deliveries.ts'
import { attemptUuid } from './attempt-ids.ts'
import { Nullable, statusText, Time, Uuid } from './shapes.ts'

const Headers = Type.Record(Type.String(), Type.String())
const Payload = Type.Object({}, { description: 'The JSON body that was sent.' })

const DeliveryStatusText = Type.Enum(['success', 'failed', 'pending'])

export const TestResult = Type.Object({
  deliveryUuid: Uuid,
  status: DeliveryStatusText,
  eventType: Type.String(),
  requestPayload: Payload,
  requestHeaders: Headers,
  responseCode: Type.Integer({ description: '0 where there was no answer.' }),
  responseBody: Nullable(Type.String({ description: 'The first 1,024 characters.' })),
  durationMs: Type.Integer(),
  deliveredAt: Nullable(Time),
})

const attemptFields = {
  uuid: Uuid,
  eventType: Type.String(),
  status: DeliveryStatusText,
  responseCode: Type.Integer({ description: '0 where there was no answer.' }),
  durationMs: Type.Integer(),
  attempt: Type.Integer({ description: '1 for the first.' }),
}

export const DeliveryList = Type.Object({
  data: Type.Array(Type.Object({ ...attemptFields, deliveredAt: Time })),
  total: Type.Integer(),
  page: Type.Integer(),
  limit: Type.Integer(),
  pages: Type.Integer(),
})

export const DeliveryDetail = Type.Object({
  ...attemptFields,
  webhookUuid: Uuid,
  requestUrl: Type.String(),
  requestMethod: Type.Literal('POST'),
  requestHeaders: Headers,
  requestPayload: Payload,
  responseHeaders: Headers,
  responseBody: Nullable(Type.String({ description: 'The first 4,096 characters.' })),
  errorMessage: Nullable(Type.String()),
  deliveredAt: Nullable(Time),
  nextRetryAt: Nullable(Time),
})

type Found<Operation extends (...input: never) => Promise<unknown>> = Extract<
  Awaited<ReturnType<Operation>>,
  { readonly ok: true }
>['value']
export type FoundDelivery = Found<typeof showDelivery>
type FoundAttempt = Found<typeof listAttempts>['rows'][number]

export function attemptSummary(row: FoundAttempt): object {
  return {
    uuid: attemptUuid(row.delivery.id, row.number),
    eventType: row.delivery.eventType,
    status: statusText(row.outcome.kind === 'delivered'),
    responseCode: responseCode(row),
    durationMs: row.durationMs,
    deliveredAt: deliveredAt(row),
    attempt: row.number,
  }
}

/** JSON text and not an object: the payload must show the sent bytes, which a parser would change. */
export function testResultText({ delivery, attempts, body }: FoundDelivery): string {
  const [attempt] = attempts
  return objectText({
    deliveryUuid: delivery.id,
    status: statusOf(delivery.status, attempt),
    eventType: delivery.eventType,
    requestPayload: new JsonText(body),
    requestHeaders: shownHeaders(attempt?.exchange?.requestHeaders),
    responseCode: responseCode(attempt),
    responseBody: attempt?.response?.slice(0, 1024) ?? null,
    durationMs: attempt?.durationMs ?? 0,
    deliveredAt: deliveredAt(attempt),
  })
}

/**
 * One attempt of a delivery; JSON text for the same reason.
 *
 * @param number the number of the attempt; one that is not recorded is the next attempt of the delivery
 */
export function attemptDetailText({ endpoint, delivery, attempts, body }: FoundDelivery, number: number): string {
  const attempt = attempts.find((one) => one.number === number)
  const dueAt = attempt !== undefined && attempt === attempts.at(-1) ? delivery.dueAt : null
  return objectText({
    uuid: attemptUuid(delivery.id, number),
    webhookUuid: delivery.endpointId,
    eventType: delivery.eventType,
    status: statusOf(delivery.status, attempt),
    attempt: number,
    requestUrl: attempt?.exchange?.url ?? endpoint.url,
    requestMethod: 'POST',
    requestHeaders: shownHeaders(attempt?.exchange?.requestHeaders),
    requestPayload: new JsonText(body),
    responseCode: responseCode(attempt),
    responseHeaders: shownHeaders(attempt?.exchange?.responseHeaders),
    responseBody: attempt?.response ?? null,
    durationMs: attempt?.durationMs ?? 0,
    errorMessage: attempt === undefined ? delivery.reason : errorMessage(attempt),
    deliveredAt: deliveredAt(attempt),
    nextRetryAt: dueAt === null ? null : isoSeconds(dueAt),
  })
}

/**
 * The status of an attempt. Before the attempt, a pending delivery is `pending`, and an ended one is `failed`.
 */
function statusOf(delivery: FoundDelivery['delivery']['status'], attempt: Attempt | undefined): string {
  if (attempt !== undefined) return statusText(attempt.outcome.kind === 'delivered')
  return delivery === 'pending' ? 'pending' : 'failed'
}

function responseCode(attempt: Attempt | undefined): number {
  return attempt !== undefined && 'status' in attempt.outcome ? attempt.outcome.status : 0
}

/** The start of the attempt, as in `lastDeliveryAt`. */
function deliveredAt(attempt: Attempt | undefined): string | null {
  return attempt === undefined ? null : isoSeconds(attempt.startedAt)
}

function errorMessage(attempt: Attempt): string | null {
  const outcome = shownToCustomers(attempt.outcome)
  switch (outcome.kind) {
    case 'delivered':
      return null
    case 'rejected':
      return `Endpoint returned non-2xx status: ${outcome.status}`
    case 'timedOut':
      return 'Endpoint did not respond within 10 seconds'
    case 'unreachable':
    case 'blocked':
      return `Endpoint could not be reached: ${outcome.error}`
  }
}

/** Header names have no case. The vendor shows them with capitals at the start and after each hyphen. */
function shownHeaders(headers: Readonly<Record<string, string>> | null | undefined): object {
  const capitals = (name: string): string => name.replace(/(?<![^-])[a-z]/g, (letter) => letter.toUpperCase())
  return Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [capitals(name), value]))
}

/** JSON text that `objectText` writes unchanged. */
class JsonText {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

function objectText(fields: Readonly<Record<string, unknown>>): string {
  const members = Object.entries(fields).map(
    ([name, value]) => `${JSON.stringify(name)}:${value instanceof JsonText ? value.text : JSON.stringify(value)}`,
  )
  return `{${members.join(',')}}`
}
