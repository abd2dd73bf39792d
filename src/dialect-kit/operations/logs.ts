// Logs: the deliveries of an endpoint, one record per delivery, and the events of a tenant. A log is read forwards from
// its newest record.

import { type TSchema, Type } from 'typebox'
import type { Page, PageRequest } from '../../contracts/page.ts'
import { type DeliveryRow, everyDelivery } from '../../contracts/history-store.ts'
import { type Attempt, describeOutcome, shownToCustomers } from '../../domain/attempt.ts'
import type { DeliveryStatus } from '../../domain/delivery.ts'
import type { Event } from '../../domain/event.ts'
import type { DeliveryId, EventId } from '../../domain/ids.ts'
import { invalidField, type Result, success } from '../../domain/problem.ts'
import { listDeliveries, showDelivery } from '../../operations/deliveries.ts'
import { findEvent, listEvents } from '../../operations/events.ts'
import { withCheckedOptions } from '../checked-options.ts'
import { deliveryLogOptions, eventLogOptions } from '../option-shapes.ts'
import { idOf } from './answers.ts'
import { sentBody } from './attempt-records.ts'
import { JsonText, jsonTextOf } from '../deliveries/json-text.ts'
import type { AnyCall, Described, Operation } from './operation.ts'
import { linkHeader, urlWith } from '../pages/page-links.ts'
import { answerSchema, sizeSchema } from '../pages/pages.ts'
import { schemaOf } from './schema-of.ts'

export interface LogListForm extends Described {
  /** The names of the parameters with the cursor and with the size; default: `cursor` and `limit`. */
  readonly names?: readonly [cursor: string, size: string]
  readonly sizeDefault: number
  readonly sizeMax: number
  /** The names of the parameters that select records; default: there are none. */
  readonly where?: Readonly<Partial<Record<'status' | 'eventType', string>>>
  /** Whether the header `Link` has the URL of the next page; default: there is none. */
  readonly linkHeader?: true
  /** The body of a page. `next` is the cursor of the next one; null: this is the last one. */
  readonly answer: (records: readonly unknown[], page: LogPage) => unknown
}

export interface LogPage {
  readonly next: string | null
  readonly nextUrl: string | null
}

/** The facts of a delivery. Times are Unix times in milliseconds. */
export interface DeliveryFacts {
  readonly id: string
  readonly endpointId: string
  readonly eventId: string
  readonly eventType: string
  readonly status: DeliveryStatus
  /** How many attempts were made. */
  readonly attempts: number
  /** When its event was accepted. */
  readonly createdAt: number
  /** When the next attempt is due; null: there is none. */
  readonly dueAt: number | null
  /** When it ended; null: it is pending. */
  readonly endedAt: number | null
}

/** A delivery with its body and its attempts. */
export interface DeliveryDetails extends DeliveryFacts {
  /** The body that is sent, byte for byte; a body that is not JSON is a text. Null: each attempt has another one. */
  readonly body: unknown
  /** The attempts, the first one first. */
  readonly made: readonly AttemptDetails[]
}

export interface AttemptDetails {
  readonly number: number
  readonly startedAt: number
  readonly durationMs: number
  readonly succeeded: boolean
  /** The status of the response; null: there was none. */
  readonly statusCode: number | null
  /** `HTTP 503`, `timed out (headers)` or the like. */
  readonly outcome: string
  readonly response: string | null
  /** The headers that were sent and received; empty: they are not kept, or there was no response. */
  readonly requestHeaders: Readonly<Record<string, string>>
  readonly responseHeaders: Readonly<Record<string, string>>
}

/** Compiles the log of an endpoint's deliveries. `list` and `get` write one record. */
export function deliveryLog<Listed, Shown = Listed>(form: {
  readonly list: (facts: DeliveryFacts) => Listed
  readonly get?: (facts: DeliveryDetails) => Shown
}) {
  const operations = {
    /** The deliveries of an endpoint, those of the newest events first. */
    list: (list: LogListForm): Operation => ({
      kind: 'deliveries',
      access: 'read',
      operationId: 'listWebhookDeliveries',
      summary: 'List deliveries, newest first',
      ...described(list),
      route: (kit) =>
        logRoute(list, { examples: deliveryExamples.map(form.list), cursor: uuid }, async (call, filter, page) => {
          const { tenant, principal } = call
          const { status, eventType } = filter
          const statuses = status === null ? null : [status]
          const query = { ...everyDelivery, tenant, endpoint: idOf(kit, call), statuses, eventType }
          const found = await listDeliveries(kit.context, principal, query, page)
          if (!found.ok) return found
          return success({ ...found.value, rows: found.value.rows.map((row) => form.list(deliveryFacts(row))) })
        }),
    }),
    /** One delivery. The last parameter of the path is its id. `showsExchange`: the headers of its attempts are kept. */
    get: (about: Described & Pick<Operation, 'showsExchange'> = {}): Operation => {
      const show = form.get ?? (form.list as unknown as NonNullable<typeof form.get>)
      return {
        kind: 'delivery',
        access: 'read',
        operationId: 'getWebhookDelivery',
        summary: 'Get a delivery',
        ...about,
        route: (kit) => ({
          answers: { 200: schemaOf(deliveryExamples.map(show), anyJson) },
          async handle(call) {
            const id = lastOf(call).toLowerCase() as DeliveryId
            const found = await showDelivery(kit.context, call.principal, call.tenant, idOf(kit, call), id)
            if (!found.ok) return found
            const { delivery, body, attempts: made } = found.value
            const facts = { ...deliveryFacts(delivery), body: sentBody(body), made: made.map(attemptDetails) }
            return success({ status: 200, body: jsonTextOf(show(facts)) })
          },
        }),
      }
    },
  }
  return withCheckedOptions('webhooks.deliveryLog', operations, deliveryLogOptions)
}

/** The facts of an event. Times are Unix times in milliseconds. */
export interface EventFacts {
  readonly id: string
  readonly type: string
  /** The data as the product posted it. It stands in an answer byte for byte. */
  readonly data: unknown
  readonly attributes: Readonly<Record<string, string>>
  readonly occurredAt: number
  readonly acceptedAt: number
}

/** Compiles the log of a tenant's events. `each` writes one record. */
export function eventLog(form: { readonly each: (facts: EventFacts) => unknown }) {
  const each = (event: Event): unknown => form.each(eventFacts(event))
  const operations = {
    /** The events of the tenant, the newest first. */
    list: (list: LogListForm): Operation => ({
      kind: 'events',
      access: 'read',
      operationId: 'listEvents',
      summary: 'List events, newest first',
      endpointless: true,
      ...described(list),
      route: ({ context }) =>
        logRoute(
          list,
          { examples: [form.each(eventExample)], cursor: /^\d{1,16}\.\d{1,16}$/ },
          async (call, filter, page) => {
            const query = { tenant: call.tenant, type: filter.eventType, from: null, to: null }
            const found = await listEvents(context, query, page)
            return success({ ...found, rows: found.rows.map(each) })
          },
        ),
    }),
    /** One event. The last parameter of the path is its id. */
    get: (about: Described = {}): Operation => ({
      kind: 'event',
      access: 'read',
      operationId: 'getEvent',
      summary: 'Get an event',
      endpointless: true,
      ...about,
      route: ({ context }) => ({
        answers: { 200: schemaOf([form.each(eventExample)], anyJson) },
        async handle(call) {
          const found = await findEvent(context, lastOf(call) as EventId, call.tenant)
          return found.ok ? success({ status: 200, body: jsonTextOf(each(found.value.event)) }) : found
        },
      }),
    }),
  }
  return withCheckedOptions('webhooks.eventLog', operations, eventLogOptions)
}

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

interface LogFilter {
  readonly status: DeliveryStatus | null
  readonly eventType: string | null
}

/** @param cursor the form of the cursors of the store */
function logRoute(
  { names: [cursorName, sizeName] = ['cursor', 'limit'], sizeDefault, sizeMax, where = {}, ...form }: LogListForm,
  { examples, cursor }: { readonly examples: readonly unknown[]; readonly cursor: RegExp },
  read: (call: AnyCall, filter: LogFilter, page: PageRequest) => Promise<Result<Page<unknown>>>,
): ReturnType<Operation['route']> {
  const { status, eventType } = where
  const query: Record<string, TSchema> = {
    ...(status !== undefined && {
      [status]: Type.Optional(Type.Enum(['pending', 'delivered', 'failed', 'cancelled'])),
    }),
    ...(eventType !== undefined && { [eventType]: Type.Optional(Type.String()) }),
    [cursorName]: Type.Optional(Type.String({ description: 'From the page before.' })),
    [sizeName]: sizeSchema(sizeDefault, sizeMax),
  }
  return {
    query: Type.Object(query),
    answers: {
      200: answerSchema(Type.Array(schemaOf(examples, anyJson)), (records, { nextUrl }) =>
        form.answer(records, { nextUrl, next: nextUrl === null ? null : 'cursor' }),
      ),
    },
    async handle(call) {
      const given = call.query[cursorName]
      const after = given === undefined ? null : Buffer.from(String(given), 'base64url').toString()
      if (after !== null && (!cursor.test(after) || textOf(after) !== given)) {
        return invalidField(cursorName, 'choice', 'is not a cursor of this list', 'query')
      }
      const filter = {
        status: ((status && call.query[status]) as DeliveryStatus | undefined) ?? null,
        eventType: ((eventType && call.query[eventType]) as string | undefined) ?? null,
      }
      const found = await read(call, filter, { limit: Number(call.query[sizeName] ?? sizeDefault), after })
      if (!found.ok) return found
      const next = found.value.next === null ? null : textOf(found.value.next)
      const nextUrl = next === null ? null : urlWith(call.request, { [cursorName]: next })
      return success({
        status: 200,
        body: jsonTextOf(form.answer(found.value.rows, { next, nextUrl })),
        ...(form.linkHeader && { headers: linkHeader({ next: nextUrl }) }),
      })
    },
  }
}

function textOf(cursor: string): string {
  return Buffer.from(cursor).toString('base64url')
}

function described({ operationId, summary, needs, id, query, check, mediaType }: LogListForm): Described {
  const given = { operationId, summary, needs, id, query, check, mediaType }
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
}

function lastOf({ params }: AnyCall): string {
  return String(Object.values(params).at(-1))
}

function deliveryFacts(row: DeliveryRow): DeliveryFacts {
  const { id, endpointId, eventId, eventType, status, attempts, createdAt, dueAt, endedAt } = row
  return { id, endpointId, eventId, eventType, status, attempts, createdAt, dueAt, endedAt }
}

function attemptDetails({ number, startedAt, durationMs, outcome, response, exchange }: Attempt): AttemptDetails {
  return {
    number,
    startedAt,
    durationMs,
    succeeded: outcome.kind === 'delivered',
    statusCode: 'status' in outcome ? outcome.status : null,
    outcome: describeOutcome(shownToCustomers(outcome)),
    response,
    requestHeaders: exchange?.requestHeaders ?? {},
    responseHeaders: exchange?.responseHeaders ?? {},
  }
}

function eventFacts({ id, type, data, attributes, occurredAt, acceptedAt }: Event): EventFacts {
  return { id, type, data: new JsonText(data), attributes: attributes ?? {}, occurredAt, acceptedAt }
}

const exampleJson = new JsonText('{}')
const anyJson: ReadonlyMap<unknown, TSchema> = new Map([[exampleJson, Type.Unknown()]])

const attemptExample: AttemptDetails = {
  number: 1,
  startedAt: 0,
  durationMs: 1,
  succeeded: false,
  statusCode: 500,
  outcome: '',
  response: '',
  requestHeaders: {},
  responseHeaders: {},
}

const deliveryExample: DeliveryDetails = {
  id: '',
  endpointId: '',
  eventId: '',
  eventType: '',
  status: 'failed',
  attempts: 1,
  createdAt: 0,
  dueAt: 0,
  endedAt: null,
  body: exampleJson,
  made: [attemptExample, { ...attemptExample, statusCode: null, response: null }],
}

/** The schema of a record follows from all of them. */
const deliveryExamples = [
  deliveryExample,
  { ...deliveryExample, dueAt: null, endedAt: 0, made: [attemptExample] },
  { ...deliveryExample, made: [] },
]

const eventExample: EventFacts = { id: '', type: '', data: exampleJson, attributes: {}, occurredAt: 0, acceptedAt: 0 }
