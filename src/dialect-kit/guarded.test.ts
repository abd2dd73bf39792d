// The functions of a dialect may throw: the fault names the place, and quotes nothing.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { acme } from '../../test/support/acme.ts'
import { Unavailable } from '../domain/unavailable.ts'
import { DialectFault, guarded } from './guarded.ts'

const secret = 'whsec_C2FVsBQIhrscChlQIMV'

/** A function that throws an error with a secret in its message. */
const broken = (): never => {
  throw new RangeError(`cannot use ${secret}\n    at ${secret}:1:2`)
}

function faultOf(call: () => unknown): DialectFault {
  try {
    call()
  } catch (error) {
    assert.ok(error instanceof DialectFault)
    return error
  }
  return assert.fail('nothing was thrown')
}

test('a fault names the dialect, the field, the kind of the error and the line, and does not quote the message', () => {
  const good = acme('acme')
  const { testEvent, deliveries, endpoint } = guarded({
    ...good,
    testEvent: broken,
    endpoint: { ...good.endpoint, 'a b': { is: 'computed', show: broken } },
    deliveries: { ...good.deliveries, headers: { 'x-to': { text: broken, json: broken, schema: {} } } },
  })
  const [header, field] = [deliveries.headers['x-to'], endpoint['a b']]
  const faults = {
    testEvent: faultOf(() => testEvent({} as never)),
    'deliveries.headers["x-to"].text': faultOf(
      () => typeof header === 'object' && header.text({} as never, {} as never),
    ),
    'endpoint["a b"].show': faultOf(() => field?.is === 'computed' && field.show({} as never)),
  }
  for (const [place, { message, stack = '' }] of Object.entries(faults)) {
    assert.match(message, /^the dialect acme failed in .* at guarded\.test\.ts:\d+$/)
    assert.ok(message.startsWith(`the dialect acme failed in ${place}: RangeError at `), message)
    assert.match(stack, /\n\s+at .*broken.*guarded\.test\.ts/)
    assert.doesNotMatch(stack, new RegExp(secret))
  }
})

test('a promise of a route that rejects is a fault of the route, and exceptions of the service stay as they are', async () => {
  const good = acme('acme')
  const at = 'GET /acme/hooks'
  const [operation] = Object.values(good.routes)
  assert.ok(operation !== undefined)
  const handled = (handle: () => Promise<never>) =>
    guarded({ ...good, routes: { [at]: { ...operation, route: () => ({ answers: {}, handle }) } } })
      .routes[at]?.route({} as never)
      .handle({} as never)
  const rejected = handled(() => Promise.reject(new TypeError(secret)))
  await assert.rejects(
    async () => rejected,
    /^DialectFault: the dialect acme failed in routes\["GET \/acme\/hooks"\]: TypeError/,
  )
  const away = new Unavailable('the database is away')
  await assert.rejects(async () => handled(() => Promise.reject(away)), away)
})

test('a check of a route that throws is a fault of that check', () => {
  const good = acme('acme')
  const [operation] = Object.values(good.routes)
  assert.ok(operation !== undefined)
  const { routes } = guarded({ ...good, routes: { 'GET /acme': { ...operation, check: broken } } })
  const { message } = faultOf(() => routes['GET /acme']?.check?.({ params: {}, query: {}, body: {} }))
  assert.match(message, /^the dialect acme failed in routes\["GET \/acme"\]\.check: RangeError/)
})

test('parts without functions are the same objects', () => {
  const good = acme('acme')
  assert.equal(guarded(good).events, good.events)
  assert.equal(guarded(good).endpoint['id'], good.endpoint['id'])
})
