import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/schema'
import type { EventId, TenantId } from '../domain/ids.ts'
import { limits } from '../domain/limits.ts'
import { failure, faultsText, type Problem, type Result, success } from '../domain/problem.ts'
import { pageRequest } from '../http/cursor.ts'
import type { AskedRequest } from '../http/front.ts'
import { type AnyRoute, route } from '../http/route.ts'
import { oddTextFaults } from '../http/odd-text.ts'
import { elementTexts, mayHoldOddText, memberText } from '../http/raw-json.ts'
import { fieldErrors } from '../http/validation.ts'
import type { Context } from '../operations/context.ts'
import { findEvent, listEvents } from '../operations/events.ts'
import {
  eventIdPattern,
  type EventInput,
  type PublishedEvent,
  publishEvent,
  publishEvents,
} from '../operations/publish-event.ts'
import { inWords } from './problems.ts'
import { PublishedSchema } from './answer-shapes.ts'
import {
  DeliverySchema,
  deliveryShape,
  eventText,
  EventSchema,
  FieldErrorSchema,
  PageOf,
  PageQuery,
  ProblemSchema,
  Seconds,
  Time,
} from './shapes.ts'

const strict = { additionalProperties: false }

/** The content of an event. */
export const EventContent = {
  type: Type.String({ minLength: 1, maxLength: limits.eventTypeCharsMax }),
  data: Type.Object({}, { description: 'Delivered as it was posted, byte for byte.' }),
  attributes: Type.Optional(
    Type.Record(Type.String(), Type.String({ maxLength: limits.attributeCharsMax }), {
      // A limit in the record's key schema would not be checked.
      propertyNames: { type: 'string', maxLength: limits.attributeCharsMax },
      maxProperties: limits.attributesMax,
      description: 'Endpoint filters match these.',
    }),
  ),
}

const eventExample = { tenant: 'globex', type: 'order.paid', data: { order: 'A-1042', amount: 129.9, currency: 'EUR' } }

const EventBody = Type.Object(
  {
    tenant: Type.String({ maxLength: limits.tenantIdCharsMax }),
    ...EventContent,
    id: Type.Optional(
      Type.String({
        pattern: eventIdPattern,
        errorMessage: `must be 1 to ${limits.eventIdCharsMax} letters, digits, hyphens and underscores`,
        description: 'Makes the post idempotent.',
      }),
    ),
    occurredAt: Type.Optional({ ...Time, description: 'Default: the time of acceptance.' }),
    retainSeconds: Type.Optional({
      ...Seconds,
      description: 'Its data, and the responses to its deliveries, are erased after this time.',
    }),
  },
  { ...strict, examples: [eventExample] },
)
const eventValidator = Compile(EventBody)
/** Fields other than `data`, which may hold any JSON text. */
const plainFields = Object.keys(EventBody.properties).filter((name) => name !== 'data')

export const RefusedEventSchema = Type.Object({
  error: Type.Object({
    code: Type.String(),
    detail: Type.String(),
    errors: Type.Optional(Type.Array(FieldErrorSchema)),
  }),
})
export const BatchResultSchema = Type.Union([PublishedSchema, RefusedEventSchema])

const tag = 'Events'

const ambiguous = {
  description: 'Several tenants have an event of this id',
  content: { 'application/problem+json': { schema: ProblemSchema } },
}

export function eventRoutes(context: Context): AnyRoute[] {
  return [publishEventRoute(context), publishEventsRoute(context), listEventsRoute(context), getEventRoute(context)]
}

function publishEventRoute(context: Context): AnyRoute {
  return route({
    method: 'POST',
    path: '/v1/events',
    operationId: 'publishEvent',
    summary: 'Post an event: answered once it and its deliveries are durable',
    tag,
    access: 'write',
    operators: ['publish'],
    body: EventBody,
    anyText: ['data'],
    bodyBytesMax: limits.requestBodyBytesMax,
    answers: { 202: PublishedSchema, 200: PublishedSchema },
    async handle({ body, request }) {
      const published = await publishEvent(context, inputOf(body, request.bodyText, traceparentOf(request)))
      if (!published.ok) return published
      return success({ status: published.value.duplicate ? 200 : 202, body: publishedShape(published.value) })
    },
  })
}

function publishEventsRoute(context: Context): AnyRoute {
  return route({
    method: 'POST',
    path: '/v1/events/batch',
    operationId: 'publishEvents',
    summary: 'Post up to 1000 events; one result each, in order',
    tag,
    access: 'write',
    operators: ['publish'],
    body: Type.Object(
      { events: Type.Array(Type.Unknown(), { minItems: 1, maxItems: limits.batchEventsMax }) },
      { ...strict, examples: [{ events: [eventExample] }] },
    ),
    anyText: ['events'],
    bodyBytesMax: limits.requestBodyBytesMax,
    answers: { 202: Type.Object({ results: Type.Array(BatchResultSchema) }) },
    async handle({ body, request }) {
      const texts = elementTexts(memberText(request.bodyText, 'events') ?? '[]')
      const traceparent = traceparentOf(request)
      const mayBeOdd = mayHoldOddText(request.bodyText)
      const inputs = body.events.map((event, index) => checkedEvent(event, texts[index] ?? '{}', mayBeOdd, traceparent))
      const results = await publishEvents(context, inputs)
      const shapes = results.map((result) =>
        result.ok ? publishedShape(result.value) : { error: batchError(result.problem) },
      )
      return success({ status: 202, body: { results: shapes } })
    },
  })
}

function listEventsRoute(context: Context): AnyRoute {
  return route({
    method: 'GET',
    path: '/v1/events',
    operationId: 'listEvents',
    summary: `List events, newest first; a page has no further one after ${limits.eventPageBytesMax / 2 ** 20} MiB of data`,
    tag,
    access: 'read',
    query: Type.Object(
      {
        ...PageQuery,
        tenant: Type.Optional(Type.String()),
        type: Type.Optional(Type.String()),
        from: Type.Optional({ ...Time, description: 'Accepted at this time or later.' }),
        to: Type.Optional({ ...Time, description: 'Accepted before this time.' }),
      },
      strict,
    ),
    answers: { 200: PageOf(EventSchema) },
    async handle({ query }) {
      const page = pageRequest('events', query)
      if (!page.ok) return page
      const filter = {
        tenant: (query.tenant as TenantId | undefined) ?? null,
        type: query.type ?? null,
        from: timeOf(query.from),
        to: timeOf(query.to),
      }
      const { rows, next } = await listEvents(context, filter, page.value)
      const nextCursor = next === null ? null : Buffer.from(`events:${next}`).toString('base64url')
      const body = `{"data":[${rows.map((event) => eventText(event)).join(',')}],"nextCursor":${JSON.stringify(nextCursor)}}`
      return success({ status: 200, body })
    },
  })
}

function getEventRoute(context: Context): AnyRoute {
  return route({
    method: 'GET',
    path: '/v1/events/:event',
    operationId: 'getEvent',
    summary: 'Get an event with its deliveries',
    tag,
    access: 'read',
    params: Type.Object({ event: Type.String() }),
    query: Type.Object({ tenant: Type.Optional(Type.String()) }, strict),
    answers: {
      200: Type.Intersect([EventSchema, Type.Object({ deliveries: Type.Array(DeliverySchema) })]),
      409: ambiguous,
    },
    async handle({ principal, params, query }) {
      const tenant = (query.tenant as TenantId | undefined) ?? null
      const found = await findEvent(context, params.event as EventId, tenant)
      if (!found.ok) return found
      const { event } = found.value
      const deliveries = found.value.deliveries.map((row) => deliveryShape(row, principal))
      return success({ status: 200, body: eventText(event, { deliveries }) })
    },
  })
}

/** A time that its schema has checked, in ms since 1970; null if it is absent. */
export function timeOf(text: string | undefined): number | null {
  return text === undefined ? null : Date.parse(text)
}

function inputOf(body: Static<typeof EventBody>, text: string, traceparent: string | undefined): EventInput {
  return { ...body, data: memberText(text, 'data') ?? '{}', traceparent }
}

function traceparentOf({ headers }: AskedRequest): string | undefined {
  const given = headers['traceparent']
  return typeof given === 'string' ? given : undefined
}

/**
 * Checks an event as it is posted.
 *
 * @param text the JSON text of the event
 * @param mayBeOdd whether the text may hold odd text (`mayHoldOddText`)
 * @param traceparent the header of its producer
 */
export function checkedEvent(
  event: unknown,
  text: string,
  mayBeOdd: boolean,
  traceparent?: string,
): Result<EventInput> {
  const odd = mayBeOdd ? oddTextFaults(event, plainFields) : []
  if (odd.length > 0) return failure({ kind: 'invalid', where: 'body', fields: odd })
  if (eventValidator.Check(event)) return success(inputOf(event, text, traceparent))
  return failure({ kind: 'invalid', where: 'body', fields: fieldErrors(eventValidator, event) })
}

function publishedShape({ event, deliveries, duplicate }: PublishedEvent): unknown {
  const { id, tenant, type } = event
  return { id, tenant, type, deliveries, ...(duplicate && { duplicate }) }
}

function batchError(problem: Problem): unknown {
  if (problem.kind === 'conflict') return { code: problem.code, detail: problem.detail }
  if (problem.kind === 'unavailable' && problem.outcomeUnknown === true) {
    return { code: 'outcome_unknown', detail: 'it may have been stored: post it again with the same id' }
  }
  if (problem.kind !== 'invalid') return { code: problem.kind, detail: problem.kind }
  const errors = inWords(problem.fields).map(({ field, message }) => ({ field, message }))
  return { code: 'invalid', detail: faultsText(errors), errors }
}
