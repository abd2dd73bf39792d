// Operations that are verbs: on, off, count, the secret by its own call, and a test event.

import { Type } from 'typebox'
import type { Endpoint } from '../../domain/endpoint.ts'
import { andThenOk } from '../../domain/maybe-promise.ts'
import { failure, invalidField, type Result, success } from '../../domain/problem.ts'
import type { SuccessAnswer } from '../../http/answer.ts'
import { changeEndpoint } from '../../operations/change-endpoint.ts'
import { getEndpoint, listEndpoints } from '../../operations/endpoints.ts'
import { sendTest, sendTestNow } from '../../operations/test-endpoint.ts'
import { idOf, shownChange, wrappedSchema } from './answers.ts'
import { testExtraMs } from './attempts.ts'
import type { AnyCall, Answered, Described, Operation, RouteKit } from './operation.ts'
import { schemaOf } from './schema-of.ts'

/** Switches an endpoint on. The answer is the endpoint. */
export function enable(form: Answered = {}): Operation {
  return switched(true, { operationId: 'enableWebhook', summary: 'Switch a webhook on', ...form })
}

/** Switches an endpoint off. The answer is the endpoint. */
export function disable(form: Answered = {}): Operation {
  return switched(false, { operationId: 'disableWebhook', summary: 'Switch a webhook off', ...form })
}

function switched(
  enabled: boolean,
  { status = 200, wrap, ...described }: Answered & { readonly operationId: string; readonly summary: string },
): Operation {
  return {
    kind: 'switch',
    access: 'write',
    turnsTo: enabled,
    ...described,
    route(kit) {
      const answerChange = shownChange(kit, 'change', status, wrap)
      return {
        audits: 'endpoint.change',
        answers: { [status]: wrappedSchema(wrap, kit.fields.schema('change')) },
        handle(call) {
          const { principal, tenant } = call
          const id = idOf(kit, call)
          return answerChange(call, (answer) => changeEndpoint(kit.context, principal, tenant, id, { enabled }, answer))
        },
      }
    },
  }
}

/** The number of endpoints. */
export function count({
  answer = (endpoints) => ({ count: endpoints }),
  ...described
}: Described & { readonly answer?: (endpoints: number) => unknown } = {}): Operation {
  return {
    kind: 'count',
    access: 'read',
    operationId: 'countWebhooks',
    summary: 'Count webhooks',
    endpointless: true,
    ...described,
    route: ({ context }) => ({
      answers: { 200: schemaOf([answer(1)]) },
      async handle({ principal, tenant }) {
        const all = await listEndpoints(context, principal, tenant)
        return all.ok ? success({ status: 200, body: answer(all.value.length) }) : all
      },
    }),
  }
}

/** The newest secret of an endpoint, by a call of its own. */
export function secret({
  answer = (text) => ({ secret: text }),
  ...described
}: Described & { readonly answer?: (secret: string, endpoint: Endpoint) => unknown } = {}): Operation {
  return {
    kind: 'secret',
    access: 'read',
    operationId: 'getWebhookSecret',
    summary: 'Get the secret of a webhook',
    ...described,
    route: (kit) => ({
      audits: 'secret.read',
      answers: { 200: schemaOf([answer('', {} as Endpoint)]) },
      handle(call) {
        const { auditTrail } = kit.context
        auditTrail.assertRoom()
        return andThenOk(getEndpoint(kit.context, call.principal, call.tenant, idOf(kit, call)), (endpoint) => {
          const [newest] = endpoint.secrets
          if (newest === undefined) return failure({ kind: 'notFound', what: 'key', id: endpoint.id })
          auditTrail.secretRead(call.principal, call.tenant, endpoint)
          return success({ status: 200, body: answer(newest.value, endpoint) })
        })
      },
    }),
  }
}

export interface PingForm extends Described {
  readonly status?: SuccessAnswer['status']
  /** The body of the answer; default: none. */
  readonly answer?: (sent: Sent) => unknown
  /** Whether the answer waits for the first attempt; default: false. */
  readonly waits?: true
  /** The place of the word that chooses the event type; default: the test event of the dialect is sent. */
  readonly type?: { readonly in: 'path' | 'query' | 'body'; readonly name: string }
  /** The event types by that word; default: the word is the event type. */
  readonly types?: Readonly<Record<string, string>>
}

/** A test event that was accepted. */
export interface Sent {
  readonly endpointId: string
  readonly eventId: string
  readonly eventType: string
  readonly deliveryId: string
  /** The status of the response to the first attempt; null: there was none, or the answer does not wait. */
  readonly statusCode: number | null
}

const sentExample: Sent = { endpointId: '', eventId: '', eventType: '', deliveryId: '', statusCode: 200 }

/** Accepts a test event for an endpoint, which is delivered like other events. */
export function ping({ status, answer, waits, type, types, ...described }: PingForm = {}): Operation {
  const answered = status ?? (answer === undefined ? 204 : 200)
  return {
    kind: 'ping',
    access: 'test',
    operationId: 'pingWebhook',
    summary: 'Send a test event to a webhook',
    ...described,
    ...(type?.in === 'query' && { query: { ...described.query, [type.name]: Type.String() } }),
    route: (kit) => ({
      ...(type?.in === 'body' && { body: Type.Object({ [type.name]: Type.String() }) }),
      answers: {
        [answered]: answer
          ? schemaOf([answer(sentExample), answer({ ...sentExample, statusCode: null })])
          : Type.Null(),
      },
      async handle(call): Promise<Result<SuccessAnswer>> {
        const chosen = type === undefined ? success(undefined) : chosenType(kit, call, type, types)
        if (!chosen.ok) return chosen
        const sent = await (waits ? sentNow : sentLater)(kit, call, chosen.value)
        if (!sent.ok) return sent
        const { event, delivery, attempt } = sent.value
        const statusCode = attempt !== null && 'status' in attempt.outcome ? attempt.outcome.status : null
        const facts = {
          endpointId: idOf(kit, call),
          eventId: event.id,
          eventType: event.type,
          deliveryId: delivery,
          statusCode,
        }
        return success({ status: answered, ...(answer && { body: answer(facts) }) })
      },
    }),
  }
}

async function sentLater(kit: RouteKit, call: AnyCall, type: string | undefined) {
  const sent = await sendTest(kit.context, call.principal, call.tenant, idOf(kit, call), type)
  return sent.ok ? success({ ...sent.value, attempt: null }) : sent
}

function sentNow(kit: RouteKit, call: AnyCall, type: string | undefined) {
  const { context, dialect } = kit
  const timeoutMs = dialect.timeoutMs + testExtraMs
  return sendTestNow(
    context,
    call.principal,
    call.tenant,
    idOf(kit, call),
    timeoutMs,
    type === undefined ? {} : { type },
  )
}

function chosenType(
  { dialect }: RouteKit,
  call: AnyCall,
  place: NonNullable<PingForm['type']>,
  types: PingForm['types'],
): Result<string> {
  const word = String(call[place.in === 'path' ? 'params' : place.in][place.name])
  const known = types ?? Object.fromEntries(dialect.eventTypes.map(({ name }) => [name, name]))
  const found = Object.hasOwn(known, word) ? known[word] : undefined
  if (found !== undefined) return success(found)
  if (place.in === 'path') return failure({ kind: 'notFound', what: 'event', id: word })
  return invalidField(place.name, 'choice', `must be one of: ${Object.keys(known).join(', ')}`, place.in)
}
