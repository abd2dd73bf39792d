// Tenants and their keys: ids, the objects that a deletion removes, and keys that are shown once and never stored in
// plain text.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, suite, test } from 'node:test'
import { type ApiCase, testCases } from '../../test/support/api-case.ts'
import { eventType, fresh, startApiRig, until } from '../../test/support/api-rig.ts'

const rig = await startApiRig({ POSTHORN_RETRY_SCALE: '1000' })
after(() => rig.close())

suite('a tenant', () => {
  for (const dialect of ['standard', 'allo']) {
    test(`of ${dialect} has the id that the caller has chosen`, async () => {
      const id = fresh('Team.1_')
      const created = await rig.want(201, { method: 'POST', path: '/v1/tenants', body: { id, dialect, name: 'N' } })
      assert.deepEqual([created.id, created['dialect'], created['name']], [id, dialect, 'N'])
      assert.deepEqual(await rig.want(200, { path: `/v1/tenants/${id}` }), created)
    })

    test(`of ${dialect} gets an id in the form of the dialect`, async () => {
      const created = await rig.want(201, { method: 'POST', path: '/v1/tenants', body: { dialect } })
      assert.match(created.id, dialect === 'allo' ? /^team-\w{12}$/ : /^ten_\w{20}$/)
      assert.equal(created['name'], null)
    })
  }

  test('has an id that is unique across dialects', async () => {
    const { id } = await rig.tenant('standard')
    for (const dialect of ['standard', 'allo']) {
      const answer = await rig.ask({ method: 'POST', path: '/v1/tenants', body: { id, dialect } })
      assert.deepEqual([answer.status, answer.body.code], [409, 'tenant_exists'])
    }
    assert.equal((await rig.want(200, { path: `/v1/tenants/${id}` }))['dialect'], 'standard')
  })

  test('can be renamed, and its name can be removed', async () => {
    const { id } = await rig.tenant('allo')
    for (const name of ['New', null]) {
      await rig.want(200, { method: 'PATCH', path: `/v1/tenants/${id}`, body: { name } })
      assert.equal((await rig.want(200, { path: `/v1/tenants/${id}` }))['name'], name)
    }
  })

  for (const dialect of ['standard', 'allo']) {
    test(`of ${dialect} is deleted with all that it has`, async () => {
      const tenant = await rig.tenant(dialect)
      const endpoint = await rig.endpoint(tenant)
      rig.behaviours.set(endpoint.path, () => ({ status: 500 }))
      const event = await rig.event(tenant)
      await rig.received(endpoint.path, 1)
      const path = `/v1/events/${event}`
      const delivery = async () => ((await rig.want(200, { path }))['deliveries'] as Record<string, unknown>[])[0]
      await until(async () => (await delivery())?.['attempts'] === 1, 'the attempt is recorded')

      const id = String((await delivery())?.['id'])
      const erasure = await rig.want(202, { method: 'DELETE', path: `/v1/tenants/${tenant.id}` })
      assert.partialDeepStrictEqual(erasure, { erases: 'tenant', tenant: tenant.id, endedAt: null })
      const parts = [`/v1/tenants/${tenant.id}`, `/v1/tenants/${tenant.id}/endpoints`, path, `/v1/deliveries/${id}`]
      for (const gone of parts) {
        await rig.want(404, { path: gone })
      }
      await rig.want(404, { method: 'DELETE', path: `/v1/tenants/${tenant.id}` })
      await rig.want(404, { method: 'PATCH', path: `/v1/tenants/${tenant.id}`, body: { name: 'x' } })
      await rig.want(404, { path: `/v1/deliveries?tenant=${tenant.id}` })
      assert.deepEqual((await rig.want(200, { path: `/v1/keys?tenant=${tenant.id}` })).data, [])
      const isDone = async () => (await rig.want(200, { path: `/v1/erasures/${erasure.id}` })).endedAt !== null
      await until(isDone, 'the erasure is done')
      const more = await rig.ask({
        method: 'POST',
        path: '/v1/events',
        body: { tenant: tenant.id, type: eventType, data: {} },
      })
      assert.deepEqual([more.status, more.body.errors[0]?.field], [400, 'tenant'])
    })
  }

  test('that is absent gets 404 for each of many concurrent requests', async () => {
    const answers = await Promise.all(Array.from({ length: 16 }, () => rig.ask({ path: '/v1/tenants/nobody' })))
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([404]))
  })

  test('that is deleted does not affect other tenants: their keys stay valid, shared ones included', async () => {
    const gone = await rig.tenant('standard')
    const stays = await rig.tenant('standard')
    const shared = { method: 'POST', path: '/v1/keys', body: { tenants: [gone.id, stays.id] } } as const
    const { key } = await rig.want(201, shared)
    await rig.want(202, { method: 'DELETE', path: `/v1/tenants/${gone.id}` })
    for (const each of [key, stays.key]) await rig.want(200, { path: `/v1/tenants/${stays.id}/endpoints`, key: each })
    await rig.want(404, { path: `/v1/tenants/${gone.id}/endpoints`, key })
  })
})

suite('an API key', async () => {
  const standard = await rig.tenant('standard')
  const allo = await rig.tenant('allo')

  test('has the form of its dialect and is shown once', async () => {
    for (const { tenant, form } of [
      { tenant: standard, form: /^phk_\w{40}$/ },
      { tenant: allo, form: /^ak_live_\w{40}$/ },
    ]) {
      assert.match(tenant.key, form)
      const listed = await rig.ask({ path: `/v1/keys?tenant=${tenant.id}` })
      assert.equal(listed.body.data[0]?.id, tenant.keyId)
      assert.equal(listed.body.data[0]?.['hint'], tenant.key.slice(-4))
      assert.ok(!listed.text.includes(tenant.key))
      assert.ok(!('key' in (listed.body.data[0] ?? {})))
    }
  })

  test('is not in plain text on disk or in the log, and neither are signing secrets and header values', async () => {
    const headers = { 'X-Token': 'a-value-of-a-header' }
    const endpoint = await rig.endpoint(standard, { headers })
    const hidden = [standard.key, allo.key, rig.installation.operatorKey, headers['X-Token']]
    hidden.push(...endpoint.secrets.map(({ value }) => value.slice('whsec_'.length)))
    const files = readdirSync(rig.installation.folder).map((name) => readFileSync(join(rig.installation.folder, name)))
    assert.ok(
      files.some((file) => file.includes(standard.id)),
      'the files contain the id of the tenant, so they are the right ones',
    )
    for (const text of hidden) {
      assert.ok(!files.some((file) => file.includes(text)))
      assert.ok(!rig.server.output().includes(text))
    }
  })

  test('shows when it was revoked, and stays in the list', async () => {
    const { id } = await rig.want(201, { method: 'POST', path: '/v1/keys', body: { tenants: [allo.id], name: 'old' } })
    await rig.want(204, { method: 'DELETE', path: `/v1/keys/${id}` })
    const { data } = await rig.want(200, { path: `/v1/keys?tenant=${allo.id}` })
    assert.equal(typeof data.find((key) => key.id === id)?.['revokedAt'], 'string')
  })

  test('has the scopes of webhooks by default, and may have any scope of the product', async () => {
    const scopes = async (more: object) =>
      (await rig.want(201, { method: 'POST', path: '/v1/keys', body: { tenants: [allo.id], ...more } }))['scopes']
    assert.deepEqual(await scopes({}), ['WEBHOOKS_READ_WRITE'])
    assert.deepEqual(await scopes({ scopes: [] }), [])
    assert.deepEqual(await scopes({ scopes: ['WEBHOOKS_READ_WRITE', 'WEBHOOKS_READ_WRITE'] }), ['WEBHOOKS_READ_WRITE'])
    const others = ['CONTACTS_READ', 'A_SCOPE_OF_TOMORROW']
    assert.deepEqual(await scopes({ scopes: others }), others)
  })

  const refused: readonly { readonly what: string; readonly body: object; readonly field: string }[] = [
    { what: 'tenants of two dialects', body: { tenants: [standard.id, allo.id] }, field: 'tenants' },
    {
      what: 'more tenants than the dialect allows per key',
      body: { tenants: [allo.id, (await rig.tenant('allo')).id] },
      field: 'tenants',
    },
    {
      what: 'a scope in a dialect without scopes',
      body: { tenants: [standard.id], scopes: ['webhook.view'] },
      field: 'scopes.0',
    },
    { what: 'a scope with a space', body: { tenants: [allo.id], scopes: ['CONTACTS READ'] }, field: 'scopes.0' },
    { what: 'a scope that is too long', body: { tenants: [allo.id], scopes: ['x'.repeat(129)] }, field: 'scopes.0' },
    { what: 'a role in a dialect without roles', body: { tenants: [allo.id], role: 'ADMIN' }, field: 'role' },
    { what: 'a key chosen by the caller', body: { tenants: [allo.id], key: 'ak_live_mine' }, field: 'key' },
  ]
  testCases(
    rig,
    refused.map(({ what, body, field }): ApiCase => {
      return { name: `with ${what} is refused`, method: 'POST', path: '/v1/keys', body, status: 400, fields: [field] }
    }),
  )
  testCases(rig, [
    {
      name: 'that is unknown cannot be revoked',
      method: 'DELETE',
      path: '/v1/keys/key_none',
      status: 404,
      code: 'not_found',
    },
  ])
})
