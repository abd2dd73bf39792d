// Allo's Idempotency-Key: a repeated write gets the answer of the first write, and changes nothing.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { onSqlite } from '../../../test/support/dialect-support.ts'
import type { Customer } from '../../../test/conformance/dialects/customer.ts'
import type { ApiAnswer, ApiRequest } from '../../../test/conformance/dialects/profile.ts'
import { onOneServer } from '../../../test/conformance/dialects/suite.ts'
import { until, type World } from '../../../test/conformance/dialects/world.ts'
import { profileOf } from '../../../test/profiles/profiles.ts'
import { createOperatorClient } from '../../../test/support/operator-client.ts'
import { createInstallation, startServer } from '../../../test/support/server-process.ts'

const profile = profileOf('allo')

const path = '/v2/api/webhooks'
const body = { url: 'https://example.com/hook', topics: ['sms.sent'] }

function post(key: string, fields: object = body): ApiRequest {
  return { method: 'POST', path, body: fields, headers: { 'idempotency-key': key } }
}

function checkReplayed(answer: ApiAnswer, first: ApiAnswer, key: string): void {
  assert.equal(answer.status, first.status)
  assert.equal(answer.text, first.text)
  assert.equal(answer.headers['content-type'], first.headers['content-type'])
  assert.equal(answer.headers['idempotency-replayed'], 'true')
  assert.equal(answer.headers['idempotency-key'], key)
}

/** Sends all requests with the customer's current API key, because idempotency keys belong to one API key. */
function asker(world: World, customer: Customer): (request: ApiRequest) => Promise<ApiAnswer> {
  const headers = profile.api.credentials({ tenant: customer.tenant, key: customer.key })
  return (request) => world.ask(request, headers)
}

onOneServer('Idempotency-Key', profile, onSqlite, (add) => {
  add('a repeated create gets the answer of the first one, and creates nothing', async (world) => {
    const customer = await world.customer()
    const ask = asker(world, customer)
    const first = await ask(post('create-1'))
    assert.equal(first.status, 201)
    assert.equal(first.headers['idempotency-key'], 'create-1')
    assert.equal(first.headers['idempotency-replayed'], undefined)
    checkReplayed(await ask(post('create-1')), first, 'create-1')
    assert.equal((await customer.list()).length, 1)
  })

  add('the same idempotency key with another body is refused, and changes nothing', async (world) => {
    const customer = await world.customer()
    const ask = asker(world, customer)
    const first = await ask(post('create-1'))
    const answers = await Promise.all(
      [
        { ...body, topics: ['call.received'] },
        { topics: body.topics, url: body.url },
      ].map((other) => ask(post('create-1', other))),
    )
    for (const { status, body: refused } of answers) {
      assert.equal(status, 422)
      assert.partialDeepStrictEqual(refused, {
        error: { type: 'validation_error', code: 'IDEMPOTENCY_KEY_REUSE', retryable: false },
      })
    }
    checkReplayed(await ask(post('create-1')), first, 'create-1')
    assert.equal((await customer.list()).length, 1)
  })

  add('a repeated change and a repeated delete get the first answer, and change nothing', async (world) => {
    const customer = await world.customer()
    const { id } = await customer.endpoint('https://example.com/hook')
    const ask = asker(world, await customer.withKey({}).newKey())
    const put = (key: string, enabled: boolean): ApiRequest => {
      return { method: 'PUT', path: `${path}/${id}`, body: { enabled }, headers: { 'idempotency-key': key } }
    }
    const first = await ask(put('change', false))
    assert.equal(first.status, 200)
    await customer.change(id, { enabled: true })
    checkReplayed(await ask(put('change', false)), first, 'change')
    assert.equal((await customer.get(id))['enabled'], true)

    const remove = { method: 'DELETE', path: `${path}/${id}`, headers: { 'idempotency-key': 'delete' } }
    const deleted = await ask(remove)
    assert.equal(deleted.status, 204)
    const again = await ask(remove)
    checkReplayed(again, deleted, 'delete')
    assert.equal(again.text, '')
    assert.equal((await ask({ ...remove, headers: {} })).status, 404)
  })

  add('the same idempotency key with another path or method is a conflict', async (world) => {
    const customer = await world.customer()
    const { id } = await customer.endpoint('https://example.com/hook')
    const ask = asker(world, await customer.withKey({}).newKey())
    assert.equal((await ask(post('reused'))).status, 201)
    for (const method of ['PUT', 'DELETE']) {
      const headers = { 'idempotency-key': 'reused' }
      const answer = await ask({ method, path: `${path}/${id}`, headers, ...(method === 'PUT' && { body: {} }) })
      assert.equal(answer.status, 409)
      assert.partialDeepStrictEqual(answer.body, {
        error: { type: 'conflict_error', code: 'IDEMPOTENCY_KEY_REUSE', retryable: false },
      })
    }
    assert.equal((await customer.list()).length, 2)
  })

  add('an answer that is replayed counts as a read of its secret', async (world) => {
    const customer = await world.customer()
    const ask = asker(world, customer)
    const reads = async (): Promise<unknown[]> => {
      const query = `action=secret.read&actor=${customer.keyId}`
      const { data } = await world.operator(200, 'GET', `/v1/audit?${query}`)
      return (data as { object: { id: string } }[]).map(({ object }) => object.id)
    }
    const { body: first } = await ask(post('shown'))
    await ask(post('shown'))
    const { id } = (first as { data: { id: string } }).data
    await until(async () => (await reads()).length === 2, 'both are recorded')
    assert.deepEqual(new Set(await reads()), new Set([id, null]))
  })

  add('a failed request does not use up its idempotency key', async (world) => {
    const ask = asker(world, await world.customer())
    assert.equal((await ask(post('failing', { ...body, topics: [] }))).status, 400)
    assert.equal((await ask(post('failing', { ...body, url: 'http' }))).status, 400)
    const absent = { method: 'PUT', path: `${path}/${profile.api.idAbsent}`, body: {} }
    assert.equal((await ask({ ...absent, headers: { 'idempotency-key': 'failing' } })).status, 404)
    const created = await ask(post('failing'))
    assert.equal(created.status, 201)
    assert.equal(created.headers['idempotency-replayed'], undefined)
  })

  add('concurrent requests with one idempotency key create one endpoint and get the same answer', async (world) => {
    for (let round = 0; round < 5; round++) {
      const customer = await world.customer()
      const ask = asker(world, customer)
      const answers = await Promise.all(Array.from({ length: 4 }, () => ask(post('at-once'))))
      assert.deepEqual(
        answers.map(({ status }) => status),
        [201, 201, 201, 201],
      )
      assert.equal(new Set(answers.map(({ text }) => text)).size, 1)
      const fresh = answers.filter(({ headers }) => headers['idempotency-replayed'] === undefined)
      assert.equal(fresh.length, 1)
      assert.equal((await customer.list()).length, 1)
    }
  })

  add(
    'an idempotency key belongs to one API key: another tenant and another key of the tenant do not get its answer',
    async (world) => {
      const customer = await world.customer()
      const first = await asker(world, customer)(post('scoped'))
      for (const other of [await customer.withKey({}).newKey(), await world.customer()]) {
        const answer = await asker(world, other)(post('scoped'))
        assert.equal(answer.status, 201)
        assert.equal(answer.headers['idempotency-replayed'], undefined)
        assert.notEqual(answer.text, first.text)
      }
    },
  )

  add('an idempotency key may have at most 255 characters', async (world) => {
    const ask = asker(world, await world.customer())
    assert.equal((await ask(post('k'.repeat(255)))).status, 201)
    const refused = await ask(post('k'.repeat(256)))
    assert.equal(refused.status, 400)
    assert.partialDeepStrictEqual(refused.body, { error: { type: 'validation_error', param: 'Idempotency-Key' } })
  })

  add('reads ignore the idempotency key', async (world) => {
    const ask = asker(world, await world.customer())
    const list = { method: 'GET', path, headers: { 'idempotency-key': 'reading' } }
    assert.equal((await ask(list)).text, '{"data":[]}')
    await ask(post('reading'))
    assert.notEqual((await ask(list)).text, '{"data":[]}')
  })
})

test('an answer that an older version stored, without a digest of its request, is replayed', async (t) => {
  const installation = await createInstallation()
  t.after(() => installation.remove())
  const createWebhook = async (headers: Readonly<Record<string, string>>, fields: object) => {
    const server = await startServer(installation)
    const client = createOperatorClient(server.url, installation.operatorKey)
    try {
      const { id } = await client.createTenant({ dialect: 'allo' })
      const { key } = await client.createKey({ tenants: [id] })
      const all = { authorization: `Api-Key ${key}`, 'idempotency-key': 'older', ...headers }
      return { all, answer: await client.callAs(all, 'POST', path, fields) }
    } finally {
      await client.close()
      await server.stop()
    }
  }
  const first = await createWebhook({}, body)
  const db = new DatabaseSync(join(installation.folder, 'posthorn.db'))
  db.exec('UPDATE idempotent_answers SET sealed_digest = NULL')
  db.close()
  const again = await createWebhook(first.all, { ...body, topics: ['call.received'] })
  assert.deepEqual(again.answer, first.answer)
})
