// Fields of endpoints that only the product knows, and filters, on a running server: stored, checked, shown, matched.

import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { acme, type DialectRig, startDialect } from '../../../test/support/dialect-rig.ts'
import { DefinitionError } from '../definition-error.ts'
import { change, create, get, list, remove, replace } from '../operations/operations.ts'

const labels = { type: 'object', additionalProperties: { type: 'string', maxLength: 5 } }

/** Hooks of a repository of an owner, in a region that the query names. */
const hooks = acme({
  endpoint: {
    id: { is: 'id' },
    owner: { is: 'filter', attribute: 'owner', from: 'path', on: 'create!', shown: 'never' },
    repo: { is: 'detail', from: 'path', on: 'create!' },
    region: { is: 'detail', from: 'query', on: 'create', schema: { enum: ['eu', 'us'] } },
    name: { is: 'detail', on: 'create! change', schema: { minLength: 1, maxLength: 10 } },
    kind: { is: 'detail', on: 'create', default: 'web', schema: { enum: ['web', 'mail'] } },
    note: { is: 'detail', on: 'create change', nullable: true },
    labels: { is: 'detail', on: 'create change', default: {}, schema: labels },
    'config.url': { is: 'url', on: 'create! change' },
    'config.rate': { is: 'detail', on: 'create change', schema: { type: 'integer', maximum: 9 } },
    events: { is: 'eventTypes', on: 'create! change' },
    branch: { is: 'filter', attribute: 'branch', orInData: 'ref.name', on: 'create change', list: true },
    team: { is: 'filter', attribute: 'team', orInData: true, on: 'create change', as: 'number', nullable: true },
  },
  routes: {
    'GET    /acme/{owner}/{repo}/hooks': list({ wrap: 'hooks' }),
    'POST   /acme/{owner}/{repo}/hooks': create(),
    'GET    /acme/{owner}/{repo}/hooks/{id}': get(),
    'PATCH  /acme/{owner}/{repo}/hooks/{id}': change(),
    'PUT    /acme/{owner}/{repo}/hooks/{id}': replace(),
    'DELETE /acme/{owner}/{repo}/hooks/{id}': remove(),
  },
  rules: { uniqueKey: ({ details }) => `${String(details['repo'])} ${String(details['name'])}` },
})

const path = '/acme/me/first/hooks'
const events = ['order.paid']

suite('details', () => {
  let rig: DialectRig
  const ends: (() => unknown)[] = []
  before(async () => {
    rig = await startDialect({ after: (end) => ends.push(end as () => unknown) }, hooks)
  })
  after(async () => {
    for (const end of ends) await end()
  })
  let last = 0
  const body = (more: object = {}) => ({
    name: `hook ${++last}`,
    events,
    config: { url: `${rig.receiver.url}/in/${last}` },
    ...more,
  })

  test('are stored with the endpoint and shown in their place, with their defaults', async () => {
    const asked = body({ labels: { plan: 'gold' }, config: { url: 'https://example.com/', rate: 3 } })
    const { id, ...shown } = await rig.want(201, 'POST', `${path}?region=eu`, { body: asked })
    const expected = { repo: 'first', region: 'eu', kind: 'web', note: null, branch: [], team: null, ...asked }
    assert.deepEqual(shown, expected)
    assert.deepEqual(await rig.want(200, 'GET', `${path}/${String(id)}`), { id, ...expected })
    const plain = body()
    const { id: _id, ...rest } = await rig.want(201, 'POST', path, { body: plain })
    const { region: _region, ...others } = expected
    assert.deepEqual(rest, { ...others, labels: {}, ...plain })
  })

  test('are changed alone, and are as in a new endpoint after a replacement', async () => {
    const { id, name, config } = await rig.want(201, 'POST', path, { body: body({ note: 'n', labels: { a: 'b' } }) })
    const one = `${path}/${String(id)}`
    const changed = await rig.want(200, 'PATCH', one, { body: { labels: { c: 'd' }, branch: ['main'], team: 5 } })
    assert.partialDeepStrictEqual(changed, { name, note: 'n', labels: { c: 'd' }, branch: ['main'], team: 5, config })
    const again = await rig.want(200, 'PATCH', one, { body: { note: null, team: 6 } })
    assert.partialDeepStrictEqual(again, { note: null, labels: { c: 'd' }, branch: ['main'], team: 6 })
    const replaced = await rig.want(200, 'PUT', one, { body: { name, events, config } })
    assert.partialDeepStrictEqual(replaced, { repo: 'first', note: null, labels: {}, branch: [], team: null, config })
  })

  test('are checked by their schemas, and faults name them as the product does', async () => {
    const cases: readonly (readonly [more: object, fault: string])[] = [
      [{ name: undefined }, 'name required'],
      [{ name: '' }, 'name length'],
      [{ name: 5 }, 'name type'],
      [{ kind: 'sms' }, 'kind choice'],
      [{ labels: { plan: 'too long' } }, 'labels.plan length'],
      [{ config: { url: 'https://example.com/', rate: 10 } }, 'config.rate range'],
      [{ config: { url: 'nowhere' } }, 'config.url format'],
      [{ config: {} }, 'config.url required'],
      [{ branch: ['x'.repeat(257)] }, 'branch length'],
      [{ note: 'n'.repeat(17_000) }, 'note length'],
    ]
    for (const [more, fault] of cases) {
      const answer = await rig.ask('POST', path, { body: body(more) })
      assert.equal(answer.status, 400, fault)
      assert.deepEqual(answer.body['faults'], [fault])
    }
    assert.deepEqual((await rig.ask('POST', `${path}?region=mars`, { body: body() })).status, 400)
  })

  test('of the path and the query are those of the only requests for which an endpoint exists', async () => {
    const { id } = await rig.want(201, 'POST', `${path}?region=eu`, { body: body({ owner: 'other', repo: 'other' }) })
    const one = String(id)
    for (const place of [`/acme/me/other/hooks/${one}`, `/acme/other/first/hooks/${one}`, `${path}/${one}?region=us`]) {
      for (const method of ['GET', 'PATCH', 'DELETE']) {
        const answer = await rig.ask(method, place, method === 'PATCH' ? { body: { note: 'mine' } } : {})
        assert.equal(answer.status, 404, `${method} ${place}`)
      }
    }
    const ids = async (place: string): Promise<unknown[]> =>
      ((await rig.want(200, 'GET', place))['hooks'] as { id: string }[]).map((hook) => hook.id)
    assert.ok((await ids(path)).includes(one))
    assert.deepEqual(await ids('/acme/me/other/hooks'), [])
    assert.ok(!(await ids(`${path}?region=us`)).includes(one))
    assert.ok((await ids(`${path}?region=eu`)).includes(one))
    await rig.want(200, 'GET', `${path}/${one}?region=eu`)
    assert.equal((await rig.ask('DELETE', `${path}/${one}`)).status, 204)
  })

  test('decide with others which endpoints are alike', async () => {
    const same = body()
    await rig.want(201, 'POST', path, { body: same })
    assert.equal((await rig.ask('POST', path, { body: same })).status, 409)
    await rig.want(201, 'POST', '/acme/me/second/hooks', { body: same })
  })

  test('are shown, checked and kept by the operator API', async () => {
    const { id } = await rig.want(201, 'POST', path, { body: body({ branch: ['main', 'next'] }) })
    const one = `/v1/tenants/${rig.tenant}/endpoints/${String(id)}`
    const { body: shown } = await rig.operator.call('GET', one)
    assert.partialDeepStrictEqual(shown, {
      details: { repo: 'first', kind: 'web', labels: {} },
      filters: { owner: 'me', branch: ['main', 'next'] },
    })
    const changed = await rig.operator.call('PATCH', one, { details: { note: 'by the operator' } })
    assert.partialDeepStrictEqual(changed.body, { details: { repo: 'first', note: 'by the operator' } })
    const refused = async (details: object): Promise<unknown> => {
      const { status, body: problem } = await rig.operator.call('PATCH', one, { details })
      assert.equal(status, 400)
      return (problem as { errors: { field: string }[] }).errors.map(({ field }) => field)
    }
    assert.deepEqual(await refused({ note: 5, size: 1 }), ['details.note', 'details.size'])
    assert.deepEqual(await refused({ repo: 'second' }), ['details.repo'])
    const all = `/v1/tenants/${rig.tenant}/endpoints`
    const fields = { url: 'https://example.com/', eventTypes: events }
    assert.equal((await rig.operator.call('POST', all, fields)).status, 400)
    const listed = await rig.operator.call('PATCH', one, { filters: { owner: ['me', 'you'] } })
    assert.equal(listed.status, 400)
  })
})

test('filters select events by attributes and by members of the data, with one value or any of several', async (t) => {
  const rig = await startDialect(t, hooks)
  const hook = async (name: string, more: object): Promise<void> => {
    const config = { url: `${rig.receiver.url}/${name}` }
    await rig.want(201, 'POST', path, { body: { name, events, config, ...more } })
  }
  await hook('all', {})
  await hook('branches', { branch: ['main', 'next'] })
  await hook('team', { team: 5 })
  await hook('both', { branch: ['next'], team: 5 })
  const post = async (data: object, attributes: object = { owner: 'me' }): Promise<readonly string[]> => {
    const known = rig.receiver.requests.length
    const { status, body } = await rig.operator.postEvent({
      tenant: rig.tenant,
      type: 'order.paid',
      data,
      attributes: attributes as Record<string, string>,
    })
    assert.equal(status, 202)
    const { deliveries } = body as { deliveries: number }
    const arrived = await rig.receiver.untilReceived(known + deliveries)
    return arrived
      .slice(known)
      .map((request) => request.path.slice(1))
      .toSorted()
  }
  assert.deepEqual(await post({}), ['all'])
  assert.deepEqual(await post({}, { owner: 'you' }), [])
  assert.deepEqual(await post({}, {}), [])
  assert.deepEqual(await post({ ref: { name: 'main' }, team: 4 }), ['all', 'branches'])
  assert.deepEqual(await post({ ref: { name: 'next' }, team: 5 }), ['all', 'both', 'branches', 'team'])
  assert.deepEqual(await post({ ref: { name: 'main' } }, { owner: 'me', branch: 'other', team: '5' }), ['all', 'team'])
  assert.deepEqual(await post({ ref: 'main', team: { id: 5 } }), ['all'])
})

test('a product may allow fewer endpoints than Posthorn', async (t) => {
  const rig = await startDialect(t, acme({ rules: { endpointsMax: 2 }, routes: { 'POST /acme/hooks': create() } }))
  const hook = (index: number) => ({ body: { url: `https://example.com/${index}`, events } })
  const answers = await Promise.all([1, 2, 3].map(async (index) => rig.ask('POST', '/acme/hooks', hook(index))))
  assert.deepEqual(
    answers.map(({ status }) => status).toSorted((one, other) => one - other),
    [201, 201, 409],
  )
  const refused = answers.find(({ status }) => status === 409)
  assert.deepEqual(refused?.body['message'], 'The tenant has as many endpoints as it may have.')
})

test('a field map with a detail that cannot work is refused', () => {
  const wrong = (more: object, message: RegExp): void => {
    assert.throws(
      () => acme({ endpoint: { id: { is: 'id' }, x: { is: 'detail', ...more } } as never }),
      (error) => {
        assert.ok(error instanceof DefinitionError)
        assert.match(error.message, message)
        return true
      },
    )
  }
  wrong({ default: 5, on: 'create' }, /^endpoint\.x\.default: must be a value that the schema accepts/)
  wrong({ from: 'path', on: 'create' }, /^endpoint\.x\.from: no path of the routes has the parameter \{x\}/)
  wrong({ from: 'path' }, /^endpoint\.x\.on: a value of the path is taken on create/)
  wrong({ from: 'query', on: 'create change' }, /^endpoint\.x\.on: a value of the query is taken on create/)
})
