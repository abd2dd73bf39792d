// The record of one attempt, in the form of a product that shows its attempts to customers.

import { type TSchema, Type } from 'typebox'
import { type Attempt, type Outcome, shownToCustomers } from '../../domain/attempt.ts'
import type { RequestMethod } from '../../contracts/transport.ts'
import type { DeliveryId } from '../../domain/ids.ts'
import type { showDelivery } from '../../operations/deliveries.ts'
import { attemptUuid } from '../../domain/attempt-ids.ts'
import { DefinitionError } from '../definition-error.ts'
import type { TimeForm } from '../fields/fields.ts'
import { isJson, JsonText } from '../deliveries/json-text.ts'
import { timeForms } from '../deliveries/time-forms.ts'

/** One attempt, or the next attempt of a delivery. */
export interface Facts {
  /** One UUID per attempt; the first attempt has that of its delivery. */
  readonly id: string
  readonly endpointId: string
  readonly eventType: string
  /** `pending`: it was not made yet. */
  readonly status: 'succeeded' | 'failed' | 'pending'
  /** 1 for the first attempt. */
  readonly number: number
  readonly method: RequestMethod
  readonly url: string
  readonly requestHeaders: Readonly<Record<string, string>>
  /**
   * The body that was sent. It stands in an answer byte for byte; a body that is not JSON is a JSON string. It is `null`
   * where bodies differ between attempts, because they are not stored.
   */
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

/** The fact that a field of a record shows. `failure` is the text of the failure. */
type Fact = Exclude<keyof Facts, 'outcome' | 'reason'> | 'failure'

export interface AttemptForm {
  readonly times: TimeForm
  readonly words: Readonly<Record<Facts['status'], string>>
  /** The texts of failures. `{status}` is the status of the response, `{error}` the reason why there was none. */
  readonly failures: Readonly<Record<'timedOut' | 'rejected' | 'unreachable', string>>
  /** The fields of the record, in this order. */
  readonly fields: Readonly<Record<string, Fact>>
}

export interface CompiledRecord {
  readonly of: (facts: Facts) => Readonly<Record<string, unknown>>
  /** The schemas of values that have one of their own. */
  readonly schemas: ReadonlyMap<unknown, TSchema>
}

/**
 * Compiles a record.
 *
 * @param shows the fields of the record, with blanks between them; default: all. `deliveryUuid=uuid` is the field `uuid`
 *   under another name, `responseBody:1024` the first 1024 characters of the field `responseBody`
 * @throws DefinitionError if there is no such field
 */
export function compileRecord(form: AttemptForm, shows = Object.keys(form.fields).join(' ')): CompiledRecord {
  const members = shows.split(/\s+/).map((shown) => {
    const [, name = '', field = name, charsMax] = /^(\w+)(?:=(\w+))?(?::(\d+))?$/.exec(shown) ?? []
    const fact = form.fields[field]
    if (fact === undefined) throw new DefinitionError('routes', `a record of attempts has no field ${shown}`)
    const value = valueOf(fact, form)
    return { name, value: charsMax === undefined ? value : beginning(value, Number(charsMax)) }
  })
  return {
    of: (facts) => Object.fromEntries(members.map(({ name, value }) => [name, value(facts)])),
    schemas: new Map<unknown, TSchema>([[exampleBody, Type.Object({})]]),
  }
}

function beginning(value: (facts: Facts) => unknown, charsMax: number): (facts: Facts) => unknown {
  return (facts) => {
    const text = value(facts)
    return typeof text === 'string' ? text.slice(0, charsMax) : text
  }
}

function valueOf(fact: Fact, { times, words, failures }: AttemptForm): (facts: Facts) => unknown {
  switch (fact) {
    case 'status':
      return ({ status }) => words[status]
    case 'startedAt':
    case 'nextAt':
      return ({ [fact]: ms }) => (ms === null ? null : timeForms[times](ms))
    case 'requestHeaders':
    case 'responseHeaders':
      return ({ [fact]: headers }) => withCapitals(headers)
    case 'failure':
      return ({ outcome, reason }) => (outcome === null ? reason : failureText(outcome, failures))
    default:
      return ({ [fact]: value }) => value
  }
}

function failureText(outcome: Outcome, { timedOut, rejected, unreachable }: AttemptForm['failures']): string {
  if (outcome.kind === 'timedOut') return timedOut
  if ('status' in outcome) return rejected.replace('{status}', () => String(outcome.status))
  return unreachable.replace('{error}', () => outcome.error)
}

/** Header names have no case. Records show them with capitals at the start and after each hyphen. */
function withCapitals(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const capitals = (name: string): string => name.replace(/(?<![^-])[a-z]/g, (letter) => letter.toUpperCase())
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [capitals(name), value]))
}

const exampleBody = new JsonText('{}')

/** Before its attempt, a delivery has no response. */
const noAttempt: Facts = {
  id: '',
  endpointId: '',
  eventType: '',
  status: 'pending',
  number: 1,
  method: 'POST',
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

/** The schema of a record follows from the records of both. */
export const attemptExamples: readonly Facts[] = [
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

/** The facts of an attempt in a list, which has no texts and no headers. */
export function rowFacts(
  { id, eventType }: { readonly id: DeliveryId; readonly eventType: string },
  { outcome, number, durationMs, startedAt }: Pick<Attempt, 'outcome' | 'number' | 'durationMs' | 'startedAt'>,
): Facts {
  return {
    ...noAttempt,
    id: attemptUuid(id, number),
    eventType,
    status: outcome.kind === 'delivered' ? 'succeeded' : 'failed',
    number,
    statusCode: 'status' in outcome ? outcome.status : 0,
    durationMs,
    startedAt,
  }
}

type FoundDelivery = Extract<Awaited<ReturnType<typeof showDelivery>>, { readonly ok: true }>['value']

/** The body of a delivery in an answer. Null: it is another one for each attempt. */
export function sentBody(body: string | null): JsonText {
  return new JsonText(body === null ? 'null' : isJson(body) ? body : JSON.stringify(body))
}

/** @param number the number of the attempt; one that is not recorded is the next attempt of the delivery */
export function factsOf({ endpoint, delivery, attempts: made, method, body }: FoundDelivery, number: number): Facts {
  const found = made.find((one) => one.number === number)
  const shared = {
    endpointId: delivery.endpointId,
    url: found?.exchange?.url ?? endpoint.url,
    method,
    body: sentBody(body),
  }
  if (found === undefined) {
    const status = delivery.status === 'pending' ? 'pending' : 'failed'
    const { eventType, reason } = delivery
    return { ...noAttempt, ...shared, id: attemptUuid(delivery.id, number), eventType, number, status, reason }
  }
  return {
    ...rowFacts(delivery, found),
    ...shared,
    requestHeaders: found.exchange?.requestHeaders ?? {},
    responseHeaders: found.exchange?.responseHeaders ?? {},
    response: found.response,
    outcome: found.outcome.kind === 'delivered' ? null : shownToCustomers(found.outcome),
    nextAt: found === made.at(-1) ? delivery.dueAt : null,
  }
}
