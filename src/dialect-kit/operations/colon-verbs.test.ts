// Paths whose last segment ends with a colon and a verb: `/hooks/{id}:enable`.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { acme, startDialect } from '../../../test/support/dialect-rig.ts'
import { create, get, list, remove, rotate } from './operations.ts'
import { count, disable, enable } from './verbs.ts'

const verbs = acme({
  api: { title: 'Acme', version: '1', prefixes: ['/acme/hooks'] },
  endpoint: {
    id: { is: 'detail', key: true, on: 'create!' },
    url: { is: 'url', on: 'create!' },
    events: { is: 'eventTypes', on: 'create!' },
    active: { is: 'enabled' },
    secret: { is: 'secret', shown: 'create rotate' },
  },
  routes: {
    'GET /acme/hooks': list({ wrap: 'hooks' }),
    'GET /acme/hooks:count': count(),
    'POST /acme/hooks': create(),
    'GET /acme/hooks/{id}': get(),
    'DELETE /acme/hooks/{id}': remove(),
    'POST /acme/hooks/{id}:enable': enable(),
    'POST /acme/hooks/{id}:disable': disable(),
    'POST /acme/hooks/{id}/secret:rotate': rotate(),
    'GET /acme/hooks/{id}.json': get({ operationId: 'getWebhookFile' }),
  },
})

test('the verb is no part of the id', async (t) => {
  const { ask, want } = await startDialect(t, verbs)
  for (const id of ['a', 'a:b', 'a.b/c', ':enable']) {
    const path = `/acme/hooks/${encodeURIComponent(id)}`
    await want(201, 'POST', '/acme/hooks', { body: { id, url: 'https://example.com/', events: ['order.paid'] } })
    assert.equal((await want(200, 'POST', `${path}:disable`))['active'], false)
    assert.equal((await want(200, 'GET', path))['active'], false)
    assert.equal((await want(200, 'POST', `${path}:enable`))['active'], true)
    assert.equal((await want(200, 'GET', `${path}.json`))['id'], id)
    assert.match(String((await want(200, 'POST', `${path}/secret:rotate`))['secret']), /^sec_/)
  }
  assert.deepEqual(await want(200, 'GET', '/acme/hooks:count'), { count: 4 })
  assert.equal((await ask('POST', '/acme/hooks/absent:enable')).status, 404)
  const wrong = await ask('GET', '/acme/hooks/a:enable')
  assert.deepEqual([wrong.status, wrong.headers['allow']], [405, 'POST'])
})

test('the document has the paths as they are written, and unknown ones get the errors of the dialect', async (t) => {
  const { ask, document, want } = await startDialect(t, verbs)
  const written = Object.keys(verbs.definition.routes).map((at) => at.split(' ')[1])
  assert.deepEqual(new Set(Object.keys(document.paths)), new Set(written))
  const unknown = await ask('GET', '/acme/hooks:nothing')
  const { body } = await ask('GET', '/acme/hooks/nothing/at/all')
  assert.deepEqual([unknown.status, Object.keys(unknown.body)], [404, Object.keys(body)])
  assert.deepEqual(await want(200, 'GET', '/acme/hooks'), { hooks: [] })
})
