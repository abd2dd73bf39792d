// The steps that operations share: the id of a request, the views of an endpoint, and answers to changes. All that a step
// needs is known before the first request.

import { type TSchema, Type } from 'typebox'
import { type Endpoint, type EndpointStatus, secretsInForce } from '../../domain/endpoint.ts'
import type { EndpointId } from '../../domain/ids.ts'
import { andThenOk, type MaybePromise } from '../../domain/maybe-promise.ts'
import { failure, type Result, success } from '../../domain/problem.ts'
import { idempotently, isReplayed } from '../../front/idempotency.ts'
import { answerWith, type SuccessAnswer } from '../../http/answer.ts'
import { renderOnce } from '../../http/render.ts'
import { tenantFor } from '../../operations/context.ts'
import { withNewestPending, withStatus } from '../../operations/endpoints.ts'
import type { IdempotentAnswer } from '../../operations/idempotent-answer.ts'
import type { Asked, Shown } from '../fields/field-views.ts'
import type { View } from '../fields/fields.ts'
import type { AnyCall, RouteKit, Wrap } from './operation.ts'
import { exampleOf, schemaOf } from './schema-of.ts'

export function wrapper(wrap: Wrap | undefined): (value: unknown) => unknown {
  if (typeof wrap === 'function') return wrap as (value: unknown) => unknown
  return wrap === undefined ? (value) => value : (value) => ({ [wrap]: value })
}

/** The name of an operation on one object of a webhook, and the wrap of its answer. */
export function ofMember(
  member: string | undefined,
  given: Wrap<Readonly<Record<string, unknown>>> | undefined,
  operationId: string,
) {
  if (member === undefined) return { operationId, wrap: given }
  const wrapped = wrapper(given)
  const wrap = (view: Readonly<Record<string, unknown>>): unknown => wrapped(view[member])
  return { operationId: `${operationId}_${member}`, wrap }
}

/** @param schema that of the value inside: an endpoint, or a list */
export function wrappedSchema(wrap: Wrap | undefined, schema: TSchema): TSchema {
  if (wrap === undefined) return schema
  if (typeof wrap === 'string') return Type.Object({ [wrap]: schema })
  const known = new Map<unknown, TSchema>()
  const example = exampleOf(schema, known)
  // An empty list shows which objects of the answer have the names of endpoints, or of event types.
  const examples = Array.isArray(example) ? [[], example] : [example]
  return schemaOf(
    examples.map((one) => wrap(one as never)),
    known,
  )
}

export type Facts = Pick<Shown, 'endpoint' | 'status' | 'newestPending'>

/** Compiles the step that adds what a view shows besides the endpoint; without a promise if all of it is in memory. */
export function withFacts(
  { context, fields }: RouteKit,
  view: View,
): (result: MaybePromise<Result<Endpoint>>) => MaybePromise<Result<Facts>> {
  switch (fields.needs(view)) {
    case 'nothing':
      return (result) => andThenOk(result, (endpoint) => success({ endpoint }))
    case 'status':
      return (result) => withStatus(context, result)
    case 'newestDelivery':
      return (result) => withNewestPending(context, withStatus(context, result))
  }
}

/** Writes a view of an endpoint as a value. */
export function valueOf(
  { context, fields }: RouteKit,
  view: View,
  wrap: Wrap | undefined,
): (facts: Facts, asked: Asked) => unknown {
  const shape = fields.shape(view)
  const wrapped = wrapper(wrap)
  return (facts, asked) => {
    return wrapped(shape({ ...facts, asked, secrets: secretsInForce(facts.endpoint.secrets, context.clock.now()) }))
  }
}

/** Writes a view of an endpoint as text, which is kept until the endpoint or its status is another object. */
export function textOf(kit: RouteKit, view: View, wrap: Wrap | undefined): (facts: Facts, asked: Asked) => string {
  const { context, fields } = kit
  const value = valueOf(kit, view, wrap)
  if (fields.hasLinks(view)) return (facts, asked) => JSON.stringify(value(facts, asked))
  const shape = fields.shape(view)
  const wrapped = wrapper(wrap)
  const kept = (newestPending: boolean) =>
    renderOnce((endpoint, status: EndpointStatus | undefined) =>
      wrapped(
        shape({
          endpoint,
          newestPending,
          secrets: endpoint.secrets,
          asked: nothingAsked,
          ...(status !== undefined && { status }),
        }),
      ),
    )
  const [ended, pending] = [kept(false), kept(true)]
  const text = ({ endpoint, status, newestPending }: Facts): string =>
    (newestPending === true ? pending : ended)(endpoint, status)
  if (!fields.hasSecrets(view)) return text
  return (facts, asked) => {
    const { secrets } = facts.endpoint
    const inForce = secretsInForce(secrets, context.clock.now())
    return inForce.length === secrets.length ? text(facts) : JSON.stringify(value(facts, asked))
  }
}

/** Compiles the step that records that an answer shows secrets or header values of an endpoint. */
export function secretsRecorder(
  { context, fields }: RouteKit,
  view: View,
): (call: AnyCall, endpoint: Endpoint) => void {
  const shows = fields.showsSecrets(view)
  if (shows === null) return () => {}
  return ({ principal, tenant }, endpoint) => {
    if (shows(endpoint)) context.auditTrail.secretRead(principal, tenant, endpoint)
  }
}

/** For views without links. */
const nothingAsked: Asked = { request: { publicUrl: '' }, params: {} }

export function idOf(kit: RouteKit, call: AnyCall): EndpointId {
  return call.endpointId ?? (kit.storedId(nameIn(kit, call)) as EndpointId)
}

/** The text with which the request names the endpoint. */
export function nameIn({ idIn, idName }: RouteKit, call: AnyCall): string {
  return String(call[idIn][idName] ?? '')
}

/** The endpoint that a key and the parents in the request name. */
export function findByKey({ context, fields }: RouteKit, call: AnyCall, text: string): MaybePromise<Result<Endpoint>> {
  const { key, places } = fields
  return andThenOk(tenantFor(context, call.principal, call.tenant), ({ endpoints }) => {
    const found = endpoints.find(
      ({ endpoint }) => key?.textOf(endpoint) === text && (places.holds === null || places.holds(endpoint, call)),
    )
    return found === undefined ? failure({ kind: 'notFound', what: 'endpoint', id: text }) : success(found.endpoint)
  })
}

/** Makes a change under the caller's Idempotency-Key, where the vendor has one. */
export function changed<Value>(
  { context, idempotent }: RouteKit,
  { principal, request }: AnyCall,
  make: (answer: IdempotentAnswer<Value> | null) => Promise<Result<Value>>,
  render: (value: Value) => SuccessAnswer,
): MaybePromise<Result<SuccessAnswer>> {
  if (idempotent) return idempotently(context, principal, request, make, render)
  return answerWith(make(null), render)
}

/** Compiles the answer to a change: a view of the endpoint. */
export function shownChange(kit: RouteKit, view: View, status: SuccessAnswer['status'], wrap: Wrap | undefined) {
  const value = valueOf(kit, view, wrap)
  const facts = withFacts(kit, view)
  const record = secretsRecorder(kit, view)
  const shows = kit.fields.showsSecrets(view) !== null
  const isPlain = kit.fields.needs(view) === 'nothing'
  return (
    call: AnyCall,
    make: (answer: IdempotentAnswer<Endpoint> | null) => Promise<Result<Endpoint>>,
  ): MaybePromise<Result<SuccessAnswer>> => {
    const makeAndRecord: typeof make = async (answer) => {
      const made = await make(answer)
      if (made.ok) record(call, made.value)
      return made
    }
    if (isPlain) {
      const answer = changed(kit, call, makeAndRecord, (endpoint) => ({ status, body: value({ endpoint }, call) }))
      return andThenOk(answer, (answered) => {
        if (shows && isReplayed(answered)) kit.context.auditTrail.secretRead(call.principal, call.tenant, null)
        return success(answered)
      })
    }
    return answerWith(facts(makeAndRecord(null)), (found) => ({ status, body: value(found, call) }))
  }
}
