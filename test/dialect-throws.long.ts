// A dialect whose functions throw: each costs one request or one delivery, and the service goes on. The log names the place.

import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { once } from 'node:events'
import { after, suite, test } from 'node:test'
import { openSite } from '../src/testing/site.ts'
import { computed, defineDialect, type DialectDefinition, errors } from '../src/dialect-kit/index.ts'
import { registry } from '../src/dialects/registry.ts'
import { acme, sayings } from './support/acme.ts'
import { createOperatorClient } from './support/operator-client.ts'

const payload = 'a payload that no error quotes'

function broken(): never {
  throw new Error(`${payload}\n${payload}`)
}

let isLoaded = false

/** A function that works while the dialect is loaded, and throws from then on. */
function brokenLater<Args extends unknown[], Result>(works: (...args: Args) => Result) {
  return (...args: Args): Result => (isLoaded ? broken() : works(...args))
}

const good = acme('bad')
const parts: Readonly<Record<string, Partial<DialectDefinition>>> = {
  credential: { authentication: { ...good.authentication, credential: brokenLater(good.authentication.credential) } },
  tenant: { tenantOf: { present: () => ({}), tenantOf: broken } },
  errors: { errors: errors.own<{ code: string }>({ ...sayings, body: brokenLater((facts) => ({ ...facts })) }) },
  field: { endpoint: { ...good.endpoint, to: { is: 'computed', show: broken } } },
  body: { deliveries: { ...good.deliveries, body: { ...good.deliveries.body, encode: broken } } },
  header: { deliveries: { ...good.deliveries, headers: { 'x-to': computed(broken) } } },
  key: { deliveries: { ...good.deliveries, secrets: { ...good.deliveries.secrets, key: broken } } },
  verdict: { deliveries: { ...good.deliveries, onFailure: broken } },
  health: { deliveries: { ...good.deliveries, health: { health: broken, healthReport: broken } } },
}

const names = Object.keys(parts)
const dialects = names.map((name) => {
  const definition: DialectDefinition = { ...acme(name), ...parts[name], routes: acme(name).routes }
  return defineDialect(definition)
})
const whole = defineDialect(acme('whole'))
isLoaded = true
const site = await openSite([...registry, whole, ...dialects])
const client = createOperatorClient(site.url, site.operatorKey)
after(async () => {
  await client.close()
  await site.close()
})

/** Creates a webhook, and posts an event to it also after an error; gives all answers. */
async function live(name: string, hook: { readonly url: string }) {
  const { id: tenant } = await client.createTenant({ dialect: name })
  const { key } = await client.createKey({ tenants: [tenant] })
  const asCustomer = { authorization: `Bearer ${key}` }
  const created = await client.callAs(asCustomer, 'POST', `/${name}/hooks`, {
    target: hook.url,
    topics: ['order.paid'],
  })
  const wrong = await client.callAs(asCustomer, 'POST', `/${name}/hooks`, { target: 1 })
  const event = await client.call('POST', '/v1/events', { tenant, type: 'order.paid', data: { text: payload } })
  return { created, wrong, event }
}

suite('the service goes on after an exception in', { concurrency: true }, () => {
  const places: Readonly<Record<string, RegExp>> = {
    credential: /^the dialect credential failed in authentication\.credential: Error at dialect-throws\.long\.ts:\d+$/,
    tenant: /^the dialect tenant failed in tenantOf\.tenantOf: Error at/,
    errors: /^the dialect errors failed in errors: Error at/,
    field: /^the dialect field failed in endpoint\.to\.show: Error at/,
    body: /^the dialect body failed in deliveries\.body\.encode: Error at/,
    header: /^the dialect header failed in deliveries\.headers\["x-to"\]\.text: Error at/,
    key: /^the dialect key failed in deliveries\.secrets\.key: Error at/,
    verdict: /^the dialect verdict failed in deliveries\.onFailure: Error at/,
    health: /^the dialect health failed in deliveries\.health\.health: Error at/,
  }
  for (const name of names) {
    test(name, async () => {
      const hook = site.receiver.hook()
      hook.answers(() => 500)
      const answers = Object.values(await live(name, hook))
      const texts = answers.map(({ body }) => JSON.stringify(body))
      assert.ok(answers.some(({ status }) => status >= 500) || answers[2]?.status === 202)
      assert.doesNotMatch(texts.join(), new RegExp(payload))
      const giveUpAt = Date.now() + 10_000
      while (site.faultsOf(name).length === 0 && Date.now() < giveUpAt)
        await new Promise((done) => setTimeout(done, 10))
      assert.match(site.faultsOf(name)[0] ?? '', places[name] ?? /^$/)
      assert.doesNotMatch(site.faultsOf(name).join(), new RegExp(payload))

      const other = site.receiver.hook()
      const { created, event } = await live('whole', other)
      assert.deepEqual([created.status, event.status], [201, 202])
      assert.ok(await other.until(1))
    })
  }

  test('the errors, for a request that is no HTTP', async () => {
    const socket = connect(Number(new URL(site.url).port), '127.0.0.1')
    socket.write('GREET /errors/hooks HTTP/1.1\r\nhost: a\r\n\r\n')
    const [answer] = (await once(socket, 'data')) as [Buffer]
    socket.destroy()
    assert.match(answer.toString(), /^HTTP\/1\.1 500 .*Something went wrong on our side/s)
    assert.equal((await client.call('GET', '/v1/dialects')).status, 200)
  })
})
