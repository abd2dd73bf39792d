// The parts that the tests of Storno.ro's deliveries share: an endpoint with its receiver, and calls of the API.

import assert from 'node:assert/strict'
import type { Customer } from '../../conformance/dialects/customer.ts'
import type { ApiAnswer, Fields } from '../../conformance/dialects/profile.ts'
import type { Behaviour } from '../../conformance/dialects/support.ts'
import type { World } from '../../conformance/dialects/world.ts'

const path = '/api/v1/webhooks'
/** The event type of these tests. */
export const type = 'invoice.validated'
export const utcSeconds = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/

/** The answer of a receiver, with a body and a delay. */
export interface Answering extends Behaviour {
  readonly body?: string
  readonly delayMs?: number
}

/** Creates a company with one endpoint. */
export async function endpoint(world: World, behave: () => Answering = () => ({}), events = [type, 'invoice.paid']) {
  const customer = await world.customer()
  const hook = world.hook()
  hook.behave(behave)
  const { uuid, secret } = await customer.create({ url: hook.url, events })
  return { customer, hook, id: String(uuid), secret: String(secret) }
}

export function ask(customer: Customer, method: string, rest: string, body?: unknown): Promise<ApiAnswer> {
  const headers = { 'x-company': customer.tenant }
  return customer.ask({ method, path: path + rest, headers, ...(body !== undefined && { body }) })
}

export function okay({ status, body, text }: ApiAnswer): Fields {
  assert.equal(status, 200, text)
  return body as Fields
}
