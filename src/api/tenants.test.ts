// Tenants and their keys: ids, what a deletion takes with it, and that a key is shown once and stored nowhere.

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
    test(`of ${dialect} keeps the id that was chosen for it`, async () => {
      const id = fresh('Team.1_')
      const created = await rig.want(201, { method: 'POST', path: '/v1/tenants', body: { id, dialect, name: 'N' } })
      assert.deepEqual([created.id, created['dialect'], created['name']], [id, dialect, 'N'])
      assert.deepEqual(await rig.want(200, { path: `/v1/tenants/${id}` }), created)
    })

    test(`of ${dialect} is given an id in the dialect's form`, async () => {
      const created = await rig.want(201, { method: 'POST', path: '/v1/tenants', body: { dialect } })
      assert.match(created.id, dialect === 'allo' ? /^team-\w{12}$/ : /^ten_\w{20}$/)
      assert.equal(created['name'], null)
    })
  }

  test('has an id that no other has, whatever the dialect', async () => {
    const { id } = await rig.tenant('standard')
    for (const dialect of ['standard', 'allo']) {
      const answer = await rig.ask({ method: 'POST', path: '/v1/tenants', body: { id, dialect } })
      assert.deepEqual([answer.status, answer.body.code], [409, 'tenant_exists'])
    }
    assert.equal((await rig.want(200, { path: `/v1/tenants/${id}` }))['dialect'], 'standard')
  })

  test('can be renamed, and lose its name', async () => {
    const { id } = await rig.tenant('allo')
    for (const name of ['New', null]) {
      await rig.want(200, { method: 'PATCH', path: `/v1/tenants/${id}`, body: { name } })
      assert.equal((await rig.want(200, { path: `/v1/tenants/${id}` }))['name'], name)
    }
  })

  for (const dialect of ['standard', 'allo']) {
    test(`of ${dialect} takes keys, endpoints and pending deliveries with it`, async () => {
      const tenant = await rig.tenant(dialect)
      const endpoint = await rig.endpoint(tenant)
      rig.behaviours.set(endpoint.path, () => ({ status: 500 }))
      const event = await rig.event(tenant)
      await rig.received(endpoint.path, 1)
      const path = `/v1/events/${event}`
      const delivery = async () => ((await rig.want(200, { path }))['deliveries'] as Record<string, unknown>[])[0]
      await until(async () => (await delivery())?.['attempts'] === 1, 'the attempt is recorded')

      await rig.want(204, { method: 'DELETE', path: `/v1/tenants/${tenant.id}` })
      for (const gone of [`/v1/tenants/${tenant.id}`, `/v1/tenants/${tenant.id}/endpoints`]) {
        await rig.want(404, { path: gone })
      }
      await rig.want(404, { method: 'DELETE', path: `/v1/tenants/${tenant.id}` })
      await rig.want(404, { method: 'PATCH', path: `/v1/tenants/${tenant.id}`, body: { name: 'x' } })
      await rig.want(404, { path: `/v1/deliveries?tenant=${tenant.id}` })
      assert.deepEqual((await rig.want(200, { path: `/v1/keys?tenant=${tenant.id}` })).data, [])
      await until(async () => (await delivery())?.['status'] === 'cancelled', 'the delivery is cancelled')
      assert.match(String((await delivery())?.['reason']), /deleted/)
      const more = await rig.ask({
        method: 'POST',
        path: '/v1/events',
        body: { tenant: tenant.id, type: eventType, data: {} },
      })
      assert.deepEqual([more.status, more.body.errors[0]?.field], [400, 'tenant'])
    })
  }

  test('that is absent is so for all who ask at once', async () => {
    const answers = await Promise.all(Array.from({ length: 16 }, () => rig.ask({ path: '/v1/tenants/nobody' })))
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([404]))
  })

  test('that is deleted leaves the others their keys, those that it shared included', async () => {
    const gone = await rig.tenant('standard')
    const stays = await rig.tenant('standard')
    const shared = { method: 'POST', path: '/v1/keys', body: { tenants: [gone.id, stays.id] } } as const
    const { key } = await rig.want(201, shared)
    await rig.want(204, { method: 'DELETE', path: `/v1/tenants/${gone.id}` })
    for (const each of [key, stays.key]) await rig.want(200, { path: `/v1/tenants/${stays.id}/endpoints`, key: each })
    await rig.want(404, { path: `/v1/tenants/${gone.id}/endpoints`, key })
  })
})

suite('an API key', async () => {
  const standard = await rig.tenant('standard')
  const allo = await rig.tenant('allo')

  test('has the form of its dialect and is shown once', async () => {
    for (const [tenant, form] of [
      [standard, /^phk_\w{40}$/],
      [allo, /^ak_live_\w{40}$/],
    ] as const) {
      assert.match(tenant.key, form)
      const listed = await rig.ask({ path: `/v1/keys?tenant=${tenant.id}` })
      assert.equal(listed.body.data[0]?.id, tenant.keyId)
      assert.equal(listed.body.data[0]?.['hint'], tenant.key.slice(-4))
      assert.ok(!listed.text.includes(tenant.key))
      assert.ok(!('key' in (listed.body.data[0] ?? {})))
    }
  })

  test('is nowhere on the disk, nor is a signing secret or the value of a header', async () => {
    const headers = { 'X-Token': 'a-value-of-a-header' }
    const endpoint = await rig.endpoint(standard, { headers })
    const hidden = [standard.key, allo.key, rig.installation.operatorKey, headers['X-Token']]
    hidden.push(...endpoint.secrets.map(({ value }) => value.slice('whsec_'.length)))
    const files = readdirSync(rig.installation.folder).map((name) => readFileSync(join(rig.installation.folder, name)))
    assert.ok(
      files.some((file) => file.includes(standard.id)),
      'the tenant is: the right files were read',
    )
    for (const text of hidden) {
      assert.ok(!files.some((file) => file.includes(text)))
      assert.ok(!rig.server.output().includes(text))
    }
  })

  test('says when it was revoked, and stays in the list', async () => {
    const { id } = await rig.want(201, { method: 'POST', path: '/v1/keys', body: { tenants: [allo.id], name: 'old' } })
    await rig.want(204, { method: 'DELETE', path: `/v1/keys/${id}` })
    const { data } = await rig.want(200, { path: `/v1/keys?tenant=${allo.id}` })
    assert.equal(typeof data.find((key) => key.id === id)?.['revokedAt'], 'string')
  })

  test('has every scope unless told otherwise', async () => {
    const scopes = async (more: object) =>
      (await rig.want(201, { method: 'POST', path: '/v1/keys', body: { tenants: [allo.id], ...more } }))['scopes']
    assert.deepEqual(await scopes({}), ['WEBHOOKS_READ_WRITE'])
    assert.deepEqual(await scopes({ scopes: [] }), [])
    assert.deepEqual(await scopes({ scopes: ['WEBHOOKS_READ_WRITE', 'WEBHOOKS_READ_WRITE'] }), ['WEBHOOKS_READ_WRITE'])
  })

  const refused: readonly [name: string, body: object, fields: readonly string[]][] = [
    ['tenants of two dialects', { tenants: [standard.id, allo.id] }, ['tenants']],
    ['more tenants than the dialect has per key', { tenants: [allo.id, (await rig.tenant('allo')).id] }, ['tenants']],
    ['a scope of another dialect', { tenants: [allo.id], scopes: ['webhook.view'] }, ['scopes.0']],
    ['a role, where there are none', { tenants: [allo.id], role: 'ADMIN' }, ['role']],
    ['a key chosen by the caller', { tenants: [allo.id], key: 'ak_live_mine' }, ['key']],
  ]
  testCases(
    rig,
    refused.map(([name, body, fields]): ApiCase => {
      return { name: `not for ${name}`, method: 'POST', path: '/v1/keys', body, status: 400, fields }
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
