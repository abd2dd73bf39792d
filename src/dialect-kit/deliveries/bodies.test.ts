// The bodies of deliveries, read by parsers that did not write them.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createHmac, createPublicKey } from 'node:crypto'
import { suite, test } from 'node:test'
import { jwtVerify } from 'jose'
import type { Message } from '../../contracts/delivery-dialect.ts'
import { textKey } from '../../signing/hmac.ts'
import { newKeyPair, privateKeyOf } from '../../signing/key-pairs.ts'
import { type AttemptBodyForm, choose, contentTypeOf, empty, json, jwtBody } from './body.ts'
import { cloudEvents } from './cloud-events.ts'
import { form, multipart } from './form-bodies.ts'
import type { Attempting, Sending } from './part-types.ts'
import { computed, delivery, endpoint, event, sentAt, tenant, text, when } from './parts.ts'
import { signature } from './signatures.ts'
import { hmac } from './signers.ts'
import { xml } from './xml.ts'

const data =
  '{"total":1.0,"big":12345678901234567890,"tags":["a","b"],"who":{"name":"Zoë & <Co>","none":null},"ok":true}'
const message = {
  tenant: { id: 'ten_1', settings: { region: 'eu' } },
  event: { id: 'evt_1', type: 'order.paid', data, occurredAt: 1_769_860_800_123, acceptedAt: 1_769_860_800_456 },
  delivery: '019aeb1c-ffff-7fff-bfff-ffffffff0001',
  endpoint: { id: 'ep_1', url: 'https://example.com/', description: null, details: { version: 2, off: false } },
} as unknown as Message
const attempt: Attempting = { keys: [textKey('key')], sentAt: 1_796_000_000_789 }

const about = (eventData: string): Message => ({ ...message, event: { ...message.event, data: eventData } })

suite('JSON', () => {
  test('has arrays, nested parts and any value at the top', () => {
    const made = json({ live: 'false', items: [{ item: { type: event.type, ids: [event.id, 1, null, []] } }] })
    assert.equal(
      made.encode(message),
      '{"live":"false","items":[{"item":{"type":"order.paid","ids":["evt_1",1,null,[]]}}]}',
    )
    assert.equal(json(event.data).encode(message), data)
    assert.equal(json([event.data], { contentType: 'application/x+json' }).encode(message), `[${data}]`)
    assert.equal(json([event.data], { contentType: 'application/x+json' }).contentType, 'application/x+json')
  })

  test('has members of the data byte for byte, and settings of the tenant', () => {
    const made = json({
      big: event.member('big'),
      name: event.member('who.name'),
      list: event.member('tags'),
      none: event.member('who.none.deeper'),
      other: event.member('constructor'),
      region: tenant.setting('region'),
      details: [endpoint.detail('version'), endpoint.detail('off'), endpoint.detail('constructor')],
      link: text('https://app.example.com/events/', event.id),
    })
    assert.equal(
      made.encode(message),
      '{"big":12345678901234567890,"name":"Zoë & <Co>","list":["a","b"],"none":null,"other":null,"region":"eu",' +
        '"details":[2,false,null],' +
        '"link":"https://app.example.com/events/evt_1"}',
    )
    assert.equal(event.member('who.name').text(message), 'Zoë & <Co>')
    assert.equal(event.member('total').text(message), '1.0')
    assert.equal(event.member('who.none').text(message), null)
  })

  test('may have the members of the data in the body itself', () => {
    const made = json({ type: event.type, '...': event.data })
    assert.equal(made.encode(about('{"a":1.0, "b":{}}')), '{"type":"order.paid","a":1.0, "b":{}}')
    assert.equal(made.encode(about(' { } ')), '{"type":"order.paid"}')
    assert.equal(json({ '...': event.data }).encode(about('{"a":1}')), '{"a":1}')
    assert.throws(() => json({ '...': 'text' }), /the member \.\.\. must be a part/)
    assert.throws(() => made.encode(about('[1]')), /not an object/)
  })

  test('differs between attempts only where that is declared', () => {
    const made = json.perAttempt({
      sent: sentAt.unixMilliseconds,
      attempt: delivery.attempt,
      first: delivery.firstSentAt.unixSeconds,
      reason: delivery.retryReason(({ kind }) => kind),
      signature: signature(hmac({ over: [sentAt.unixSeconds, event.id] })),
      data: event.data,
    })
    const signed = createHmac('sha256', 'key').update('1796000000evt_1').digest('hex')
    assert.equal(
      made.encode(message, attempt),
      `{"sent":1796000000789,"attempt":1,"first":1796000000,"reason":null,"signature":"${signed}","data":${data}}`,
    )
    const earlier = { firstStartedAt: 1_795_000_000_000, lastOutcome: { kind: 'timedOut', phase: 'body' } } as const
    assert.match(
      made.encode({ ...message, attempt: 3, earlier }, attempt),
      /"attempt":3,"first":1795000000,"reason":"timedOut"/,
    )
    assert.deepEqual([made.perAttempt, made.needsEarlier], [true, true])
    // @ts-expect-error a body that is the same on every attempt has no time of sending
    assert.throws(() => json({ sent: sentAt.unixSeconds }), /differs between attempts/)
    // @ts-expect-error nor a signature
    assert.throws(() => json({ signature: signature(hmac({ over: [event.id] })) }), /differs between attempts/)
    // @ts-expect-error a signature over the body cannot stand in it
    json.perAttempt({ signature: signature(hmac()) })
  })
})

suite('a form', () => {
  test('has fields of parts, and JSON in a field, as GitHub has it', () => {
    const made = form({ payload: json({ type: event.type, data: event.data }), kind: 'a&b', of: event.attribute('x') })
    assert.equal(made.contentType, 'application/x-www-form-urlencoded')
    assert.deepEqual(
      [...new URLSearchParams(made.encode(message))],
      [
        ['payload', `{"type":"order.paid","data":${data}}`],
        ['kind', 'a&b'],
      ],
    )
  })

  test('may have the members of the data as its fields, with brackets', () => {
    assert.deepEqual(
      [...new URLSearchParams(form(event.data).encode(message))],
      [
        ['total', '1.0'],
        ['big', '12345678901234567890'],
        ['tags[]', 'a'],
        ['tags[]', 'b'],
        ['who[name]', 'Zoë & <Co>'],
        ['who[none]', ''],
        ['ok', 'true'],
      ],
    )
  })

  test('in parts is read by the parser of fetch, and carries a signature of its attempt', async () => {
    const made = multipart.perAttempt({
      json: json.perAttempt({ event: { event_hash: signature(hmac({ over: [event.type] })) } }),
      'odd "name"': 'line\r\nbreak -- 1',
    })
    const type = contentTypeOf(made, message) ?? ''
    const response = new Response(made.encode(message, attempt), { headers: { 'content-type': type } })
    const fields = await response.formData()
    const hash = createHmac('sha256', 'key').update('order.paid').digest('hex')
    assert.equal(fields.get('json'), `{"event":{"event_hash":"${hash}"}}`)
    assert.equal(fields.get('odd "name"'), 'line\r\nbreak -- 1')
    assert.equal(made.encode(message, attempt), made.encode(message, attempt))
  })
})

test('XML is read by another parser, and has no character that XML forbids', (t) => {
  const made = xml('order', {
    id: event.id,
    line: [event.type, 'second & last'],
    nested: { at: event.occurredAt.iso },
    '...': event.data,
  })
  const odd = '{"a\\u0000b":"x\\u0001y","2nd":"\\ud800 ]]> \\r\\n <b>","list":[1.50,[2]],"o":{}}'
  assert.throws(() => xml('a b', 'text'), /no name of an XML element/)
  const script = `
import sys, json, xml.etree.ElementTree as tree
shape = lambda e: [e.tag, e.text or '', [shape(c) for c in e]]
print(json.dumps([shape(tree.fromstring(text.encode())) for text in json.load(sys.stdin)]))`
  const { status, stdout, error } = spawnSync('python3', ['-c', script], {
    input: JSON.stringify([made.encode(message), xml('odd', event.data).encode(about(odd))]),
    encoding: 'utf8',
  })
  if (error !== undefined) return t.skip('python3 is not installed')
  assert.equal(status, 0)
  const [order, oddOne] = JSON.parse(stdout) as unknown[]
  assert.deepEqual(order, [
    'order',
    '',
    [
      ['id', 'evt_1', []],
      ['line', 'order.paid', []],
      ['line', 'second & last', []],
      ['nested', '', [['at', '2026-01-31T12:00:00.123Z', []]]],
      ['total', '1.0', []],
      ['big', '12345678901234567890', []],
      ['tags', 'a', []],
      ['tags', 'b', []],
      [
        'who',
        '',
        [
          ['name', 'Zoë & <Co>', []],
          ['none', '', []],
        ],
      ],
      ['ok', 'true', []],
    ],
  ])
  assert.deepEqual(oddOne, [
    'odd',
    '',
    [
      ['a_b', 'x\ufffdy', []],
      ['_2nd', '\ufffd ]]> \r\n <b>', []],
      ['list', '1.50', []],
      ['list', '2', []],
      ['o', '', []],
    ],
  ])
})

suite('CloudEvents', () => {
  const source = 'https://api.example.com'

  test('in the structured form have everything in the body', () => {
    const made = cloudEvents.structured({ source, attributes: { subject: tenant.id } })
    assert.match(String(made.contentType), /^application\/cloudevents\+json/)
    assert.equal(
      made.encode(message),
      `{"specversion":"1.0","id":"evt_1","source":"${source}","type":"order.paid","time":"2026-01-31T12:00:00.123Z",` +
        `"subject":"ten_1","datacontenttype":"application/json","data":${data}}`,
    )
  })

  test('in the binary form have attributes in headers, with percent codes', () => {
    const made = cloudEvents.binary({ source, type: 'com.example.größe "€" 100%' })
    assert.equal(made.encode(message), data)
    const headers = Object.entries(made.headers ?? {}).map(([name, part]) => [
      name,
      typeof part === 'string' ? part : part.text(message, attempt as Sending),
    ])
    assert.deepEqual(Object.fromEntries(headers), {
      'ce-specversion': '1.0',
      'ce-id': 'evt_1',
      'ce-source': source,
      'ce-type': 'com.example.gr%C3%B6%C3%9Fe%20%22%E2%82%AC%22%20100%25',
      'ce-time': '2026-01-31T12:00:00.123Z',
    })
  })
})

test('a body may be empty, a token, or chosen by the endpoint', async () => {
  assert.deepEqual([empty.encode(message), empty.contentType], ['', null])

  const key = privateKeyOf('p256', await newKeyPair('p256'))
  const token = jwtBody({ claims: { jti: delivery.id, iat: sentAt.unixSeconds, data: event.data } })
  const { payload } = await jwtVerify(token.encode(message, { ...attempt, keys: [key] }), createPublicKey(key), {
    currentDate: new Date(attempt.sentAt),
  })
  assert.deepEqual(payload, { jti: message.delivery, iat: 1_796_000_000, data: JSON.parse(data) as unknown })

  const payloadOf = json({ type: event.type })
  const chosen: AttemptBodyForm = choose(({ description }) => (description === 'form' ? 'form' : 'json'), {
    form: form({ payload: payloadOf }),
    json: payloadOf,
  })
  const asForm = { ...message, endpoint: { ...message.endpoint, description: 'form' } }
  assert.equal(chosen.encode(message, attempt), '{"type":"order.paid"}')
  assert.equal(contentTypeOf(chosen, message), 'application/json')
  assert.equal(chosen.encode(asForm, attempt), 'payload=%7B%22type%22%3A%22order.paid%22%7D')
  assert.equal(contentTypeOf(chosen, asForm), 'application/x-www-form-urlencoded')
  assert.equal(chosen.perAttempt, undefined)
})

test('a part may depend on a condition, in bodies too', () => {
  const made = json.perAttempt({
    retry: when(({ attempt: number = 1 }) => number > 1, delivery.attempt),
    test: computed(({ trial }) => trial),
  })
  assert.equal(made.encode(message, attempt), '{"retry":null,"test":null}')
  assert.equal(made.encode({ ...message, attempt: 2, trial: true }, attempt), '{"retry":2,"test":true}')
})
