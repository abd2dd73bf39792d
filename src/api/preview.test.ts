// Previews of events: what a dialect would send, held against what it does send.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { shareApiRig } from '../../test/support/api-rig.ts'
import { registry } from '../dialects/registry.ts'

const rig = await shareApiRig()
after(() => rig.close())

interface Header {
  readonly name: string
  readonly value: string
}

const preview = (dialect: string, body: unknown, status = 200) =>
  rig.want(status, { method: 'POST', path: `/v1/dialects/${dialect}/preview`, body })

/** A body without the ids and times that are new in each event. */
const withoutNewValues = (body: string): string =>
  body
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+(?:Z|\+00:00)/g, 'time')
    .replaceAll(/\b1[0-9]{9}(?:[0-9]{3})?\b/g, 'time')
    .replaceAll(/[\w-]*(?:[0-9a-f]{8}-[0-9a-f-]{27}|_[\w-]{16,})/g, 'id')

for (const { dialect } of registry) {
  test(`${dialect.name}: the request has the headers and the body of a delivery`, async () => {
    const type = dialect.eventTypes[0]?.name ?? 'order.paid'
    const data = { n: 1, name: 'größe' }
    const made = await preview(dialect.name, { type, data })
    const { id } = await rig.want(201, { method: 'POST', path: '/v1/tenants', body: { dialect: dialect.name } })
    const tenant = { id, dialect: dialect.name, key: '', keyId: '' }
    const endpoint = await rig.endpoint(tenant, { eventTypes: [type] })
    await rig.event(tenant, { type, data })
    const [sent] = await rig.received(endpoint.path, 1)
    assert.ok(sent)
    const headers = made['headers'] as readonly Header[]
    assert.deepEqual(
      headers.map(({ name }) => name.toLowerCase()),
      Object.keys(sent.headers),
    )
    const value = new Map(headers.map((header) => [header.name.toLowerCase(), header.value]))
    assert.equal(value.get('posthorn-delivery'), sent.headers['posthorn-delivery'])
    assert.equal(value.get('host'), 'example.com')
    assert.equal(value.get('content-length'), String(Buffer.byteLength(made['body'] as string)))
    assert.equal(made['method'], sent.method)
    assert.equal(withoutNewValues(made['body'] as string), withoutNewValues(sent.body.toString()))
  })
}

test('the data is sent byte for byte, and nothing is stored', async () => {
  const raw = '{"type":"a.b","data":{"n":1.0,"n":2e3}}'
  const { text } = await rig.ask({ method: 'POST', path: '/v1/dialects/standard/preview', raw })
  assert.ok((JSON.parse(text) as { body: string }).body.includes('{"n":1.0,"n":2e3}'))
  assert.deepEqual((await rig.want(200, { path: '/v1/events?type=a.b' })).data, [])
})

test('the settings of the tenant choose the catalogue', async () => {
  const type = 'invoice.validated'
  const namesOf = ({ headers }: Record<string, unknown>) => (headers as readonly Header[]).map(({ name }) => name)
  const [one, other] = [undefined, { family: 'B' }].map((settings) => preview('storno', { type, data: {}, settings }))
  assert.notDeepEqual(namesOf((await one) ?? {}), namesOf((await other) ?? {}))
})

test('what the dialect refuses is refused with the field', async () => {
  const fieldsOf = async (dialect: string, body: unknown) =>
    (await preview(dialect, body, 400))['errors'] as { field: string; message: string }[]
  const [unknown] = await fieldsOf('allo', { type: 'unknown', data: {} })
  assert.equal(unknown?.field, 'type')
  assert.match(
    unknown.message,
    /^is not in the event catalogue of allo, which has call\.received, .*, summary\.updated$/,
  )
  const [ofMany] = await fieldsOf('storno', { type: 'unknown', data: {} })
  assert.match(
    ofMany?.message ?? '',
    /^is not in the event catalogue of storno, which has (?:\S+, ){11}\S+ and \d+ more$/,
  )
  assert.deepEqual(
    (await fieldsOf('storno', { type: 'invoice.validated', data: {}, settings: { family: 'C', x: '1' } })).map(
      ({ field }) => field,
    ),
    ['settings.family', 'settings.x'],
  )
  assert.deepEqual(
    (await fieldsOf('allo', { type: 'x', data: [] })).map(({ field }) => field),
    ['data'],
  )
  await preview('unknown', { type: 'x', data: {} }, 404)
  const { key } = await rig.want(201, { method: 'POST', path: '/v1/operator-keys', body: { name: 'R', role: 'read' } })
  const body = { type: 'x', data: {} }
  await rig.want(200, { method: 'POST', path: '/v1/dialects/standard/preview', body, key })
})
