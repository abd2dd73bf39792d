// The history of an endpoint, for products that show one record per attempt: the list, one attempt, and a test that
// tells how it went.

import { Type } from 'typebox'
import { everyDelivery } from '../../contracts/history-store.ts'
import type { TenantId } from '../../domain/ids.ts'
import type { Principal } from '../../domain/principal.ts'
import { failure, type Result, success } from '../../domain/problem.ts'
import { day, second } from '../../domain/time.ts'
import { listAttempts, listDeliveries, showDelivery } from '../../operations/deliveries.ts'
import { sendTestNow } from '../../operations/test-endpoint.ts'
import { idOf } from './answers.ts'
import { aboveDeliveryOf, attemptNumber } from '../../domain/attempt-ids.ts'
import { type AttemptForm, attemptExamples, compileRecord, type Facts, factsOf, rowFacts } from './attempt-records.ts'
import { jsonTextOf } from '../deliveries/json-text.ts'
import { withCheckedOptions } from '../checked-options.ts'
import { historyOptions } from '../option-shapes.ts'
import type { Described, Operation, RouteKit } from './operation.ts'
import type { NumberedPage } from '../pages/pages.ts'
import { schemaOf } from './schema-of.ts'

export interface AttemptListForm extends Described {
  /** How many records a page has: by default, and at most; default: 20 and 100. */
  readonly sizes?: readonly [sizeDefault: number, sizeMax: number]
  /** The fields of a record, with blanks between them. */
  readonly shows: string
  readonly answer: (rows: readonly unknown[], page: NumberedPage) => unknown
}

export interface AttemptTestForm extends Described {
  /**
   * The fields of the answer, with blanks between them. `deliveryUuid=uuid` is the field `uuid` under another name,
   * `responseBody:1024` the first 1024 characters of the field `responseBody`.
   */
  readonly shows: string
}

/** Compiles the form of a record. @throws DefinitionError */
export function history(form: AttemptForm) {
  const operations = {
    /** The attempts of an endpoint, the newest first. */
    list: (list: AttemptListForm) => listOf(form, list),
    /** One attempt. The last parameter of the path is its UUID. */
    get: (described: Described = {}) => getOf(form, described),
    /** Sends a test event now, and tells how the attempt went. */
    test: (test: AttemptTestForm) => testOf(form, test),
  }
  return withCheckedOptions('webhooks.history', operations, historyOptions)
}

// Any name with the letters of event types: a delivery carries the name in a header.
const eventTypeName = Type.String({ pattern: '^[A-Za-z0-9_.-]{1,128}$' })
const dayText = Type.String({ format: 'date', description: 'YYYY-MM-DD, in UTC.' })
const pageMax = 1_000_000

function listOf(form: AttemptForm, { sizes = [20, 100], shows, answer, ...described }: AttemptListForm): Operation {
  const [sizeDefault, sizeMax] = sizes
  const { succeeded, failed } = form.words
  const record = compileRecord(form, shows)
  const example: readonly unknown[] = []
  const exampleFacts = { page: 1, size: 1, total: 1, pageCount: 1 }
  const rows = Type.Array(schemaOf(attemptExamples.map(record.of), record.schemas))
  return {
    access: 'read',
    kind: 'attempts',
    operationId: 'listWebhookDeliveries',
    summary: 'List deliveries, one record per attempt, newest first',
    ...described,
    route: (kit) => ({
      query: Type.Object({
        page: Type.Optional(Type.Integer({ minimum: 1, maximum: pageMax, default: 1 })),
        limit: Type.Optional(Type.Integer({ minimum: 1, maximum: sizeMax, default: sizeDefault })),
        status: Type.Optional(Type.Enum([succeeded, failed])),
        eventType: Type.Optional(eventTypeName),
        from: Type.Optional(dayText),
        to: Type.Optional(dayText),
      }),
      answers: { 200: schemaOf([answer(example, exampleFacts)], new Map([[example, rows]])) },
      async handle(call) {
        const { page = 1, limit = sizeDefault, status, eventType = null, from, to } = call.query as ListQuery
        const filter = {
          succeeded: status === undefined ? null : status === succeeded,
          eventType,
          from: from === undefined ? null : Date.parse(from),
          // The last day counts in full.
          to: to === undefined ? null : Date.parse(to) + day,
        }
        const { principal, tenant } = call
        const found = await listAttempts(kit.context, principal, tenant, idOf(kit, call), filter, { page, limit })
        if (!found.ok) return found
        const { rows: made, total } = found.value
        const shown = made.map((row) => record.of(rowFacts(row.delivery, row)))
        const facts = { page, size: limit, total, pageCount: Math.ceil(total / limit) }
        return success({ status: 200, body: answer(shown, facts) })
      },
    }),
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

function getOf(form: AttemptForm, described: Described): Operation {
  const record = compileRecord(form)
  return {
    access: 'read',
    kind: 'attempt',
    operationId: 'getWebhookDelivery',
    summary: 'Get delivery: one attempt, with request and response',
    showsExchange: true,
    ...described,
    route: (kit) => ({
      answers: { 200: schemaOf(attemptExamples.map(record.of), record.schemas) },
      async handle(call) {
        const { principal, tenant, params } = call
        const id = String(Object.values(params).at(-1))
        const found = await findAttempt(kit, principal, tenant, { endpoint: idOf(kit, call), id })
        return found.ok ? success({ status: 200, body: jsonTextOf(record.of(found.value)) }) : found
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
): Promise<Result<Facts>> {
  const lower = id.toLowerCase()
  const uuid = uuidPattern.test(lower) ? lower : null
  const notFound = failure({ kind: 'notFound', what: 'delivery', id })
  const query = { ...everyDelivery, tenant, endpoint }
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

/** How long a test waits beyond the timeout of its attempt, which must start and be recorded meanwhile. */
export const testExtraMs = 2 * second

function testOf(form: AttemptForm, { shows, ...described }: AttemptTestForm): Operation {
  const record = compileRecord(form, shows)
  return {
    access: 'test',
    kind: 'test',
    operationId: 'testWebhook',
    summary: 'Test webhook: send an event now, and tell how it went',
    showsExchange: true,
    ...described,
    route: (kit) => ({
      body: Type.Object({ eventType: Type.Optional(eventTypeName) }),
      answers: { 200: schemaOf(attemptExamples.map(record.of), record.schemas) },
      async handle(call) {
        const { principal, tenant, body } = call
        const id = idOf(kit, call)
        const { context, dialect } = kit
        const { eventType } = body as { readonly eventType?: string }
        const chosen = eventType === undefined ? {} : { type: eventType }
        const sent = await sendTestNow(context, principal, tenant, id, dialect.timeoutMs + testExtraMs, chosen)
        if (!sent.ok) return sent
        const found = await showDelivery(context, principal, tenant, id, sent.value.delivery)
        if (!found.ok) return found
        const facts = factsOf(found.value, found.value.attempts[0]?.number ?? 1)
        return success({ status: 200, body: jsonTextOf(record.of(facts)) })
      },
    }),
  }
}
