// Secrets are planted in every possible place: keys, signing secrets, header values, payloads, URLs, responses of
// receivers, the database's password. Then every route is called, with valid and invalid requests. Afterwards no mark
// is in the log (at level trace), in the metrics or in an error response. The bytes of the database hold no secret in
// clear text.

import assert from 'node:assert/strict'
import { suite, test, type TestContext } from 'node:test'
import { Customer } from './conformance/dialects/customer.ts'
import type { ApiRequest, Fields, Headers, Profile } from './conformance/dialects/profile.ts'
import { registry } from '../src/dialects/registry.ts'
import { profiles } from './profiles/profiles.ts'
import { until } from './support/api-rig.ts'
import { found, mark } from './support/marks.ts'
import { type Place, postgresPlace, sqlitePlace } from './support/place.ts'
import { startReceiver } from './support/receiver.ts'
import { createInstallation, type ServerProcess, startServer } from './support/server-process.ts'
import { testDatabase } from './support/test-database.ts'
import { Caller, callWrongly } from './support/wrong-calls.ts'

/** Planted texts by name. `secret`: must be in clear text nowhere. `content`: must be only in the database. */
interface Marks {
  readonly secret: Map<string, string>
  readonly content: Map<string, string>
}

/** Creates a customer with an endpoint and runs every operation on both. Returns the customer and the endpoint's id. */
async function live(caller: Caller, profile: Profile, receiverUrl: string, marks: Marks) {
  const { name } = profile.dialect
  const plant = (kind: keyof Marks, what: string, text = mark(`${name}-${what}`)): string => {
    marks[kind].set(`${name}: ${what}`, text)
    return text
  }
  const tenant = String((await caller.operator(201, 'POST', '/v1/tenants', { dialect: name }))['id'])
  const server = {
    profile,
    ask: (request: ApiRequest, headers: Headers) => caller.ask(request, headers),
    operator: (status: number, method: string, path: string, body: unknown) =>
      caller.operator(status, method, path, body),
  }
  const customer = await new Customer(server, tenant, {}).newKey()
  plant('secret', 'API key', customer.key)

  const url = `${receiverUrl}/${name}?token=${plant('content', 'query of the URL')}`
  const header = { 'X-Planted': plant('secret', 'header value') }
  const namesOf = (kind: 'headers' | 'secrets') => profile.subject?.fieldsOf(kind).map(([field]) => field) ?? []
  const own = {
    ...Object.fromEntries(
      (profile.subject === null ? ['headers'] : namesOf('headers')).map((field) => [field, header]),
    ),
    ...Object.fromEntries(namesOf('secrets').map((field) => [field, [mark('chosen secret')]])),
  }
  const sent = { ...profile.api.full(url, 0), ...own }
  const created = await customer.create(sent)
  for (const [index, secret] of profile.delivery.secretsOf(created, sent).entries())
    plant('secret', `signing secret ${index}`, secret)
  const id = String(created[profile.api.idField])
  await customer.get(id)
  await customer.list()

  const event = { tenant, type: profile.api.eventType(0), data: { planted: plant('content', 'payload') } }
  const attributes = { region: 'eu', ...filtersIn(profile, created) }
  await caller.operator(202, 'POST', '/v1/events', { ...event, attributes })
  const path = `/v1/tenants/${tenant}/endpoints/${id}`
  await caller.operator(202, 'POST', `${path}/test`)
  await untilAttempted(caller, tenant)
  const rotated = await caller.asOperator({ method: 'POST', path: `${path}/rotate-secret`, body: {} })
  const [secret] = ((rotated.body as Fields)['secrets'] as { value: string }[] | undefined) ?? []
  if (secret !== undefined) plant('secret', 'rotated secret', secret.value)
  await caller.operator(202, 'POST', `${path}/replay`, { since: '2020-01-01T00:00:00Z', status: 'failed' })
  for (const bad of [`https://user:${plant('secret', 'password in a URL')}@example.com/`, 'https://127.0.0.1/'])
    await customer.ask(profile.api.operations.change.request(customer, id, profile.api.sample(bad, 0)))
  return { customer, id }
}

/** The attributes that an event must have for an endpoint with filters. */
function filtersIn({ api }: Profile, endpoint: Fields): Fields {
  return (api.inOperatorTerms(endpoint)['filters'] ?? {}) as Fields
}

async function untilAttempted(caller: Caller, tenant: string): Promise<void> {
  const attempted = async (): Promise<boolean> => {
    const { data } = await caller.operator(200, 'GET', `/v1/deliveries?tenant=${tenant}`)
    const deliveries = data as { id: string; attempts: number }[]
    for (const { id } of deliveries) await caller.operator(200, 'GET', `/v1/deliveries/${id}`)
    return deliveries.length >= 2 && deliveries.every(({ attempts }) => attempts > 0)
  }
  await until(attempted, `the deliveries of ${tenant} were attempted`, 20_000)
}

async function leakTest(t: TestContext, place: Place): Promise<void> {
  const { installation } = place
  const marks: Marks = { secret: new Map(), content: new Map() }
  marks.secret.set('operator key', installation.operatorKey).set('master key', installation.masterKey)
  const jwtSecret = mark('secret of tokens')
  marks.secret.set('JWT secret', jwtSecret)
  const password = new URL(place.env['POSTHORN_DATABASE'] ?? 'postgres://').password
  if (password !== '') marks.secret.set('password of the database', password)

  const answered = mark('answered')
  marks.content.set('response of a receiver', answered)
  const receiver = await startReceiver({ behave: () => ({ status: 500, body: answered }) })
  t.after(() => receiver.close())
  const tokens = { POSTHORN_JWT_SECRET: jwtSecret, POSTHORN_JWT_AUDIENCE: 'posthorn' }
  const settings = { ...tokens, POSTHORN_LOG_LEVEL: 'trace', POSTHORN_RATE_LIMITS: 'off' }
  const server: ServerProcess = await startServer(installation, { ...place.env, ...settings })
  t.after(() => server.kill('SIGKILL'))
  const caller = new Caller(server.url, installation.operatorKey)

  const lives = await Promise.all(
    profiles.map(async (profile) => ({ profile, ...(await live(caller, profile, receiver.url, marks)) })),
  )
  const stranger = mark('stranger')
  marks.content.set('texts that a stranger sends', stranger)
  let calls = 0
  for (const { profile, customer, id } of lives) {
    const { tenant } = customer
    const { data } = await caller.operator(200, 'GET', `/v1/deliveries?tenant=${tenant}`)
    const [delivery] = data as { id: string; event: string }[]
    const ids = {
      tenant,
      endpoint: id,
      ...Object.fromEntries((profile.subject?.served ?? []).map((one) => [profile.subject?.idNameIn(one), id])),
      delivery: delivery?.id ?? '',
      event: delivery?.event ?? '',
    }
    const others = profiles.filter((other) => other !== profile).map((other) => other.api.credentials(customer))
    const wrong = { authorization: `Bearer ${stranger}` }
    const credentials = [{}, wrong, profile.api.credentials(customer), ...others.slice(0, 1)]
    const own = profile.subject === null ? [] : [`/openapi/${profile.dialect.name}.json`]
    for (const document of own) calls += await callWrongly(caller, document, ids, credentials, stranger)
    const asOperator = { authorization: `Bearer ${installation.operatorKey}` }
    calls += await callWrongly(caller, '/openapi.json', ids, [{}, wrong, asOperator], stranger)
  }
  assert.ok(calls > 500, `only ${calls} calls were made`)

  // An internal error: the log has it, with the caller's request id.
  const requestId = mark('request')
  const [first] = lives as [(typeof lives)[0]]
  await place.query(`UPDATE tenants SET settings = '{' WHERE id = '${first.customer.tenant}'`)
  const { status } = await caller.asOperator({
    method: 'GET',
    path: '/v1/tenants',
    headers: { 'x-request-id': requestId },
  })
  assert.equal(status, 500)

  const metrics = await caller.ask({ method: 'GET', path: '/metrics' }, {})
  for (const { customer, id } of lives.slice(1)) await customer.remove(id)
  const dump = await place.dump()
  await server.stop()
  const all = new Map([...marks.secret, ...marks.content])
  const log = Buffer.from(server.output())
  assert.ok(log.length < 65_000, 'the log may be truncated')
  assert.deepEqual(found(log, all), [], 'marks in the log')
  assert.deepEqual(found(Buffer.from(metrics.text), all), [], 'marks in the metrics')
  assert.deepEqual(found(dump, marks.secret), [], 'marks in the database')
  assert.deepEqual(found(await place.dump(), marks.secret), [], 'marks in the database after the stop')
  const notOfCaller = new Map([...all].filter(([, text]) => text !== stranger))
  for (const { call, text } of caller.refusals) assert.deepEqual(found(Buffer.from(text), notOfCaller), [], call)

  // Control: the texts that were searched hold what they should hold.
  const planted = new Map([['the request id', requestId]])
  assert.deepEqual(found(log, planted), ['the request id'])
  assert.ok(caller.refusals.some(({ text }) => found(Buffer.from(text), planted).length > 0))
  assert.match(metrics.text, /posthorn_attempts_total/)
  const stored = found(dump, marks.content)
  for (const { profile } of lives) assert.ok(stored.includes(`${profile.dialect.name}: payload`), profile.dialect.name)
  assert.ok(stored.includes('response of a receiver'))
  assert.ok(marks.secret.size > 15, `only ${marks.secret.size} secrets were planted`)
}

suite('no secret is disclosed:', () => {
  test('on SQLite', { timeout: 240_000 }, async (t) => leakTest(t, await sqlitePlace(t)))
  test('on PostgreSQL', { timeout: 240_000 }, async (t) => leakTest(t, await postgresPlace(t)))

  test('no dialect with custom headers stores requests, because the headers may be secrets', () => {
    for (const { dialect } of registry)
      assert.ok(!(dialect.keepExchange && dialect.endpointRules.customHeaders), dialect.name)
  })

  test('the start error for a wrong database password does not contain the password', async (t) => {
    const { url, drop } = await testDatabase()
    t.after(drop)
    const wrong = new URL(url)
    wrong.password = mark('password')
    const installation = await createInstallation()
    t.after(() => installation.remove())
    const start = startServer(installation, { POSTHORN_DATABASE: wrong.href, POSTHORN_LOG_LEVEL: 'trace' })
    await assert.rejects(start, (error: Error) => {
      assert.ok(!error.message.includes(wrong.password), error.message)
      return true
    })
  })

  test('control: the search for marks finds a mark in every form', () => {
    const secret = `whsec_${Buffer.from(mark('secret')).toString('base64')}`
    const marks = new Map([['it', secret]])
    const plain = Buffer.from(secret)
    const forms = [plain, plain.toString('hex'), plain.toString('base64'), Buffer.from(secret.slice(6), 'base64')]
    for (const form of forms)
      assert.deepEqual(found(Buffer.concat([Buffer.from('a'), Buffer.from(form), Buffer.from('z')]), marks), ['it'])
    assert.deepEqual(found(Buffer.from(secret.slice(1)), marks), [])
  })
})
