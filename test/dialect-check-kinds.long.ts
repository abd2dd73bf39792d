// Good dialects of other kinds have no faults: keys of tenants and of the installation, signatures in bodies, bodies that
// differ between attempts, other methods and media types.

import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { after, suite, test } from 'node:test'
import { openSite } from '../src/testing/site.ts'
import { checkDialect } from '../src/dialect-check/check-dialect.ts'
import {
  body,
  defineDialect,
  delivery,
  type DialectDefinition,
  event,
  form,
  json,
  jwtBody,
  keys,
  secrets,
  sentAt,
  sign,
  xml,
} from '../src/dialect-kit/index.ts'
import { registry } from '../src/dialects/registry.ts'
import { acme } from './support/acme.ts'

type Deliveries = Pick<DialectDefinition['deliveries'], 'body' | 'headers' | 'secrets' | 'method'>

const token = delivery.attemptId
const inBody = sign.newest(sign.hmac({ over: [sentAt.unixSeconds, token] }))
const signature = { timestamp: sentAt.unixSeconds, token, signature: inBody }
const signedHeader = { 'x-signature': sign.newest(sign.hmac({ over: [body] })) }

const kinds: Readonly<Record<string, Deliveries>> = {
  'the secret of the tenant signs inside the body': {
    body: json.perAttempt({ signature, 'event-data': event.data }),
    headers: {},
    secrets: secrets.ofTenant(secrets.text({ form: 'key-{hex:32}' })),
  },
  'the API key signs inside a form': {
    body: form.perAttempt({ payload: json.perAttempt({ signature, data: event.data }) }),
    headers: {},
    secrets: secrets.apiKey,
  },
  'a token is the body': {
    body: jwtBody({ claims: { id: event.id, sent: sentAt.unixSeconds, data: event.data } }),
    headers: {},
    secrets: secrets.p256KeyPair,
  },
  'two keys sign': {
    body: json({ id: event.id, data: event.data }),
    headers: sign.standardWebhooks('webhook', { withKeyPair: true }),
    secrets: secrets.withKeyPair(secrets.standard, secrets.ed25519KeyPair),
  },
  'XML by PUT': {
    method: 'PUT',
    body: xml('order', { id: event.id, '...': event.data }),
    headers: signedHeader,
    secrets: secrets.ofTenant(secrets.text({ form: 'key-{hex:32}' })),
  },
}

const dialects = Object.entries(kinds).map(([title, deliveries], index) => {
  const { examples: _examples, endpoint, routes, ...good } = acme(`kind${index}`)
  const { secret, ...fields } = endpoint
  const hasSecrets = deliveries.secrets.create !== null
  const own = Object.entries(routes).filter(([at]) => hasSecrets || !at.endsWith('/rotate'))
  const defined = defineDialect({
    ...good,
    endpoint: hasSecrets && secret !== undefined ? { ...fields, secret } : fields,
    routes: {
      ...Object.fromEntries(own),
      [`GET /kind${index}/hooks/keys/public`]: keys.jwks(),
    },
    deliveries: { ...good.deliveries, ...deliveries },
  })
  return { title, defined }
})
const site = await openSite([...registry, ...dialects.map(({ defined }) => defined)])
after(() => site.close())

test('receivers get test vectors that are signed with the secret of a tenant', async () => {
  const { defined } = dialects.find(({ title }) => title === 'XML by PUT') ?? assert.fail()
  const [found] = await defined.dialect.receiving.vectors()
  const [vector] = found?.vectors ?? []
  assert.match(vector?.secret ?? '', /^key-[0-9a-f]{32}$/)
  const mac = createHmac('sha256', vector?.secret ?? '').update(vector?.body ?? '')
  assert.equal(vector?.headers['x-signature'], mac.digest('hex'))
})

suite('a dialect has no faults if', { concurrency: 4 }, () => {
  for (const { title, defined } of dialects) {
    test(title, async () => {
      assert.deepEqual(
        (await checkDialect(defined, site)).flatMap(({ faults }) => faults),
        [],
      )
    })
  }
})
