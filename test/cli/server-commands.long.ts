// The commands that talk to a server, each against a real one.

import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { eventType, fresh, until } from '../support/api-rig.ts'
import { command, startCommand } from '../support/command.ts'
import { startCommandRig } from '../support/command-rig.ts'
import { runFolder, serve } from '../support/serve-run.ts'
import { freePort } from '../support/server-process.ts'

const { rig, folder, key, env, run } = await startCommandRig()
await writeFile(join(folder, 'notes.md'), '# Notes\n')

/** Runs a command that must succeed. Returns its output for people. */
async function text(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(...args)
  assert.equal(code, 0, `${args.join(' ')}: ${stderr}`)
  assert.ok(!`${stdout}${stderr}`.includes(key), 'the operator key is shown')
  return stdout
}

/** Runs a command that must succeed. Returns its answer. */
async function json(...args: string[]): Promise<Record<string, unknown> & { data: Record<string, unknown>[] }> {
  return JSON.parse(await text(...args, '--json')) as Awaited<ReturnType<typeof json>>
}

suite('tenants and keys', { concurrency: 2 }, () => {
  test('are created, listed, shown and deleted', async () => {
    const id = fresh('acme')
    assert.match(await text('tenant', 'create', id, '--name', 'Acme Ltd'), new RegExp(`^id +${id}\n`))
    assert.equal((await json('tenant', 'show', id))['name'], 'Acme Ltd')
    assert.match(await text('tenant', 'list', '--search', id), new RegExp(`^id .*\n${id} +standard +Acme Ltd +\\d`))
    const created = await json('key', 'create', id, '--scope', 'read', '--name', 'a page')
    assert.match(String(created['key']), /^phk_/)
    const [listed] = (await json('key', 'list', '--tenant', id)).data
    assert.deepEqual([listed?.['id'], listed?.['scopes'], listed?.['key']], [created['id'], ['read'], undefined])
    await text('key', 'revoke', String(created['id']), '--yes')
    assert.match(await text('key', 'list', '--tenant', id), /\d{4}-.*Z +\d{4}-.*Z$/m)
    assert.match(await text('tenant', 'delete', id, '--yes'), new RegExp(`^deleted +${id}\nerasure +era_`))
    const gone = await run('tenant', 'show', id)
    assert.deepEqual([gone.code, gone.stderr], [1, `posthorn: There is no tenant ${id}. (not_found)\n`])
  })

  test('a loss is confirmed, and without a terminal that needs --yes', async () => {
    const { id } = await rig.tenant('standard')
    const refused = await run('tenant', 'delete', id)
    assert.equal(refused.code, 2)
    assert.match(
      refused.stderr,
      /^posthorn: Delete the tenant .* Give --yes, because there is no terminal to ask on\n$/,
    )
    await text('tenant', 'show', id)
  })

  test('a list has as many rows as are wanted, over several pages of the API', async () => {
    const { id } = await rig.tenant('standard')
    const events = Array.from({ length: 300 }, () => ({ tenant: id, type: eventType, data: {} }))
    await rig.endpoint({ id, dialect: 'standard', key: '', keyId: '' })
    await rig.want(202, { method: 'POST', path: '/v1/events/batch', body: { events } })
    assert.equal((await json('delivery', 'list', '--tenant', id, '--limit', '1000')).data.length, 300)
    const few = await run('delivery', 'list', '--tenant', id, '--limit', '2')
    assert.equal(few.stdout.split('\n').length, 4)
    const [, cursor = ''] =
      /^There is more: --limit 4, or --cursor (\S+)\n$/.exec(few.stderr) ?? assert.fail(few.stderr)
    const next = await text('delivery', 'list', '--tenant', id, '--limit', '2', '--cursor', cursor)
    assert.notEqual(next, few.stdout)
    const none = await run('endpoint', 'list', '--search', 'nowhere')
    assert.deepEqual([none.code, none.stdout, none.stderr], [0, '', 'There are none.\n'])
  })

  test('a list of a tenant that does not exist fails, and one without rows does not', async () => {
    const { id } = await rig.want(201, { method: 'POST', path: '/v1/tenants', body: { dialect: 'standard' } })
    for (const range of ['delivery list', `replay run ${id}`]) {
      const { code, stderr } = await run(...range.split(' '), '--from', '1h', '--to', '2h')
      assert.deepEqual([code, stderr], [2, 'posthorn: --from must be earlier than --to\n'])
    }
    for (const list of ['replay list', 'key list', 'endpoint list', 'endpoint list --search x', 'delivery list']) {
      const args = list.split(' ')
      const none = await run(...args, '--tenant', id)
      assert.deepEqual([none.code, none.stderr], [0, 'There are none.\n'], args.join(' '))
      const wrong = await run(...args, '--tenant', 'nope')
      const fault = 'posthorn: There is no tenant nope. (not_found)\n'
      assert.deepEqual([wrong.code, wrong.stdout, wrong.stderr], [1, '', fault], args.join(' '))
    }
  })
})

suite('endpoints, events and deliveries', { concurrency: 2 }, () => {
  test('an endpoint is created, changed, switched, tested, rotated and deleted', async () => {
    const { id: tenant } = await rig.tenant('standard')
    const url = `${rig.receiver.url}/${fresh('cli')}`
    const created = await text('endpoint', 'create', tenant, url, '--header', 'X-Team=voice', '--filter', 'region=eu')
    const id = /^id +(\S+)/.exec(created)?.[1] ?? ''
    for (const part of [/events +\*\n/, /filter region +eu\n/, /header X-Team +voice\n/, /secret 1 +whsec_/]) {
      assert.match(created, part)
    }
    assert.match(
      await text('endpoint', 'show', tenant, id),
      /header X-Team +\(not shown\)\n(.*\n)*secret 1 +\(not shown\)\n/,
    )
    assert.match(await text('endpoint', 'show', tenant, id, '--secrets'), /secret 1 +whsec_/)
    const changed = await json('endpoint', 'change', tenant, id, '--event', 'a.b', '--event', 'c.d', '--to', `${url}/2`)
    assert.deepEqual([changed['eventTypes'], changed['url']], [['a.b', 'c.d'], `${url}/2`])
    assert.equal((await json('endpoint', 'disable', tenant, id))['enabled'], false)
    assert.equal((await json('endpoint', 'enable', tenant, id))['enabled'], true)
    assert.match(await text('endpoint', 'rotate', tenant, id), /secret 1 +whsec_\S+\nsecret 2 +whsec_/)
    assert.match(
      await text('endpoint', 'show', tenant, id),
      /secret 1 +\(not shown\)\nsecret 2 +\(not shown\)\nsecret 2 signs until +20\d\d-\S+Z\n/,
    )
    assert.match(await text('endpoint', 'test', tenant, id), /type +webhook\.test\n/)
    assert.match(await text('endpoint', 'list', '--tenant', tenant), new RegExp(`${id}.*a.b c.d`))
    const stars = ['--event', 'order.*', '--event', '*', '--event', '*.foo*']
    const starred = await run('endpoint', 'change', tenant, id, ...stars)
    const forms = 'a pattern is an event type, a prefix such as order.*, or *'
    assert.deepEqual(
      [starred.code, starred.stderr],
      [0, `*.foo* matches only event types that have a * too: ${forms}\n`],
    )
    await text('endpoint', 'delete', tenant, id, '--yes')
    assert.equal((await json('endpoint', 'list', '--tenant', tenant)).data.length, 0)
  })

  test('a change of nothing is wrong use, and the message names what can be changed', async () => {
    const { code, stdout, stderr } = await run('endpoint', 'change', 'acme', 'ep_1')
    assert.deepEqual([code, stdout], [2, ''])
    assert.match(stderr, /^posthorn: nothing to change: give --event, --description, .*, --to\n$/)
  })

  test('a change of an endpoint shows no secret, and is no read of one', async () => {
    const tenant = await rig.tenant('standard')
    const { id } = await rig.endpoint(tenant, { headers: { 'X-Own': 'hidden-value' } })
    // Reads of one key in a minute are counted together.
    const own = await rig.want(201, { method: 'POST', path: '/v1/operator-keys', body: { name: 'own', role: 'admin' } })
    const runAs = async (...args: string[]): Promise<string> => {
      const as = { ...env, POSTHORN_KEY: (own as unknown as { key: string }).key }
      return (await command(['endpoint', ...args, tenant.id, id], { env: as, folder })).stdout
    }
    const reads = async (): Promise<number[]> => {
      const { data } = await rig.want(200, { path: `/v1/audit?tenant=${tenant.id}&action=secret.read` })
      const rows = data as unknown as { count: number; actor: { id: string } }[]
      return rows.filter(({ actor }) => actor.id === own.id).map(({ count }) => count)
    }
    for (const args of [['change', '--description', 'x'], ['disable'], ['enable'], ['enable', '--json']]) {
      const shown = await runAs(...args)
      assert.match(shown, new RegExp(id))
      assert.doesNotMatch(shown, /whsec_|hidden-value/)
    }
    assert.match(await runAs('show', '--secrets'), /whsec_/)
    await until(async () => (await reads()).length > 0, 'the read is recorded')
    assert.deepEqual(await reads(), [1])
  })

  test('an event is published with its exact numbers, and once with its id', async () => {
    const tenant = await rig.tenant('standard')
    const { path } = await rig.endpoint(tenant)
    const data = '{"id":12345678901234567890,"sum":1.10,"2":[1e3,{"a":"\\u00e9"}]}'
    const args = ['event', 'publish', tenant.id, eventType, '--id', fresh('id'), '--attribute', 'region=eu']
    const published = await command([...args, '--data-file', '-', '--json'], { env, folder, stdin: data })
    assert.equal((JSON.parse(published.stdout) as { deliveries: number }).deliveries, 1, published.stderr)
    assert.match(await text(...args, '--data', data), /duplicate +true\n/)
    const [request] = await rig.received(path, 1)
    const body = String(request?.body)
    for (const number of ['12345678901234567890', '1.10', '1e3']) assert.ok(body.includes(number), body)
    for (const [option, wrong, says] of [
      ['--data', '{', /^posthorn: --data is not JSON: .*\n$/],
      ['--data', '5', /^posthorn: --data must be a JSON object\n$/],
      ['--data', '', /^posthorn: --data is empty: give a JSON object\n$/],
      ['--data-file', '-', /^posthorn: stdin is empty: give a JSON object\n$/],
      ['--data-file', 'notes.md', /^posthorn: --data-file notes\.md is not JSON: .*\n$/],
      ['--data-file', 'nowhere', /^posthorn: --data-file nowhere does not exist\n$/],
      ['--data-file', '.', /^posthorn: --data-file \. is a folder: give a file\n$/],
    ] as const) {
      const refused = await run('event', 'publish', tenant.id, eventType, option, wrong)
      assert.equal(refused.code, 2)
      assert.match(refused.stderr, says)
    }
  })

  test('a delivery is shown with its attempts and the text of its receiver, which cannot command the terminal', async () => {
    const tenant = await rig.tenant('standard')
    const { path } = await rig.endpoint(tenant)
    const evil = '\u001b]0;owned\u0007\u001b[2J\u009b31m\u202etxt\u2028 <b>'
    rig.behaviours.set(path, () => ({ status: 500, body: evil }))
    const event = await rig.event(tenant)
    await until(
      async () => (await json('delivery', 'list', '--tenant', tenant.id, '--failing')).data.length === 1,
      event,
    )
    const [row] = (await json('delivery', 'list', '--tenant', tenant.id)).data
    const id = String(row?.['id'])
    for (const args of [
      ['delivery', 'show', id],
      ['delivery', 'show', id, '--json'],
    ]) {
      const shown = await text(...args)
      assert.match(shown, /owned/)
      assert.doesNotMatch(shown, /(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
    }
    const { history } = (await json('delivery', 'show', id)) as unknown as { history: { response: string }[] }
    assert.equal(history[0]?.response, evil, 'programs get the text itself')
    rig.behaviours.delete(path)
    await text('delivery', 'retry', id)
    await until(async () => (await json('delivery', 'show', id))['status'] === 'delivered', 'it is delivered')
  })

  test('names of strangers cannot command the terminal', async () => {
    const { id } = await rig.want(201, {
      method: 'POST',
      path: '/v1/tenants',
      body: { dialect: 'standard', name: 'A\u009b31m\u202eB' },
    })
    assert.match(await text('tenant', 'list', '--search', id), /A\\u\{9b\}31m\\u\{202e\}B/)
    assert.match(await text('tenant', 'show', id), /A\\u\{9b\}31m\\u\{202e\}B/)
  })
})

suite('a replay', { concurrency: 2 }, () => {
  async function withDeliveries(count: number): Promise<{ tenant: string; path: string }> {
    const tenant = await rig.tenant('standard')
    const { path } = await rig.endpoint(tenant)
    const events = Array.from({ length: count }, () => ({ tenant: tenant.id, type: eventType, data: {} }))
    await rig.want(202, { method: 'POST', path: '/v1/events/batch', body: { events } })
    await rig.received(path, count)
    return { tenant: tenant.id, path }
  }

  test('without --yes it only counts; with it, it sends them again', async () => {
    const { tenant, path } = await withDeliveries(3)
    const delivered = ['--status', 'delivered', '--from', '1h']
    await until(async () => (await json('replay', tenant, ...delivered))['state'] === 'preview', 'a preview')
    const preview = await run('replay', tenant, ...delivered)
    assert.equal(preview.code, 0)
    assert.match(preview.stdout, /state +preview\n(.*\n)*matches +3\n/)
    assert.match(preview.stderr, /^Delivered ones are pending again: /)
    assert.match(preview.stderr, /Nothing is sent\. The same command with --yes sends them\.\n$/)
    assert.match(await text('replay', tenant, ...delivered, '--yes'), /state +done\n(.*\n)*sent +3\n/)
    await rig.received(path, 6)
    const [first] = (await json('replay', 'list', '--tenant', tenant)).data
    assert.equal((await json('replay', 'show', String(first?.['id'])))['state'], 'done')
  })

  test('Ctrl-C cancels it and says its id', async () => {
    const { tenant } = await withDeliveries(30)
    const args = ['replay', tenant, '--status', 'delivered', '--from', '1h', '--rate', '1', '--yes', '--json']
    const running = startCommand(args, { env, folder })
    await until(async () => {
      const [first] = (await json('replay', 'list', '--tenant', tenant)).data
      return first?.['state'] === 'running'
    }, 'it runs')
    running.signal('SIGINT')
    const { code, stdout, stderr } = await running.ended()
    const { id, state } = JSON.parse(stdout) as { id: string; state: string }
    assert.deepEqual([code, state], [1, 'cancelled'])
    assert.match(stderr, new RegExp(`Cancelled: ${id}\n`))
  })
})

test('tail prints attempts as they happen, for people and for programs', async () => {
  const tenant = await rig.tenant('standard')
  const { path, id } = await rig.endpoint(tenant)
  const tails = [
    startCommand(['tail', '--tenant', tenant.id], { env, folder }),
    startCommand(['tail', '--tenant', tenant.id, '--endpoint', id, '--failures', '--json'], { env, folder }),
  ]
  rig.behaviours.set(path, () => ({ status: 503 }))
  await until(async () => {
    await rig.event(tenant)
    return tails.every((tail) => tail.stdout() !== '')
  }, 'an attempt is shown')
  for (const tail of tails) tail.signal('SIGINT')
  const [people, programs] = await Promise.all(tails.map((tail) => tail.ended()))
  assert.deepEqual([people?.code, programs?.code], [0, 0], people?.stderr ?? '')
  for (const ended of [people, programs]) {
    const { stderr = '' } = ended ?? {}
    assert.ok(stderr.startsWith(`Waiting for attempts of ${rig.server.url}. Ctrl-C ends it.\n`), stderr)
  }
  assert.match(people?.stdout ?? '', new RegExp(`^[\\d:.]+  503 +\\d+ ms  ${tenant.id}  ${id}  ${eventType}  `))
  const [line = ''] = (programs?.stdout ?? '').split('\n')
  const row = JSON.parse(line) as Record<string, unknown>
  assert.deepEqual([row['tenant'], row['httpStatus'], row['outcome']], [tenant.id, 503, 'rejected'])
})

test('tail continues when the server is back, and ends when its key is revoked', async (t) => {
  const place = await runFolder(t)
  const loose = { POSTHORN_ALLOW_HTTP: 'on', POSTHORN_ALLOW_NETWORKS: '127.0.0.0/8' }
  const settings = { ...loose, POSTHORN_PORT: String(await freePort()), POSTHORN_OPERATOR_KEY: key }
  const first = serve(t, place, settings)
  const url = await first.serving()
  const call = async (method: string, path: string, body?: object): Promise<{ id: string; key: string }> => {
    const headers = { authorization: `Bearer ${key}`, ...(body && { 'content-type': 'application/json' }) }
    const response = await fetch(url + path, { method, headers, body: body ? JSON.stringify(body) : null })
    return (response.status === 204 ? {} : await response.json()) as { id: string; key: string }
  }
  const reader = await call('POST', '/v1/operator-keys', { name: 'tail', role: 'read' })
  const tail = startCommand(['tail'], { env: { POSTHORN_URL: url, POSTHORN_KEY: reader.key }, folder })
  t.after(() => tail.signal('SIGKILL'))
  const path = `/v1/tenants/${(await call('POST', '/v1/tenants', { dialect: 'standard' })).id}/endpoints`
  const { id } = await call('POST', path, { url: `${rig.receiver.url}/tail`, eventTypes: ['*'] })
  await until(async () => {
    await call('POST', `${path}/${id}/test`, {})
    return tail.stdout() !== ''
  }, 'it prints')
  first.child.kill('SIGKILL')
  await until(() => tail.stderr().includes('is lost'), 'it says so')
  await serve(t, place, settings).serving()
  await until(() => tail.stderr().includes('The connection is back.'), 'it is back')
  await call('DELETE', `/v1/operator-keys/${reader.id}`)
  const { code, stderr } = await tail.ended()
  assert.equal(code, 1)
  assert.match(stderr, /posthorn: The key is not known\. The key comes from POSTHORN_KEY\. \(unauthenticated\)\n$/)
})

test('colours are for terminals, and NO_COLOR switches them off', async () => {
  const { id } = await rig.tenant('standard')
  const args = ['tenant', 'list', '--search', id]
  const colour = await command(args, { env: { ...env, FORCE_COLOR: '1' }, folder })
  assert.ok(colour.stdout.startsWith('\u001b[1mid'), colour.stdout)
  for (const more of [{}, { NO_COLOR: '1' }]) {
    const plain = await command(args, { env: { ...env, ...more }, folder })
    assert.match(plain.stdout, /^id +dialect/)
  }
})
