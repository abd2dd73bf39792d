// The history of an endpoint, for products that show one record per attempt: the list, one attempt, and a test that
// tells how it went.

import { type TSchema, Type } from 'typebox'
import { type Attempt, type Outcome, shownToCustomers } from '../domain/attempt.ts'
import type { TenantId } from '../domain/ids.ts'
import { day, second } from '../domain/time.ts'
import { failure, type Result, success } from '../domain/problem.ts'
import type { Principal } from '../domain/principal.ts'
import { listAttempts, listDeliveries, showDelivery } from '../operations/deliveries.ts'
import { sendTestNow } from '../operations/test-endpoint.ts'
import { aboveDeliveryOf, attemptNumber, attemptUuid } from './attempt-ids.ts'
import { JsonText, jsonTextOf } from './json-text.ts'
import { idOf } from './answers.ts'
import type { Described, Operation, RouteKit } from './operation.ts'
import type { NumberedPage } from './pages.ts'
import { schemaOf } from './schema-of.ts'

/** One attempt, or the next attempt of a delivery. */
export interface AttemptFacts {
  /** One UUID per attempt; the first attempt has that of its delivery. */
  readonly id: string
  readonly endpointId: string
  readonly eventType: string
  /** `pending`: it was not made yet. */
  readonly status: 'succeeded' | 'failed' | 'pending'
  /** 1 for the first attempt. */
  readonly number: number
  readonly url: string
  readonly requestHeaders: Readonly<Record<string, string>>
  /** The body that was sent. It may stand in an answer as it is. */
  readonly body: JsonText
  /** The status of the response; 0: there was none. */
  readonly statusCode: number
  readonly responseHeaders: Readonly<Record<string, string>>
  readonly response: string | null
  readonly durationMs: number
  /** Unix time in milliseconds; null: it was not made yet. */
  readonly startedAt: number | null
  /** The failure, in the form that customers may see; null: it succeeded, or was not made yet. */
  readonly outcome: Outcome | null
  /** Why a delivery without attempts has ended; null: no such reason. */
  readonly reason: string | null
  /** When the next attempt of the delivery is due; null: there is none, or a newer attempt says it. */
  readonly nextAt: number | null
}

/** An attempt in a list has no texts and no headers. */
export type AttemptRow = Pick<
  AttemptFacts,
  'id' | 'eventType' | 'status' | 'number' | 'statusCode' | 'durationMs' | 'startedAt'
>

type Shape<Facts> = (facts: Facts) => Readonly<Record<string, unknown>>

type FoundDelivery = Extract<Awaited<ReturnType<typeof showDelivery>>, { readonly ok: true }>['value']

const exampleBody = new JsonText('{}')

/** Before its attempt, a delivery has no answer. */
const noAttempt: AttemptFacts = {
  id: '',
  endpointId: '',
  eventType: '',
  status: 'pending',
  number: 1,
  url: '',
  requestHeaders: {},
  body: exampleBody,
  statusCode: 0,
  responseHeaders: {},
  response: null,
  durationMs: 0,
  startedAt: null,
  outcome: null,
  reason: null,
  nextAt: null,
}

/** The schema of a record follows from both. */
const examples: readonly AttemptFacts[] = [
  noAttempt,
  {
    ...noAttempt,
    status: 'failed',
    response: '',
    startedAt: 0,
    outcome: { kind: 'rejected', status: 500, retryAfterMs: null },
    reason: '',
    nextAt: 0,
  },
]

function rowOf(id: string, eventType: string, { outcome, number, durationMs, startedAt }: Attempt): AttemptRow {
  const status = outcome.kind === 'delivered' ? 'succeeded' : 'failed'
  return { id, eventType, status, number, statusCode: statusCodeOf(outcome), durationMs, startedAt }
}

function statusCodeOf(outcome: Outcome): number {
  return 'status' in outcome ? outcome.status : 0
}

/** @param number the number of the attempt; one that is not recorded is the next attempt of the delivery */
function factsOf({ endpoint, delivery, attempts: made, body }: FoundDelivery, number: number): AttemptFacts {
  const found = made.find((one) => one.number === number)
  const shared = {
    ...noAttempt,
    id: attemptUuid(delivery.id, number),
    endpointId: delivery.endpointId,
    eventType: delivery.eventType,
    url: found?.exchange?.url ?? endpoint.url,
    body: new JsonText(body),
    number,
  }
  if (found === undefined) {
    const status = delivery.status === 'pending' ? 'pending' : 'failed'
    return { ...shared, status, statusCode: 0, reason: delivery.reason }
  }
  return {
    ...shared,
    ...rowOf(shared.id, delivery.eventType, found),
    requestHeaders: found.exchange?.requestHeaders ?? {},
    responseHeaders: found.exchange?.responseHeaders ?? {},
    response: found.response,
    outcome: found.outcome.kind === 'delivered' ? null : shownToCustomers(found.outcome),
    nextAt: found === made.at(-1) ? delivery.dueAt : null,
  }
}

// Any name with the letters of event types: a delivery carries the name in a header.
const eventTypeName = Type.String({ pattern: '^[A-Za-z0-9_.-]{1,128}$' })
const dayText = Type.String({ format: 'date', description: 'YYYY-MM-DD, in UTC.' })
const pageMax = 1_000_000

export interface AttemptListForm extends Described {
  readonly sizeDefault: number
  readonly sizeMax: number
  /** The words of the parameter `status`. */
  readonly words: readonly [succeeded: string, failed: string]
  readonly each: Shape<AttemptRow>
  readonly answer: (rows: readonly unknown[], page: NumberedPage) => unknown
}

/** The attempts of an endpoint, the newest first. */
export function attempts({ sizeDefault, sizeMax, words, each, answer, ...described }: AttemptListForm): Operation {
  return {
    access: 'read',
    operationId: 'listWebhookDeliveries',
    summary: 'List deliveries, one record per attempt, newest first',
    ...described,
    route(kit) {
      const rowSchema = schemaOf(examples.map(each))
      const example: readonly unknown[] = []
      const facts = { page: 1, size: 1, total: 1, pageCount: 1 }
      return {
        query: Type.Object({
          page: Type.Optional(Type.Integer({ minimum: 1, maximum: pageMax, default: 1 })),
          limit: Type.Optional(Type.Integer({ minimum: 1, maximum: sizeMax, default: sizeDefault })),
          status: Type.Optional(Type.Enum([...words])),
          eventType: Type.Optional(eventTypeName),
          from: Type.Optional(dayText),
          to: Type.Optional(dayText),
        }),
        answers: { 200: schemaOf([answer(example, facts)], new Map([[example, Type.Array(rowSchema)]])) },
        async handle(call) {
          const { page = 1, limit = sizeDefault, status, eventType = null, from, to } = call.query as ListQuery
          const filter = {
            succeeded: status === undefined ? null : status === words[0],
            eventType,
            from: from === undefined ? null : Date.parse(from),
            // The last day counts in full.
            to: to === undefined ? null : Date.parse(to) + day,
          }
          const { principal, tenant } = call
          const found = await listAttempts(kit.context, principal, tenant, idOf(kit, call), filter, { page, limit })
          if (!found.ok) return found
          const { rows, total } = found.value
          const shown = rows.map((row) =>
            each(rowOf(attemptUuid(row.delivery.id, row.number), row.delivery.eventType, row)),
          )
          return success({
            status: 200,
            body: answer(shown, { page, size: limit, total, pageCount: Math.ceil(total / limit) }),
          })
        },
      }
    },
  }
}

interface ListQuery {
  readonly page?: number
  readonly limit?: number
  readonly status?: string
  readonly eventType?: string
  readonly from?: string
  readonly to?: string
}

/** One attempt. The last parameter of the path is its UUID. */
export function attempt({ each, ...described }: Described & { readonly each: Shape<AttemptFacts> }): Operation {
  return {
    access: 'read',
    operationId: 'getWebhookDelivery',
    summary: 'Get delivery: one attempt, with request and response',
    showsExchange: true,
    ...described,
    route: (kit) => ({
      answers: { 200: shapeSchema(each) },
      async handle(call) {
        const { principal, tenant, params } = call
        const id = String(Object.values(params).at(-1))
        const found = await findAttempt(kit, principal, tenant, { endpoint: idOf(kit, call), id })
        return found.ok ? success({ status: 200, body: jsonTextOf(each(found.value)) }) : found
      },
    }),
  }
}

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

async function findAttempt(
  { context }: RouteKit,
  principal: Principal,
  tenant: TenantId,
  { endpoint, id }: { readonly endpoint: ReturnType<typeof idOf>; readonly id: string },
): Promise<Result<AttemptFacts>> {
  const lower = id.toLowerCase()
  const uuid = uuidPattern.test(lower) ? lower : null
  const notFound = failure({ kind: 'notFound', what: 'delivery', id })
  const query = { tenant, endpoint, status: null, eventType: null, from: null, to: null }
  const after = uuid === null ? '' : aboveDeliveryOf(uuid)
  const newest = await listDeliveries(context, principal, query, { limit: 1, after })
  if (!newest.ok) return newest
  const [row] = newest.value.rows
  const number = row === undefined || uuid === null ? null : attemptNumber(uuid, row.id)
  if (row === undefined || number === null) return notFound
  const found = await showDelivery(context, principal, tenant, endpoint, row.id)
  if (!found.ok) return found
  const made = found.value.attempts.at(-1)?.number ?? 0
  const isNext = number === made + 1 && (made === 0 || found.value.delivery.status === 'pending')
  return number <= made || isNext ? success(factsOf(found.value, number)) : notFound
}

export interface TestForm extends Described {
  /** The data of the test event, whose type the request may choose in `eventType`. */
  readonly data: (endpointId: string) => unknown
  readonly each: Shape<AttemptFacts>
}

/** How long a test waits beyond the timeout of its attempt, which must start and be recorded meanwhile. */
const testExtraMs = 2 * second

/** Sends a test event now, and tells how the attempt went. */
export function test({ data, each, ...described }: TestForm): Operation {
  return {
    access: 'test',
    operationId: 'testWebhook',
    summary: 'Test webhook: send an event now, and tell how it went',
    showsExchange: true,
    ...described,
    route: (kit) => ({
      body: Type.Object({ eventType: Type.Optional(eventTypeName) }),
      answers: { 200: shapeSchema(each) },
      async handle(call) {
        const { principal, tenant, body } = call
        const id = idOf(kit, call)
        const { context, dialect } = kit
        const { eventType } = body as { readonly eventType?: string }
        const chosen = eventType === undefined ? undefined : { type: eventType, data: JSON.stringify(data(id)) }
        const sent = await sendTestNow(context, principal, tenant, id, dialect.timeoutMs + testExtraMs, chosen)
        if (!sent.ok) return sent
        const found = await showDelivery(context, principal, tenant, id, sent.value.delivery)
        if (!found.ok) return found
        const number = found.value.attempts[0]?.number ?? 1
        return success({ status: 200, body: jsonTextOf(each(factsOf(found.value, number))) })
      },
    }),
  }
}

function shapeSchema(each: Shape<AttemptFacts>): TSchema {
  return schemaOf(examples.map(each), new Map<unknown, TSchema>([[exampleBody, Type.Object({})]]))
}

/** Header names have no case. This form has capitals at the start and after each hyphen. */
export function withCapitals(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const capitals = (name: string): string => name.replace(/(?<![^-])[a-z]/g, (letter) => letter.toUpperCase())
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [capitals(name), value]))
}
